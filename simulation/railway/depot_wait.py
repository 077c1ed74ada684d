"""The record of a train that found its depot full."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DepotWait:
    """A train that found its depot full and waited on its track until `to_s`.

    At `to_s` the train got a place, left for its next trip, or was stabled outside the places (`is_beside`).
    """

    vehicle: str
    station: str
    from_s: float
    to_s: float
    is_beside: bool = False
