"""A lever of a plan and its share of the saving, as a value; `levers` computes the shares."""

from dataclasses import dataclass

LEVERS = ("driving", "departures and duties", "running times", "dwells")
"""Driving of sections; departures from terminals and vehicles; division of time along the trip."""
NUMBER_AND_DEPARTURES = "number of trips and departures"
"""The lever of other trips if decided departures cannot be distinguished from departures moved by the timing."""


@dataclass(frozen=True)
class Lever:
    """A lever and its share of the saving, at the substation terminals."""

    name: str
    saving_kwh: float
