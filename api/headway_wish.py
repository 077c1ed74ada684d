"""What is asked of demand-led headways, from the command line or over HTTP."""

from collections.abc import Mapping

from dispatch.headway_choice import HeadwayWish
from dispatch.headways import Objective
from energy_models.faults import Fault, InputFaults


def headway_wish(mode: str, objective: Objective, choice: Mapping[str, float | None]) -> HeadwayWish:
    """The wish of a mode; `choice` holds the number of the set and the mean waiting in s, in this order, under the
    names by which they were asked for.

    Raises `InputFaults` where both are given, or one of them for a mode that keeps today's headways.
    """
    given = {name: value for name, value in choice.items() if value is not None}
    faults = []
    if mode != "demand-led":
        only = "only with the mode demand-led: equal service keeps today's headways"
        faults = [Fault("", "", name, str(value), only) for name, value in given.items()]
    elif len(given) > 1:
        first, second = choice
        faults = [Fault("", "", first, str(given[first]), f"{first} or {second}, not both")]
    if faults:
        raise InputFaults(faults)
    pick, mean_waiting_s = choice.values()
    return HeadwayWish(objective, None if pick is None else int(pick), mean_waiting_s)
