"""A train that is driven by instructions alone, in steps of time: shares no code with what makes the instructions.

The driver here knows what a driver knows: the regime, the place of the next instruction, and the speed wanted there.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from energy_models.driving.profile import DrivingProfile
from energy_models.track import SectionTrack
from energy_models.train import Efficiency, ForceCurve, Train

GRAVITY_M_S2 = 9.81
STEP_S = 0.05
STOPPED_M_S = 0.02


class Instruction(Protocol):
    """What the driver reads."""

    @property
    def regime(self) -> str: ...
    @property
    def distance_m(self) -> float: ...
    @property
    def from_m_s(self) -> float: ...
    @property
    def until_m_s(self) -> float: ...


@dataclass(frozen=True)
class Driven:
    """What came of it; `excess_m_s` is by how much the train ran above a limit at worst."""

    arrival_m_s: float
    time_s: float
    drawn_j: float
    given_back_j: float
    distance_m: float
    excess_m_s: float

    @property
    def net_j(self) -> float:
        return self.drawn_j - self.given_back_j


def drive(
    instructions: Sequence[Instruction], track: SectionTrack, train: Train, passengers: float,
    boundary_speed_m_s: float = 0.0, step_s: float = STEP_S,
) -> Driven:  # fmt: skip
    """Follow the instructions to the end of the section, or to where the train stops for good."""
    mass_kg = train.tare_kg + passengers * train.passenger_kg
    inertia_kg = mass_kg + train.rotating_mass_kg
    constant, linear, quadratic = train.resistance_n
    edges = track.boundary_m.tolist()
    slopes = (track.slope + track.curve_resistance).tolist()
    limits = np.minimum(track.speed_limit_m_s, train.maximum_speed_m_s).tolist()
    length_m = edges[-1]
    step_s = min(step_s, 0.02 * length_m / max(instructions[0].until_m_s, 2.0))
    place, speed, time = 0.0, boundary_speed_m_s, 0.0
    drawn = back = excess = 0.0
    current = 0
    while place < length_m - 1e-6 and time < 7200.0:
        while current + 1 < len(instructions) and place >= instructions[current + 1].distance_m - 1e-9:
            current += 1
        order = instructions[current]
        next_m = instructions[current + 1].distance_m if current + 1 < len(instructions) else length_m
        segment = min(max(bisect_right(edges, place + 1e-9) - 1, 0), len(slopes) - 1)
        against_n = constant + linear * speed + quadratic * speed * speed + mass_kg * GRAVITY_M_S2 * slopes[segment]
        most_n, electric_n = _force(train.traction, speed), _force(train.electric_brake, speed)
        brakes_n = min(electric_n + train.friction_brake_force_n, train.service_brake_force_n)
        left_m = max(next_m - place, 1e-3)
        if order.regime == "full effort":
            force_n = min(most_n, max(inertia_kg * train.maximum_acceleration_m_s2 + against_n, 0.0))
        elif order.regime == "coast":
            force_n = 0.0
        elif order.regime == "cruise":
            force_n = against_n + inertia_kg * (order.from_m_s - speed) / 1.0
        else:
            # What brings the train to the wanted speed at the next place, as seen from here.
            force_n = against_n + inertia_kg * (order.until_m_s**2 - speed * speed) / (2.0 * left_m)
        force_n = min(max(force_n, -brakes_n), most_n)
        gain = (force_n - against_n) / inertia_kg
        # A step ends at the next place, at the next slope, or where the train stands.
        end_m = min(next_m, edges[segment + 1]) - place
        step = step_s
        after = speed + gain * step
        if after < 0.0:
            step, after = speed / -gain, 0.0
        moved = 0.5 * (speed + after) * step
        if moved > end_m > 0.0:
            moved = end_m
            after = max(speed * speed + 2.0 * gain * moved, 0.0) ** 0.5
            step = 2.0 * moved / (speed + after)
        mean = 0.5 * (speed + after)
        if force_n > 0.0:
            drawn += force_n * moved / _share(train.traction_efficiency, force_n, mean)
        else:
            electric = min(-force_n, electric_n)
            back += electric * moved * _share(train.regeneration_efficiency, electric, mean)
        place, speed, time = place + moved, after, time + step
        excess = max(excess, speed - limits[segment])
        if speed < STOPPED_M_S and (moved < 1e-7 or length_m - place < 0.05):
            break
    return Driven(speed, time, drawn, back, place, excess)


def _force(curve: ForceCurve, speed: float) -> float:
    force = float(np.interp(speed, curve.speed_m_s, curve.force_n))
    return min(force, curve.power_w / speed) if speed > 0.0 else force


def _share(efficiency: Efficiency, force_n: float, speed: float) -> float:
    if efficiency.share.size == 1:
        return float(efficiency.share[0, 0])
    by_force = [np.interp(speed, efficiency.speed_m_s, row) for row in efficiency.share]
    return float(np.interp(force_n, efficiency.force_n, by_force))


def assert_drives(
    instructions: Sequence[Instruction], profile: DrivingProfile, track: SectionTrack, train: Train,
    speed_tolerance_m_s: float = 0.1,
) -> Driven:  # fmt: skip
    """Time, energy drawn and net energy within 1 %, no limit exceeded, and a stop at the end of the section.

    Net energy is compared with the larger of the energies drawn and given back, because their difference may be zero.
    """
    driven = drive(instructions, track, train, profile.passengers, float(profile.speed_m_s[0]))
    words = f"{track.name}, {profile.strategy}, {profile.running_time_s:.1f} s, {profile.passengers:.0f} passengers"
    assert abs(driven.time_s - profile.running_time_s) <= 0.01 * profile.running_time_s, words
    assert abs(driven.drawn_j - profile.traction_energy_j) <= 0.01 * profile.traction_energy_j + 1e3, words
    most_j = max(profile.traction_energy_j, profile.regeneration_energy_j)
    assert abs(driven.net_j - profile.net_energy_j) <= 0.01 * most_j + 1e3, words
    assert driven.excess_m_s <= speed_tolerance_m_s, words
    assert abs(driven.distance_m - track.length_m) < 0.5, words
    assert driven.arrival_m_s <= profile.speed_m_s[-1] + 0.3, words
    return driven
