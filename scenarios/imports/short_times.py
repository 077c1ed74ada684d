"""The fault for trips that are faster than the train can run, with its possible causes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from energy_models.faults import Fault
from scenarios.imports.least_times import SectionTimes
from scenarios.imports.line import ImportedLine, SeenTrip
from scenarios.imports.section_fit import Pattern


@dataclass(frozen=True)
class ShortTimes:
    """The fault for one-way times that are shorter than the train can run, with its candidates.

    `least_of_scale` gives the flat-out running times if all distances are multiplied by a factor.
    """

    file: str
    train: str = "the train"
    least_of_scale: Callable[[float], SectionTimes] | None = None

    def fault(self, line: ImportedLine, short: Mapping[str, Pattern], resolution_s: int, least_dwell_s: int) -> Fault:
        """One fault for all these trips, with the worst of them."""
        trips = [trip for trip in line.trips if trip.trip_id in short]
        worst = max(trips, key=lambda trip: short[trip.trip_id].least_time_s - one_way_s(trip))
        pattern, published_s = short[worst.trip_id], one_way_s(worst)
        run_s, dwell_s, stops = sum(pattern.least_run_s), sum(pattern.least_dwell_s), len(pattern.least_dwell_s)
        names = {station.id: station.name for station in line.stations}
        value = (
            f"{len(trips)} trips are faster than the train can run; the worst is {worst.trip_id} from "
            f"{names[worst.stations[0]]} to {names[worst.stations[-1]]} with {published_s} s, where the train needs "
            f"{run_s} s flat out and {dwell_s} s for {stops} dwells"
        )
        missing_s = run_s + dwell_s - published_s
        candidates = [f"rounding (the times are multiples of {resolution_s} s: it explains at most {resolution_s} s)"]
        rest_s = published_s - run_s
        if stops and rest_s >= stops:
            candidates.append(f"dwells (--dwell {rest_s // stops} fits, instead of {least_dwell_s} s)")
        elif stops:
            candidates.append(f"dwells (without any dwell, {run_s - published_s} s are missing still)")
        faster = run_s / max(published_s - dwell_s, 1) - 1
        candidates.append(f"{self.train} is too weak (a train with {1 / (1 + faster):.0%} of its running times fits)")
        candidates += self._distance(line, worst, published_s - dwell_s)
        allowed = f"at least {run_s + dwell_s} s, {missing_s} s more. Possible causes: " + "; ".join(candidates)
        return Fault(self.file, "", "one-way time", value, allowed)

    def _distance(self, line: ImportedLine, trip: SeenTrip, run_s: int) -> list[str]:
        """The factor of all distances with which the train can run a trip in a running time."""
        if self.least_of_scale is None or run_s <= 0:
            return []
        direction = line.direction_of(trip)
        begin = line.order(direction).index(trip.stations[0])
        part = slice(begin, begin + len(trip.stations) - 1)
        low, high = 0.0, 1.0
        for _ in range(7):
            middle = (low + high) / 2
            fits = sum(self.least_of_scale(middle)[direction][part]) <= run_s
            low, high = (middle, high) if fits else (low, middle)
        length_m = abs((line.stations[-1].chainage_m or 0.0) - (line.stations[0].chainage_m or 0.0))
        if not low:
            return []
        return [f"wrong distances (with {low:.0%} of them the train fits; the line has {length_m / 1000:.1f} km)"]


def one_way_s(trip: SeenTrip) -> int:
    """The published one-way time of a trip in whole s."""
    return round(trip.arrival_s[-1] - trip.departure_s[0])
