"""The inputs of a saving: borrowed and assumed inputs, and the range of the saving if they vary."""

from api.input_range import InputEffect, InputRange
from scenarios.files.main_inputs import main_inputs
from scenarios.rules.plausible import unacknowledged
from scenarios.schema import Scenario
from simulation.experiment import PlanExperiment


def input_notes(scenario: Scenario) -> tuple[str, ...]:
    """Notes on the inputs for a saving of this scenario: unlikely values, and borrowed main inputs."""
    borrowed = [one.title for one in main_inputs(scenario) if one.kind == "borrowed"]
    notes = [f"Unlikely input. {warning}" for warning in unacknowledged(scenario)]
    if borrowed:
        notes.append(
            f"Borrowed inputs: {', '.join(borrowed)}. The interval of the saving does not contain their uncertainty; "
            "`headwatt plan --sensitivity` computes it."
        )
    return tuple(notes)


def input_range_of(experiment: PlanExperiment) -> InputRange:
    """The range of the saving: the judged saving moved by the changes that the sensitivity found.

    Inputs with a source are listed only if they were varied.
    """
    found, saving = experiment.sensitivity, experiment.saving_percent
    effects = {} if found is None else {effect.key: effect for effect in found.effects}
    inputs = []
    for one in experiment.inputs:
        effect = effects.get(one.key)
        if one.kind == "source" and effect is None:
            continue
        entry = InputEffect(
            name=one.key, title=one.title, kind=one.kind, origin=one.origin, not_varied=one.definition.not_varied
        )
        if effect is not None and found is not None:
            entry = entry.model_copy(
                update={
                    "change_percent": round(100.0 * effect.change_share, 1),
                    "smaller_percent": round(saving + effect.smaller_percent - found.saving_percent, 2),
                    "larger_percent": round(saving + effect.larger_percent - found.saving_percent, 2),
                    "slower_percent": round(100.0 * effect.slower_share, 1),
                }
            )
        inputs.append(entry)
    if found is None:
        is_borrowed = any(one.kind == "borrowed" for one in experiment.inputs)
        return InputRange(status="not done" if is_borrowed else "not needed", inputs=inputs)
    falls, rises = found.range_points
    low, high = experiment.saving_ci95_percent
    return InputRange(
        status="done",
        # Days and inputs are independent as well.
        low_percent=round(saving - ((saving - low) ** 2 + falls**2) ** 0.5, 2),
        high_percent=round(saving + ((high - saving) ** 2 + rises**2) ** 0.5, 2),
        hours=found.hours,
        hours_of_day=found.hours_of_day,
        inputs=sorted(inputs, key=lambda one: -one.spread_points),
    )
