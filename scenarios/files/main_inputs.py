"""The inputs that a saving depends on most, with their origin: a source, an assumption, or another line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scenarios.files.provenance import OriginKind, Steps, kind_of, origins_below
from scenarios.schema.scenario import Scenario

InputKey = Literal[
    "train_mass", "traction", "headways", "no_load_voltage", "substation_places", "substation_resistance",
    "contact_line", "regeneration_efficiency", "traction_efficiency", "running_resistance", "auxiliaries",
    "passengers", "electric_brake", "speed_limits", "gradients", "fleet", "signalling",
]  # fmt: skip


@dataclass(frozen=True)
class InputDefinition:
    """One main input. `paths` are the values in the scenario; `{type}` stands for each train type of the fleet.

    `is_varied`: the input has a size, so that a sensitivity can vary it; otherwise `not_varied` has the reason.
    `typical_effect` is the larger change of the saving of the Yizhuang line, in per cent points, if the input changes
    by 20 % (the voltage by 5 %); None where that was not computed (docs/plausibility.md).
    """

    key: InputKey
    title: str
    paths: tuple[str, ...]
    typical_effect: float | None
    not_varied: str = ""

    @property
    def is_varied(self) -> bool:
        """Whether a sensitivity varies the input."""
        return not self.not_varied


_PLACE = "it has no size that could be varied"
_TIMETABLE = "it is the timetable itself"

DEFINITIONS: tuple[InputDefinition, ...] = (
    InputDefinition("train_mass", "train mass", ("train_types.{type}.tare_t",), 3.1),
    InputDefinition("traction", "traction force and power", ("train_types.{type}.traction",), 0.3),
    InputDefinition(
        "headways", "headways", ("timetable.periods", "timetable.departures", "timetable.calls"), None, _TIMETABLE
    ),
    InputDefinition("no_load_voltage", "no-load voltage of the substations", ("supply.no_load_v",), 0.8),
    InputDefinition("substation_places", "places of the substations", ("supply.substations",), None, _PLACE),
    InputDefinition(
        "substation_resistance", "resistance of the substations", ("supply.substation_resistance_ohm",), 0.1
    ),
    InputDefinition("contact_line", "resistance of the contact line", ("supply.contact_line_ohm_per_km",), 0.1),
    InputDefinition(
        "regeneration_efficiency",
        "efficiency of regeneration",
        ("train_types.{type}.efficiency.regeneration", "train_types.{type}.efficiency.regeneration_map"),
        1.5,
    ),
    InputDefinition("running_resistance", "running resistance", ("train_types.{type}.resistance",), 1.4),
    InputDefinition("auxiliaries", "power of the auxiliaries", ("train_types.{type}.auxiliaries",), 0.9),
    InputDefinition(
        "traction_efficiency",
        "efficiency of traction",
        ("train_types.{type}.efficiency.traction", "train_types.{type}.efficiency.traction_map"),
        0.5,
    ),
    InputDefinition("passengers", "load of passengers", ("demand",), 0.1),
    InputDefinition(
        "electric_brake",
        "electric brake",
        ("train_types.{type}.electric_brake",),
        None,
        "it belongs to the train type as a whole",
    ),
    InputDefinition("speed_limits", "speed limits", ("track.speed_limits",), None, _PLACE),
    InputDefinition("gradients", "gradients", ("track.gradients",), None, _PLACE),
    InputDefinition("fleet", "fleet", ("fleet",), None, _TIMETABLE),
    InputDefinition("signalling", "signalling", ("signalling",), None, _PLACE),
)
"""The main inputs in the order in which a planner should give them: trains, headways and supply first."""
BY_KEY: Mapping[InputKey, InputDefinition] = {one.key: one for one in DEFINITIONS}


@dataclass(frozen=True)
class MainInput:
    """One main input of a scenario with its origin. `origin` is the text of the provenance (several joined)."""

    definition: InputDefinition
    kind: OriginKind
    origin: str

    @property
    def key(self) -> InputKey:
        """The key of the input."""
        return self.definition.key

    @property
    def title(self) -> str:
        """The name of the input in words."""
        return self.definition.title


def main_inputs(scenario: Scenario) -> tuple[MainInput, ...]:
    """The main inputs that the scenario has, in their order. An input with a borrowed part counts as borrowed."""
    types = tuple(dict.fromkeys(part.train_type for part in scenario.fleet))
    paths: dict[InputKey, list[Steps]] = {one.key: _steps(one, types) for one in DEFINITIONS}
    texts = origins_below(scenario, {steps for several in paths.values() for steps in several})
    found = []
    for one in DEFINITIONS:
        origins = tuple(dict.fromkeys(text for steps in paths[one.key] for text in texts[steps]))
        if not origins:
            continue
        kinds = {kind_of(origin) for origin in origins}
        kind: OriginKind = "borrowed" if "borrowed" in kinds else "assumed" if "assumed" in kinds else "source"
        worst = [origin for origin in origins if kind_of(origin) == kind]
        found.append(MainInput(one, kind, "; ".join(origin or "no source" for origin in worst)))
    return tuple(found)


def _steps(one: InputDefinition, types: tuple[str, ...]) -> list[Steps]:
    expanded = [path.replace("{type}", name) for path in one.paths for name in (types if "{type}" in path else ("",))]
    return [tuple(path.split(".")) for path in expanded]
