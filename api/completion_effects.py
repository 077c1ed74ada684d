"""How much each main input of a scenario may change the saving: of a plan, computed now, or on a bundled line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from api.plan_files.folder import WrittenPlan, read_plan_folder
from dispatch.explanation.input_sensitivity import input_sensitivity
from dispatch.plans.in_force import timetable_in_force
from energy_models.faults import InputFaults
from scenarios.completion.changes import typical_texts
from scenarios.files.folders import is_plan
from scenarios.files.main_inputs import InputKey, MainInput, main_inputs
from scenarios.schema import Scenario

EffectFrom = Literal["the plan", "the plan, computed now", "the Yizhuang line", "not computed"]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class InputState:
    """One main input with its effect: the largest change of the saving in per cent points, and its origin.

    `typical` are typical values by field and type.
    """

    input: MainInput
    effect_points: float | None
    effect_from: EffectFrom
    typical: dict[str, dict[str, str]]

    def to_json(self) -> dict[str, Any]:
        """The input as plain values."""
        return {
            "key": self.input.key,
            "title": self.input.title,
            "kind": self.input.kind,
            "origin": self.input.origin,
            "effect_points": self.effect_points,
            "effect_from": self.effect_from,
            "typical": self.typical,
        }


def input_states(
    scenario: Scenario, plan: Path | None, progress: Progress = lambda _stage, _share: None
) -> tuple[InputState, ...]:
    """The inputs without a source, those with the largest effect first, then those without a computed effect.

    With the folder of a plan of this scenario, the effects are those of the plan; otherwise they are those of the
    Yizhuang line.
    """
    inputs = [one for one in main_inputs(scenario) if one.kind != "source"]
    found, origin = _of_plan(scenario, plan, inputs, progress)
    states = []
    for one in inputs:
        points, effect_from = found.get(one.key), origin
        if points is None:
            points = one.definition.typical_effect
            effect_from = "not computed" if points is None else "the Yizhuang line"
        states.append(InputState(one, points, effect_from, _typical(one, scenario)))
    order = {one.key: number for number, one in enumerate(inputs)}
    return tuple(
        sorted(
            states,
            key=lambda state: (
                state.input.kind != "borrowed",
                -(state.effect_points or 0.0),
                order[state.input.key],
            ),
        )
    )


def _of_plan(
    scenario: Scenario, plan: Path | None, inputs: list[MainInput], progress: Progress
) -> tuple[dict[InputKey, float], EffectFrom]:
    written = _written(scenario, plan)
    if written is None:
        return {}, "not computed"
    known = written.result.input_range
    if known is not None and known.status == "done":
        saving = written.result.saving_percent
        of_plan: dict[InputKey, float] = {}
        for one in inputs:
            for effect in known.inputs:
                if effect.name == one.key and effect.low_percent is not None and effect.high_percent is not None:
                    of_plan[one.key] = round(max(saving - effect.low_percent, effect.high_percent - saving), 2)
        return of_plan, "the plan"
    keys = [one.key for one in inputs if one.definition.is_varied]
    today = timetable_in_force(scenario)
    computed = input_sensitivity(keys, today, written.plan.timetable, scenario, written.stock(), 2, progress)
    return {effect.key: round(computed.points_of(effect), 2) for effect in computed.effects}, "the plan, computed now"


def _written(scenario: Scenario, plan: Path | None) -> WrittenPlan | None:
    """The plan of a folder, if it is a plan of the present scenario."""
    if plan is None or not is_plan(plan):
        return None
    try:
        written = read_plan_folder(plan)
    except InputFaults:
        return None
    return written if written.scenario.hash == scenario.hash and written.state.is_as_written else None


def _typical(one: MainInput, scenario: Scenario) -> dict[str, dict[str, str]]:
    paths = (path.replace("{type}", scenario.main_train_type) for path in one.definition.paths)
    fields = {path.removesuffix("_map").replace(".efficiency.", ".efficiency/") for path in paths}
    texts = {
        field.split("/", maxsplit=1)[0]: typical_texts(field.split("/", maxsplit=1)[0]) for field in sorted(fields)
    }
    return {field: found for field, found in texts.items() if found}
