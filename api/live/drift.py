"""Vehicles whose recorded energy drifts from their model: both over the same seconds of the last minutes."""

from collections import deque
from dataclasses import dataclass, field

from api.live.messages import VehicleRecord
from energy_models.account.energy import J_PER_KWH

WINDOW_S = 900
LEAST_S = 600
DRIFT_SHARE = 0.2
LEAST_KWH = 20.0


@dataclass
class _Sums:
    recorded_w: dict[int, float] = field(default_factory=dict)
    pairs: deque[tuple[int, float, float]] = field(default_factory=lambda: deque(maxlen=WINDOW_S))
    recorded_j: float = 0.0
    modelled_j: float = 0.0


@dataclass
class VehicleDrift:
    """Recorded and modelled drawn energy (without braking) of each train."""

    trains: dict[str, _Sums] = field(default_factory=dict)

    def recorded(self, record: VehicleRecord) -> None:
        """Take a record with a power."""
        if record.power_w is None:
            return
        sums = self.trains.setdefault(record.train_id, _Sums())
        sums.recorded_w[round(record.time_s)] = max(record.power_w, 0.0)
        if len(sums.recorded_w) > WINDOW_S:
            for time_s in sorted(sums.recorded_w)[: WINDOW_S // 2]:
                del sums.recorded_w[time_s]

    def modelled(self, train_id: str, time_s: int, power_w: float, auxiliary_w: float) -> None:
        """Take the modelled power of a second."""
        sums = self.trains.get(train_id)
        recorded_w = None if sums is None else sums.recorded_w.pop(time_s, None)
        if sums is None or recorded_w is None:
            return
        if len(sums.pairs) == WINDOW_S:
            _, old_recorded_w, old_modelled_w = sums.pairs[0]
            sums.recorded_j -= old_recorded_w
            sums.modelled_j -= old_modelled_w
        modelled_w = max(power_w + auxiliary_w, 0.0)
        sums.pairs.append((time_s, recorded_w, modelled_w))
        sums.recorded_j += recorded_w
        sums.modelled_j += modelled_w

    def drifting(self) -> dict[str, float]:
        """The share by which each drifting train draws more (or less) than its model."""
        found = {}
        for name, sums in self.trains.items():
            if len(sums.pairs) < LEAST_S or sums.modelled_j < LEAST_KWH * J_PER_KWH:
                continue
            share = sums.recorded_j / sums.modelled_j - 1.0
            if abs(share) > DRIFT_SHARE:
                found[name] = share
        return found
