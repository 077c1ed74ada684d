"""The capacity of terminals: turnback tracks and depots for the trains of a timetable with vehicles."""

from collections.abc import Iterator, Mapping, Sequence

from dispatch.plans.terminal_occupancy import busiest_moment, depot_capacity, in_depot, on_tracks, turns_of
from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema import Scenario, seconds_to_clock


def terminal_excesses(
    chains: Mapping[str, Sequence[Trip]], scenario: Scenario, in_force: Timetable | None
) -> Iterator[str]:
    """A sentence for each station with more trains on tracks or in depots than its capacity, or than in force.

    `chains` contains the trips of each vehicle in order.
    """
    turns = turns_of(chains)
    today = turns_of(in_force.duties()) if in_force is not None else []
    capacity = depot_capacity(scenario)
    for station, terminal in scenario.terminals.items():
        tracks = max(terminal.tracks, busiest_moment(on_tracks(today, scenario, station)).trains)
        moment = busiest_moment(on_tracks(turns, scenario, station))
        if moment.trains > tracks:
            yield (
                f"{moment.trains} trains are at {station} at {seconds_to_clock(moment.time_s)}, but it has "
                f"{tracks} tracks: {moment.trains - tracks} are missing"
            )
        if capacity is None:
            continue
        places = max(capacity.get(station, 0), busiest_moment(in_depot(today, scenario, station)).trains)
        moment = busiest_moment(in_depot(turns, scenario, station))
        if moment.trains > places:
            when = f"at {seconds_to_clock(moment.time_s)}" if moment.time_s >= 0 else "overnight"
            yield (
                f"{moment.trains} trains are in the depots at {station} {when}, but the capacity is {places}: "
                f"{moment.trains - places} too many"
            )
