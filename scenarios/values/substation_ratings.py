"""What load each substation is rated for, and which of its loads are above its overload class."""

from dataclasses import dataclass

from energy_models.account.substations import DAY_S, MINUTE_S, TWO_HOURS_S, SubstationLoads
from energy_models.supply.overload_classes import OVERLOAD_CLASSES, OverloadClass
from scenarios.schema.scenario import Scenario

_WINDOWS = (
    ("one second", 1.0, "peak_1s_kw"),
    ("one minute", MINUTE_S, "peak_1min_kw"),
    ("two hours", TWO_HOURS_S, "peak_2h_kw"),
    ("24 hours", DAY_S, "mean_24h_kw"),
)
"""Name and length of each time window, and the field of `SubstationLoads`."""
_ROUNDING_KW = 0.5


@dataclass(frozen=True)
class AllowedLoad:
    """A load over one time window beside the load that the overload class allows there."""

    window: str
    load_kw: float
    allowed_kw: float

    @property
    def is_exceeded(self) -> bool:
        """Whether the load is above the allowed load by more than the rounding of printed figures."""
        return self.load_kw > self.allowed_kw + _ROUNDING_KW


@dataclass(frozen=True)
class Rating:
    """Rated power at the DC terminals, and overload class."""

    rated_kw: float
    overload_class: OverloadClass

    def beside(self, loads: SubstationLoads) -> tuple[AllowedLoad, ...]:
        """Each load with what is allowed: over a second, a minute, two hours, and 24 hours for the continuous rating.

        The class limits the current; the power at the DC terminals stands for it.
        """
        return tuple(
            AllowedLoad(name, getattr(loads, field), self.rated_kw * self.overload_class.allowed_share(window_s))
            for name, window_s, field in _WINDOWS
        )


def ratings(scenario: Scenario) -> dict[str, Rating]:
    """The ratings of the substations in service that have one, by name."""
    return {
        item.id: Rating(item.rated_power_kw, OVERLOAD_CLASSES[item.overload_class])
        for item in scenario.supply.substations
        if item.in_service and item.rated_power_kw is not None and item.overload_class is not None
    }
