"""The range of a saving for its borrowed and assumed inputs, as values of a result; `input_effects` computes it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from scenarios.files.provenance import OriginKind

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
