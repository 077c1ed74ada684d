"""Paths of a sweep: fields of a scenario by their names, their values, and their changes as overrides."""

from typing import Any

from energy_models.faults import Fault, InputFaults
from scenarios.files.faults import shown
from scenarios.files.names import did_you_mean
from scenarios.files.source_positions import SourceNode
from scenarios.requests.sweep_factors import Level, is_number
from scenarios.schema.base import Part
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key


def new_value(scenario: Scenario, name: str, level: Level) -> Any:
    """The new value of a field: the level, or the level times the scenario's value; whole numbers stay whole."""
    there = value_at(scenario, name, level.place)
    value = level.value
    factor = level.place.plain()
    relative = isinstance(factor, dict) and factor.get("relative") is True
    if relative and not is_number(there):
        allowed = "a number in the scenario, because relative is true"
        raise InputFaults([Fault(level.place.file, level.place.place, f"factors.{name}", shown(there), allowed)])
    if relative:
        value = value * there
    drawn = isinstance(factor, dict) and "levels" not in factor
    if (relative or drawn) and isinstance(there, int) and not isinstance(there, bool) and isinstance(value, float):
        return round(value)
    return value


def value_at(scenario: Scenario, name: str, place: SourceNode) -> Any:
    """The value of the scenario at a path. Raises InputFaults if the path is not in the scenario."""
    current: Any = scenario
    for step in name.split("."):
        if isinstance(current, Part):
            fields = fields_by_key(type(current))
            if step not in fields:
                raise InputFaults([_nowhere(place, name, step, list(fields))])
            current = getattr(current, fields[step][0])
        elif isinstance(current, dict) and step in current:
            current = current[step]
        elif isinstance(current, tuple) and all(isinstance(item, Part) for item in current):
            items = {str(item.id): item for item in current if hasattr(item, "id")}
            if step not in items:
                raise InputFaults([_nowhere(place, name, step, list(items))])
            current = items[step]
        elif isinstance(current, dict):
            raise InputFaults([_nowhere(place, name, step, [str(key) for key in current])])
        else:
            allowed = "the path of a value, a part or a list in the scenario"
            raise InputFaults([Fault(place.file, place.place, f"factors.{name}", step, allowed)])
    return current


def _nowhere(place: SourceNode, name: str, step: str, known: list[str]) -> Fault:
    return Fault(
        place.file,
        place.place,
        f"factors.{name}",
        step,
        did_you_mean(step, known, if_none="this part of the scenario is empty"),
    )


def change_of(path: list[str], value: Any, place: SourceNode) -> SourceNode:
    """A change of one value in the form of an override, with the source position of its factor."""
    inner = _positioned(value, place)
    for step in reversed(path):
        inner = SourceNode({step: inner}, place.file, place.place)
    return inner


def _positioned(value: Any, place: SourceNode) -> SourceNode:
    if isinstance(value, dict):
        return SourceNode({key: _positioned(item, place) for key, item in value.items()}, place.file, place.place)
    if isinstance(value, list | tuple):
        return SourceNode([_positioned(item, place) for item in value], place.file, place.place)
    return SourceNode(value, place.file, place.place)
