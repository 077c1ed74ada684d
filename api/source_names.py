"""The names of the operator where a planner reads trips: train numbers, and the origin of the timetable."""

from collections.abc import Mapping
from typing import Any

from dispatch.checker.violation import Violation
from scenarios.schema import Scenario


def trip_title(trip_id: str, numbers: Mapping[str, str]) -> str:
    """The trip with its train number: "T-4711 (train 12)"; without a number of its own, the trip alone."""
    number = numbers.get(trip_id)
    return trip_id if number is None or number == trip_id else f"{trip_id} (train {number})"


def violation_sentence(violation: Violation, numbers: Mapping[str, str]) -> str:
    """The sentence of a violation, with the train number of its trip at the end."""
    number = numbers.get(violation.trip)
    if number is None or number == violation.trip:
        return violation.sentence
    return f"{violation.sentence} (trip {violation.trip} is train {number})"


def violation_line(violation: Violation, numbers: Mapping[str, str]) -> str:
    """A violation as one line: its rule and its sentence."""
    return f"{violation.rule}: {violation_sentence(violation, numbers)}"


def origin_words(scenario: Scenario) -> str:
    """A sentence on the origin of the timetable: routes, agency, services and day; empty without an origin."""
    origin = scenario.timetable.origin
    if origin is None:
        return ""
    words = [f"The timetable comes from {origin.file}"]
    if origin.route_ids:
        plural = "s" if len(origin.route_ids) > 1 else ""
        name = f" ({origin.route_name})" if origin.route_name else ""
        words.append(f"route{plural} {', '.join(origin.route_ids)}{name}")
    if agency := origin.agency_name or origin.agency_id:
        words.append(f"agency {agency}")
    if origin.service_ids:
        words.append(f"service{'s' if len(origin.service_ids) > 1 else ''} {', '.join(origin.service_ids)}")
    if origin.day:
        words.append(f"day {origin.day}")
    return ", ".join(words) + "."


def origin_json(scenario: Scenario) -> dict[str, Any]:
    """The origin as `--json` prints it, under the key `origin`; without a key if the timetable has none."""
    origin = scenario.timetable.origin
    return {} if origin is None else {"origin": origin.model_dump(mode="json", exclude_none=True)}
