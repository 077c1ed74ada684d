"""Single-trip counterfactual: energy of a planned day with other times of one trip, solved only for changed seconds.

Without noise, on the equivalent track. The other trips stay as planned, so the day with the changed trip need not keep
every rule; it is used only to compare energy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_movements import as_planned, turnback_stand
from dispatch.plans.timetable import Timetable, Trip
from energy_models.arrays import FloatArray, IntArray
from energy_models.movement.planned import Run, Stand, assemble
from energy_models.supply.device_laws import PackedNetwork, pack
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.supply.solver import solve_packed

_MARGIN_S = 60
_SAME_SHARE = 1e-9
"""Powers and places with a smaller relative difference are equal: sums of the same numbers in another order."""


@dataclass(frozen=True, eq=False)
class Entries:
    """Trains at seconds of the day, in any order; `instant` counts from the first second."""

    instant: IntArray
    chainage_m: FloatArray
    track: IntArray
    power_w: FloatArray
    auxiliary_w: FloatArray

    def only(self, wanted: IntArray) -> "Entries":
        """The entries with these indices."""
        return Entries(
            self.instant[wanted], self.chainage_m[wanted], self.track[wanted], self.power_w[wanted],
            self.auxiliary_w[wanted],
        )  # fmt: skip

    @staticmethod
    def joined(parts: Iterable["Entries"]) -> "Entries":
        """All entries of several parts."""
        listed = list(parts)
        return Entries(
            np.concatenate([part.instant for part in listed]),
            np.concatenate([part.chainage_m for part in listed]),
            np.concatenate([part.track for part in listed]),
            np.concatenate([part.power_w for part in listed]),
            np.concatenate([part.auxiliary_w for part in listed]),
        )

    def snapshots(self, count: int, start_s: float) -> Snapshots:
        """As snapshots of `count` instants; the entries must be in order of their instants."""
        offset = np.concatenate([[0], np.cumsum(np.bincount(self.instant, minlength=count))])
        return Snapshots(offset, self.chainage_m, self.track, self.power_w, self.auxiliary_w, start_s)


@dataclass(frozen=True, eq=False)
class PlannedDay:
    """A planned day, solved once, with the trip of each entry.

    `owner[entry]` is the index of the trip in `trips` (in order of departure); a stand at a terminal belongs to the
    trip before the stand. `is_turnback[entry]` is true for such stands.
    """

    trips: tuple[Trip, ...]
    entries: Entries
    owner: IntArray
    is_turnback: IntArray
    snapshots: Snapshots
    solution: SupplySolution
    line: LineModel
    packed: PackedNetwork
    before: Mapping[int, int]
    after: Mapping[int, int]

    @staticmethod
    def of(timetable: Timetable, line: LineModel, also: Iterable[Trip] = ()) -> "PlannedDay":
        """The layout and the solution of a timetable; the span also contains trips that are inserted later (`also`)."""
        trips = tuple(sorted(timetable.trips, key=lambda trip: trip.start_s))
        within = (*trips, *also)
        start_s = min(trip.start_s for trip in within) - _MARGIN_S
        end_s = max(trip.end_s for trip in within) + line.scenario.operation.powered_stand_s + _MARGIN_S
        before, after = _duties(trips)
        parts: list[Entries] = []
        owners: list[IntArray] = []
        turnbacks: list[IntArray] = []
        for j, trip in enumerate(trips):
            follower = after.get(j)
            drawn_w = line.train_of(trip.vehicle).auxiliary_w
            stand = turnback_stand(
                trip, None if follower is None else trips[follower].start_s, line.library, line.scenario.operation
            )
            for kind, part in enumerate(
                (
                    _entries(*as_planned(trip, line.library, line.others), drawn_w, start_s),
                    _entries([], [stand], drawn_w, start_s),
                )
            ):
                parts.append(part)
                owners.append(np.full(len(part.instant), j, dtype=np.int64))
                turnbacks.append(np.full(len(part.instant), kind, dtype=np.int64))
        entries = Entries.joined(parts)
        order = np.argsort(entries.instant, kind="stable")
        entries = entries.only(order)
        snapshots = entries.snapshots(end_s - start_s, start_s)
        packed = pack(line.network)
        solution = solve_packed(packed, snapshots, model="equivalent")
        return PlannedDay(
            trips, entries, np.concatenate(owners)[order], np.concatenate(turnbacks)[order], snapshots, solution,
            line, packed, before, after,
        )  # fmt: skip

    @property
    def energy_kwh(self) -> float:
        """Energy of the day at the substations' DC terminals."""
        return float(self.solution.source_power_w.sum()) / 3.6e6

    def index(self, trip_id: str) -> int:
        """Place of a trip in `trips`; KeyError if there is none."""
        for j, trip in enumerate(self.trips):
            if trip.trip_id == trip_id:
                return j
        raise KeyError(trip_id)

    def growth_kwh(self, j: int, other: Trip) -> float:
        """Increase of the energy of the day if trip j runs as `other`, with the same vehicle.

        Only seconds with another power or place of a train are solved again. With storage, the seconds between them are
        solved too, because the charge carries over, and the charge at the end counts as energy.
        """
        first, last, removed, added = self._change(j, other)
        window = slice(int(self.snapshots.offset[first]), int(self.snapshots.offset[last]))
        base = np.arange(window.start, window.stop)
        touched = _touched(self.entries.only(removed), added, first, last)
        has_storage = len(self.packed.initial_charge_j) > 0
        if not touched.any():
            return 0.0
        if has_storage:
            touched[int(np.argmax(touched)) :] = True
        kept = base[~np.isin(base, removed)]
        place = np.cumsum(touched) - 1
        mixed = Entries.joined([self.entries.only(kept), added])
        mixed = mixed.only(np.flatnonzero(touched[mixed.instant - first]))
        mixed = mixed.only(np.argsort(mixed.instant, kind="stable"))
        compact = Entries(place[mixed.instant - first], mixed.chainage_m, mixed.track, mixed.power_w, mixed.auxiliary_w)
        packed = self.packed
        begin = first + int(np.argmax(touched))
        if has_storage and begin > 0:
            packed = packed._replace(initial_charge_j=self.solution.storage_charge_j[begin - 1].copy())
        count = int(touched.sum())
        solved = solve_packed(packed, compact.snapshots(count, float(begin)), model="equivalent")
        base_w = self.solution.source_power_w[first:last][touched]
        growth_j = float(solved.source_power_w.sum()) - float(base_w.sum())
        if has_storage:
            growth_j -= float((solved.storage_charge_j[-1] - self.solution.storage_charge_j[last - 1]).sum())
        return growth_j / 3.6e6

    def _change(self, j: int, other: Trip) -> tuple[int, int, IntArray, Entries]:
        """First and last second of the change, the removed entries, and the added entries."""
        start_s = int(self.snapshots.start_s)
        follower, ahead = self.after.get(j), self.before.get(j)
        stand_next_s = None if follower is None else self.trips[follower].start_s
        drawn_w = self.line.train_of(other.vehicle).auxiliary_w
        added = [
            _entries(*as_planned(other, self.line.library, self.line.others), drawn_w, start_s),
            _entries(
                [],
                [turnback_stand(other, stand_next_s, self.line.library, self.line.scenario.operation)],
                drawn_w,
                start_s,
            ),
        ]
        goes = self.owner == j
        if ahead is not None:
            stand = turnback_stand(self.trips[ahead], other.start_s, self.line.library, self.line.scenario.operation)
            added.append(_entries([], [stand], drawn_w, start_s))
            goes = goes | ((self.owner == ahead) & (self.is_turnback == 1))
        removed = np.flatnonzero(goes)
        comes = Entries.joined(added)
        instants = np.concatenate([self.entries.instant[removed], comes.instant])
        return int(instants.min()), int(instants.max()) + 1, removed, comes


def _duties(trips: tuple[Trip, ...]) -> tuple[dict[int, int], dict[int, int]]:
    """The trip before and the trip after each trip of the same vehicle."""
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    last: dict[str, int] = {}
    for j, trip in enumerate(trips):
        if trip.vehicle in last:
            before[j], after[last[trip.vehicle]] = last[trip.vehicle], j
        last[trip.vehicle] = j
    return before, after


def _entries(runs: list[Run], stands: list[Stand], drawn_w: float, start_s: int) -> Entries:
    """The entries of movements of a train with its auxiliary power, with seconds from the start of the day."""
    ends = [run.departure_s + run.motion.running_time_s for run in runs] + [stand.to_s for stand in stands]
    begin = int(min([run.departure_s for run in runs] + [stand.from_s for stand in stands]))
    snapshots = assemble(runs, stands, drawn_w, begin, int(max(ends)) + 2)
    instant = np.repeat(np.arange(snapshots.count), np.diff(snapshots.offset)) + (begin - start_s)
    return Entries(
        instant.astype(np.int64), snapshots.chainage_m, snapshots.track, snapshots.power_w, snapshots.auxiliary_w
    )


def _touched(removed: Entries, added: Entries, first: int, last: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """The seconds at which added and removed entries differ in power, auxiliaries or place."""
    signature = np.zeros((2, 5, last - first))
    for side, part in enumerate((removed, added)):
        weighed = (
            part.power_w,
            part.auxiliary_w,
            part.chainage_m,
            part.chainage_m * part.power_w,
            part.chainage_m * part.auxiliary_w,
        )
        for kind, weight in enumerate(weighed):
            signature[side, kind] = np.bincount(part.instant - first, weights=weight, minlength=last - first)
    scale = np.abs(signature).max(axis=(0, 2), keepdims=True)[0] + 1.0
    return np.asarray((np.abs(signature[0] - signature[1]) > _SAME_SHARE * scale).any(axis=0))
