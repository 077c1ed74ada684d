"""Starved runs: how a train falls behind its driving profile where the supply does not serve its traction.

The supply answers what a train asks for with a share (`SupplySolution.served_share`). A train that gets less than the
profile needs accelerates less; until it is back on the speeds of its profile it asks for full effort.
"""

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.driving.profile import DrivingProfile
from energy_models.train import GRAVITY_M_S2, Train

CRAWL_M_S = 1.0
"""Speed below which a starved train is not let fall: the model has no train that stands on the open line (assumed)."""

_SPEED_STEP_M_S = 0.05
_UNLIMITED = 1e9


@dataclass(frozen=True, eq=False)
class ServedShare:
    """What share of the traction asked for was served along one run: `share[k]` from `place_m[k]` to the next place.

    `place_m` are metres from the departed stopping point, rising; before the first place all is served.
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
        """The mean of two, at the places of both."""
        places = np.union1d(self.place_m, other.place_m)
        return ServedShare(places, 0.5 * (self.at(places) + other.at(places)))


def starved(profile: DrivingProfile, train: Train, passengers: float, served: ServedShare) -> DrivingProfile:
    """The run that a train makes which wants to follow a profile and is served only a share of its traction.

    Cell by cell, with M the inertial mass and e = v²/2: e1 = e0 + (share · F_asked - resistance - weight) · ds / M.
    F_asked leads back to the profile at the cell's end, within effort curve and acceleration limit. The returned
    profile has the speeds and times of the starved run and, as traction, the force *asked for*: what the supply is
    asked again. Its energies are those asked for. Where all is served it is the profile itself with the forces of the
    actual load. Running time never falls.
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
    """The motion of a profile with other forces at the wheel, N for each cell, and the energies that follow from them.

    Of the braking force the electric brake gives what its curve and the service brake allow at the higher speed of the
    cell, friction the rest.
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
    """Energy at the collector of forces at the wheel, cell by cell, in J: drawn when motoring, else offered (>= 0)."""
    from energy_models.driving.vehicle import efficiency_at  # noqa: PLC0415 - loads kernels only where trains starve

    mean_speed = 0.5 * (speed_m_s[1:] + speed_m_s[:-1])
    if motoring:
        return float((force_n * cell_m / efficiency_at(train.traction_efficiency, force_n, mean_speed)).sum())
    return float((force_n * cell_m * efficiency_at(train.regeneration_efficiency, force_n, mean_speed)).sum())


@njit(cache=True)
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
        asked = needed
        # The resistance averaged over the cell depends on the speed at its end: three rounds settle it.
        for _ in range(3):
            drag = _drag(v0, v1, resistance) + weight[c]
            # The profile's own force is within its limits; one that catches up is held to the curve and to comfort.
            if v0 < wanted[c]:
                full = effort[min(int(v0 / _SPEED_STEP_M_S) + 1, len(effort) - 1)]
                asked = max(0.0, min(needed, full, inertia * acceleration + drag))
            if share[c] * asked >= needed:
                v1 = wanted[c + 1]
                break
            energy = 0.5 * v0 * v0 + (share[c] * asked - drag) * cell[c] / inertia
            v1 = min(wanted[c + 1], np.sqrt(2.0 * max(energy, 0.5 * slowest * slowest)))
        traction[c] = asked
        speed[c + 1] = v1


@njit(cache=True)
def _drag(v0: float, v1: float, resistance: FloatArray) -> float:
    """Running resistance averaged over a cell."""
    total = v0 + v1
    return float(
        resistance[0]
        + resistance[1] * (2.0 / 3.0) * (total - v0 * v1 / total)
        + resistance[2] * 0.5 * (v0 * v0 + v1 * v1)
    )
