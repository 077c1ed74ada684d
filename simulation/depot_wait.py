"""A train that found its depot full, as a day remembers it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DepotWait:
    """A train that found the depot full; `to_s` is when it no longer stood there for that.

    Until then it got a place, or left for its next trip; or it was put beside the places (`is_beside`).
    """

    vehicle: str
    station: str
    from_s: float
    to_s: float
    is_beside: bool = False
