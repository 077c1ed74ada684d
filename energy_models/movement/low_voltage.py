"""Traction not served: the delay of a train relative to its driving profile if the supply limits its traction.

The supply serves a share of the power demand of a train (`SupplySolution.served_share`). A train with less power than
its profile needs accelerates less; until the train has the speeds of its profile again, it demands full effort.
"""

from dataclasses import dataclass, replace

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.compiled import kernel
from energy_models.driving.profile import DrivingProfile
from energy_models.train import GRAVITY_M_S2, Train

CRAWL_M_S = 1.0
"""Lowest speed of a train with traction not served: in the model no train stops on the open line (assumed)."""

_SPEED_STEP_M_S = 0.05
_UNLIMITED = 1e9


@dataclass(frozen=True, eq=False)
class ServedShare:
    """The served share of the demanded traction along one run: `share[k]` from `place_m[k]` to the next place.

    `place_m` are metres from the stopping point of the departure, increasing; before the first place the share is 1.
    """

    place_m: FloatArray
    share: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "place_m", frozen_floats(self.place_m))
        object.__setattr__(self, "share", frozen_floats(self.share))

    def at(self, distance_m: FloatArray) -> FloatArray:
        """Share at each distance."""
        index = np.searchsorted(self.place_m, distance_m, side="right") - 1
        return np.where(index < 0, 1.0, self.share[np.maximum(index, 0)])

    def mean_with(self, other: "ServedShare") -> "ServedShare":
        """The mean of two served shares, at the places of both."""
        places = np.union1d(self.place_m, other.place_m)
        return ServedShare(places, 0.5 * (self.at(places) + other.at(places)))


def slowed_profile(profile: DrivingProfile, train: Train, passengers: float, served: ServedShare) -> DrivingProfile:
    """The run of a train that follows a profile with only a share of its traction served.

    Cell by cell, with M the inertial mass and e = v²/2: e1 = e0 + (share · F_demanded - resistance - weight) · ds / M.
    F_demanded reaches the profile at the end of the cell, within effort curve and acceleration limit. The result has
    the speeds and times of the slowed run and, as traction, the *demanded* force for the next solution of the supply.
    Its energies are demanded energies. If all traction is served, the result is the profile with the forces of the
    actual load. The running time never decreases.
    """
    cell_m = np.diff(profile.distance_m)
    share = np.clip(served.at(0.5 * (profile.distance_m[1:] + profile.distance_m[:-1])), 0.0, 1.0)
    inertia_kg = train.effective_mass_kg(passengers)
    speeds = np.arange(0.0, float(profile.speed_m_s.max()) + 2.0 * _SPEED_STEP_M_S, _SPEED_STEP_M_S)
    effort_n: FloatArray = np.array(train.traction.at(speeds))
    speed = np.empty(cell_m.size + 1)
    traction = np.zeros(cell_m.size)
    brake = np.zeros(cell_m.size)
    _fall_behind(
        cell_m,
        np.array(profile.speed_m_s),
        train.mass_kg(passengers) * GRAVITY_M_S2 * profile.slope,
        share,
        inertia_kg,
        np.array(train.resistance_n),
        effort_n,
        min(train.maximum_acceleration_m_s2, _UNLIMITED),
        speed,
        traction,
        brake,
    )
    time_s = np.concatenate(([0.0], np.cumsum(2.0 * cell_m / (speed[1:] + speed[:-1])))) + profile.time_s[0]
    return with_forces(replace(profile, speed_m_s=speed, time_s=time_s, passengers=passengers), train, traction, brake)


def with_forces(motion: DrivingProfile, train: Train, traction_n: FloatArray, brake_n: FloatArray) -> DrivingProfile:
    """The motion of a profile with other forces at the wheel, in N for each cell, and the resulting energies.

    The electric brake gives the part of the braking force that its curve and the service brake allow at the higher
    speed of the cell, the friction brake gives the rest.
    """
    speed, cell_m = motion.speed_m_s, np.diff(motion.distance_m)
    most = np.minimum(train.electric_brake.at(np.maximum(speed[1:], speed[:-1])), train.service_brake_force_n)
    electric_n = np.minimum(brake_n, most)
    return replace(
        motion,
        traction_force_n=traction_n,
        electric_brake_force_n=electric_n,
        friction_brake_force_n=brake_n - electric_n,
        traction_energy_j=_collector_energy_j(train, traction_n, speed, cell_m, motoring=True),
        regeneration_energy_j=_collector_energy_j(train, electric_n, speed, cell_m, motoring=False),
    )


def _collector_energy_j(
    train: Train, force_n: FloatArray, speed_m_s: FloatArray, cell_m: FloatArray, *, motoring: bool
) -> float:
    """Energy at the collector of forces at the wheel, by cell, in J: drawn in traction, otherwise offered (>= 0)."""
    from energy_models.driving.vehicle import efficiency_at  # noqa: PLC0415 - loads kernels only where trains starve

    mean_speed = 0.5 * (speed_m_s[1:] + speed_m_s[:-1])
    if motoring:
        return float((force_n * cell_m / efficiency_at(train.traction_efficiency, force_n, mean_speed)).sum())
    return float((force_n * cell_m * efficiency_at(train.regeneration_efficiency, force_n, mean_speed)).sum())


@kernel()
def _fall_behind(
    cell: FloatArray,
    wanted: FloatArray,
    weight: FloatArray,
    share: FloatArray,
    inertia: float,
    resistance: FloatArray,
    effort: FloatArray,
    acceleration: float,
    speed: FloatArray,
    traction: FloatArray,
    brake: FloatArray,
) -> None:
    speed[0] = wanted[0]
    for c in range(len(cell)):
        v0 = speed[c]
        needed = _drag(v0, wanted[c + 1], resistance) + weight[c]
        needed += inertia * (wanted[c + 1] ** 2 - v0 * v0) / (2.0 * cell[c])
        if needed <= 0.0:
            brake[c] = -needed
            speed[c + 1] = wanted[c + 1]
            continue
        slowest = min(wanted[c + 1], CRAWL_M_S)
        v1 = wanted[c + 1]
        demanded = needed
        # The resistance averaged over the cell depends on the speed at its end: three rounds are enough.
        for _ in range(3):
            drag = _drag(v0, v1, resistance) + weight[c]
            # The force of the profile is within the limits; a larger force to recover keeps the effort curve and the
            # acceleration limit.
            if v0 < wanted[c]:
                full = effort[min(int(v0 / _SPEED_STEP_M_S) + 1, len(effort) - 1)]
                demanded = max(0.0, min(needed, full, inertia * acceleration + drag))
            if share[c] * demanded >= needed:
                v1 = wanted[c + 1]
                break
            energy = 0.5 * v0 * v0 + (share[c] * demanded - drag) * cell[c] / inertia
            v1 = min(wanted[c + 1], np.sqrt(2.0 * max(energy, 0.5 * slowest * slowest)))
        traction[c] = demanded
        speed[c + 1] = v1


@kernel()
def _drag(v0: float, v1: float, resistance: FloatArray) -> float:
    """Running resistance averaged over a cell."""
    total = v0 + v1
    return float(
        resistance[0]
        + resistance[1] * (2.0 / 3.0) * (total - v0 * v1 / total)
        + resistance[2] * 0.5 * (v0 * v0 + v1 * v1)
    )
