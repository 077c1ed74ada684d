"""The inputs of a saving: borrowed and assumed inputs, and the range of the saving if they vary."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from scenarios.files.main_inputs import main_inputs
from scenarios.files.provenance import OriginKind
from scenarios.rules.plausible import unacknowledged
from scenarios.schema import Scenario
from simulation.experiment import PlanExperiment

Status = Literal["done", "not done", "not needed"]

_STABLE = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class InputEffect(BaseModel):
    """One main input that has no source of its own, with the judged saving if the input varies.

    `kind` is `borrowed` (from another line, or of a typical train or supply), `assumed` or `source`. The savings are in
    % if the input is smaller or larger by `change_percent`; None if the input was not varied, for the reason
    `not_varied`. `slower_percent` is the share of runs for which the changed train was too slow.
    """

    model_config = _STABLE

    name: str
    title: str
    kind: OriginKind
    origin: str
    change_percent: float | None = None
    smaller_percent: float | None = None
    larger_percent: float | None = None
    slower_percent: float = 0.0
    not_varied: str = ""

    @property
    def low_percent(self) -> float | None:
        """The smaller of both savings; None if the input was not varied."""
        both = [saving for saving in (self.smaller_percent, self.larger_percent) if saving is not None]
        return min(both, default=None)

    @property
    def high_percent(self) -> float | None:
        """The larger of both savings; None if the input was not varied."""
        both = [saving for saving in (self.smaller_percent, self.larger_percent) if saving is not None]
        return max(both, default=None)

    @property
    def spread_points(self) -> float:
        """The difference between both savings; 0 if the input was not varied."""
        return (self.high_percent or 0.0) - (self.low_percent or 0.0)


class InputRange(BaseModel):
    """The range of the judged saving in % for the borrowed and assumed inputs.

    `status`: `done`; `not done` if inputs are borrowed and the range was not computed; `not needed` if no main input is
    borrowed. `low_percent` and `high_percent` combine the inputs as independent of each other (root of the sum of
    squares). `hours` of `hours_of_day` hours of the day were computed, every train on time, on one equivalent track.
    """

    model_config = _STABLE

    status: Status
    low_percent: float | None = None
    high_percent: float | None = None
    hours: int | None = None
    hours_of_day: int | None = None
    inputs: list[InputEffect] = []

    @property
    def borrowed(self) -> list[InputEffect]:
        """The inputs that are borrowed from another line or of a typical train or supply."""
        return [one for one in self.inputs if one.kind == "borrowed"]


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
