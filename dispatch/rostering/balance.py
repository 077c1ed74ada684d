"""Balance of duties: two vehicles at one terminal exchange their remaining trips if that makes distances more equal."""

from dataclasses import dataclass

import numpy as np

from dispatch.plans.timetable import Timetable, Trip
from dispatch.rostering.stands import AllStands, Day, Terminals, lengths_km
from energy_models.arrays import FloatArray, IntArray
from scenarios.schema import Scenario
from scenarios.values.fleet import vehicle_names


@dataclass(frozen=True, eq=False)
class _Exchanges:
    """Exchanges of the remaining trips of two vehicles, by number of the vehicle, after so many trips of each."""

    gain: FloatArray
    first: IntArray
    second: IntArray
    after_first: IntArray
    after_second: IntArray

    @staticmethod
    def together(parts: "list[_Exchanges]") -> "_Exchanges":
        """All exchanges, the largest gain first; ties by vehicles and trips."""
        columns = [
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("gain", "first", "second", "after_first", "after_second")
        ]
        order = np.lexsort((*reversed(columns[1:]), -columns[0]))
        return _Exchanges(*(column[order] for column in columns))


def balance(chains: dict[str, list[Trip]], scenario: Scenario, in_force: Timetable | None) -> None:
    """Exchange remaining trips while this balances the longest or the shortest duty with another of its type.

    `chains` are the trips of each vehicle in order; they are changed in place. An exchange needs no further track
    and no further place in a depot than terminal and depots have, or than `in_force` occupies.
    """
    type_of = vehicle_names(scenario)
    terminals = Terminals.of(scenario, in_force)
    length_km = lengths_km([trip for trips in chains.values() for trip in trips], scenario)
    vehicles = sorted(chains)
    days = [Day.of(chains[vehicle], scenario, terminals, length_km) for vehicle in vehicles]
    visit_km = scenario.operation.depot_visit_line_lengths * scenario.length_m / 1000.0
    groups: dict[str, list[int]] = {}
    for number, vehicle in enumerate(vehicles):
        groups.setdefault(type_of[vehicle], []).append(number)
    while True:
        stands = AllStands.of(days)
        parts: list[_Exchanges] = []
        for group in groups.values():
            ranked = sorted(group, key=lambda number: (days[number].done_km[-1], number))
            for extreme in {ranked[0], ranked[-1]}:
                others = np.array([number for number in group if number != extreme], dtype=np.int64)
                parts.append(_exchanges(extreme, others, days, stands, terminals, visit_km))
        found = _Exchanges.together(parts)
        for k in range(len(found.gain)):
            one, two = int(found.first[k]), int(found.second[k])
            after_one, after_two = int(found.after_first[k]), int(found.after_second[k])
            if stands.suffice(terminals, int(stands.begin[one]) + after_one, int(stands.begin[two]) + after_two):
                trips, others_trips = chains[vehicles[one]], chains[vehicles[two]]
                chains[vehicles[one]] = trips[:after_one] + others_trips[after_two:]
                chains[vehicles[two]] = others_trips[:after_two] + trips[after_one:]
                days[one], days[two] = (
                    days[one].then(after_one, days[two], after_two),
                    days[two].then(after_two, days[one], after_one),
                )
                break
        else:
            return


def _exchanges(
    first: int, others: IntArray, days: list[Day], stands: AllStands, terminals: Terminals, visit_km: float
) -> _Exchanges:
    """Exchanges with one vehicle that keep turnback times and balance distances more than depot visits cost.

    Distances d1 and d2 become d1 - x and d2 + x with the difference x of the remaining distances; the sum of their
    squares falls by 2 x (d1 - d2 - x).
    """
    one = days[first]
    done_km = np.array([day.done_km[-1] for day in days])
    gap_km = (one.done_km[-1] - done_km)[stands.vehicle][None, :]
    moved_km = (one.done_km[-1] - one.done_km)[:, None] - stands.left_km[None, :]
    gain = 2.0 * moved_km * (gap_km - moved_km)
    possible = (one.place[:, None] == stands.place[None, :]) & (gain > 1e-6) & ~stands.whole_days(len(one.place))
    possible &= np.isin(stands.vehicle, others)[None, :]
    i, j = np.nonzero(possible)
    keeps = (stands.goes_s[j] - one.came_s[i] >= one.shortest_s[i]) & (
        one.goes_s[i] - stands.came_s[j] >= stands.shortest_s[j]
    )
    i, j = i[keeps], j[keeps]
    place, came_s, goes_s = one.place[i], stands.came_s[j], stands.goes_s[j]
    visits = (
        terminals.depot_visits(place, one.came_s[i], goes_s)
        + terminals.depot_visits(place, came_s, one.goes_s[i])
        - terminals.depot_visits(place, one.came_s[i], one.goes_s[i])
        - terminals.depot_visits(place, came_s, goes_s)
    )
    worth = gain[i, j] >= np.maximum(visits, 0) * visit_km**2
    i, j = i[worth], j[worth]
    vehicle = stands.vehicle[j]
    return _Exchanges(gain[i, j], np.full(len(i), first), vehicle, i, j - stands.begin[vehicle])
