"""The track as a train meets it: limits, gradients and curves in the direction of travel."""

from dataclasses import dataclass

from energy_models.arrays import FloatArray, frozen_floats


@dataclass(frozen=True, eq=False)
class SectionTrack:
    """One section in the direction of travel; distance 0 is the stopping point departed from.

    `boundary_m` has one more entry than the other arrays and runs from 0 to the section's length.
    `slope` is the rise over the run (0.02 is a climb of 20 permil); `curve_resistance` is N per N of weight,
    never negative. Chainage on the line is `departure_chainage_m + chainage_sign * distance`.
    """

    name: str
    boundary_m: FloatArray
    speed_limit_m_s: FloatArray
    slope: FloatArray
    curve_resistance: FloatArray
    departure_chainage_m: float = 0.0
    chainage_sign: int = 1

    def __post_init__(self) -> None:
        for name in ("boundary_m", "speed_limit_m_s", "slope", "curve_resistance"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def length_m(self) -> float:
        """Distance between the two stopping points."""
        return float(self.boundary_m[-1])
