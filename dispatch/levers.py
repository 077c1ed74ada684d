"""What each lever of a plan saves, whatever the order in which one thinks of them.

Levers interact: driving gently leaves less braking energy to reuse, meeting trains reuse more of it. A share that
depends on the order of telling is no answer, so each lever gets its mean contribution over all orders (Shapley, A value
for n-person games, 1953); the shares add up to the whole saving.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

from dispatch.timetable import Timetable, Trip
from dispatch.timing.day import retimed
from dispatch.traffic import NO_OTHERS, OtherLibraries, planned_energy_j
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train

LEVERS = ("driving", "departures and duties", "running times", "dwells")
"""How trains run a section; when they leave the terminal, and with which vehicle; how time is spread along the trip."""
NUMBER_AND_DEPARTURES = "number of trips and departures"
"""The lever of other trips where nothing tells the departures that were decided from those that timing moved."""


@dataclass(frozen=True)
class Lever:
    """A lever and its order-independent share of the saving, at the substation terminals."""

    name: str
    saving_kwh: float


def lever_shares(
    before: Timetable,
    after: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    workers: int,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
    others: OtherLibraries = NO_OTHERS,
) -> tuple[Lever, ...]:
    """Shapley shares of the saving between two timetables of the same trips, without noise, on the equivalent track.

    `others` are the vehicles of further train types; another vehicle for a trip belongs to the departures.
    """
    subsets = [subset for size in range(len(LEVERS) + 1) for subset in combinations(range(len(LEVERS)), size)]
    old = {trip.trip_id: trip for trip in before.trips}
    done = 0

    def energy(subset: tuple[int, ...]) -> float:
        nonlocal done
        mixed = Timetable(tuple(_mixed(old[trip.trip_id], trip, subset) for trip in after.trips))
        joules = planned_energy_j(mixed, library, train, network, others)
        done += 1
        progress("levers", done / len(subsets))
        return joules

    with ThreadPoolExecutor(workers) as pool:
        energies = dict(zip(subsets, pool.map(energy, subsets), strict=True))
    count = len(LEVERS)
    shares = []
    for lever in range(count):
        total = 0.0
        for subset in subsets:
            if lever in subset:
                continue
            weight = factorial(len(subset)) * factorial(count - len(subset) - 1) / factorial(count)
            total += weight * (energies[subset] - energies[tuple(sorted((*subset, lever)))])
        shares.append(Lever(LEVERS[lever], total / 3.6e6))
    return tuple(shares)


def fewer_trips(
    before: Timetable,
    after: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    others: OtherLibraries = NO_OTHERS,
) -> Lever:
    """What another number of trips saves, run as today: told before all other levers, as they presuppose the trips."""
    before_j, after_j = (planned_energy_j(day, library, train, network, others) for day in (before, after))
    return Lever("number of trips", (before_j - after_j) / 3.6e6)


def _mixed(old: Trip, new: Trip, subset: tuple[int, ...]) -> Trip:
    """The trip with the chosen levers taken from the new one and the rest from the old one."""
    driving, departure, run, dwell = (new if lever in subset else old for lever in range(len(LEVERS)))
    sections = len(old.driving)
    return retimed(
        replace(old, vehicle=departure.vehicle),
        departure.start_s,
        [run.running_time_s(k) for k in range(sections)],
        [dwell.dwell_s(k) for k in range(1, sections)],
        driving.driving[0],
    )
