"""A railway in closed form for the tests of trains: level sections, trapezoid speeds, trains without resistance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from energy_models.driving.profile import DrivingProfile
from energy_models.movement.low_voltage import ServedShare
from energy_models.train import ForceCurve, Train
from scenarios.schema.base import Direction
from scenarios.values.fleet import ByVehicle
from simulation.disturbances import DwellNoise
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.railway import Railway
from simulation.railway.section_runs import RunRequest
from simulation.railway.signalling import Signalling

ORDER: dict[Direction, tuple[str, ...]] = {"up": ("A", "B", "C"), "down": ("C", "B", "A")}
RULES = OperatingRules(90.0, {"B": 20.0}, {"A": 120.0, "C": 120.0}, DwellNoise(0.0))
SECTION_M = 1000.0
RATE_M_S2 = 1.0

TRAIN = Train(
    tare_kg=200_000.0,
    rotating_mass_kg=0.0,
    passenger_kg=0.0,
    capacity_normal=1000,
    capacity_crush=1500,
    length_m=100.0,
    maximum_speed_m_s=30.0,
    maximum_acceleration_m_s2=RATE_M_S2,
    maximum_deceleration_m_s2=RATE_M_S2,
    resistance_n=(0.0, 0.0, 0.0),
    traction=ForceCurve(np.zeros(1), np.full(1, 1e6)),
    electric_brake=ForceCurve(np.zeros(1), np.full(1, 1e6)),
    friction_brake_force_n=0.0,
    service_brake_force_n=1e6,
)


def trapezoid(length_m: float, running_time_s: float, passengers: float = 0.0) -> DrivingProfile:
    """Accelerate and brake at 1 m/s², cruise between at the speed v of T = L/v + v."""
    speed = 0.5 * (running_time_s - np.sqrt(running_time_s**2 - 4.0 * length_m))
    way = 0.5 * speed * speed
    ramp = np.linspace(0.0, 1.0, 41) ** 2
    place = np.concatenate(
        (way * ramp, np.linspace(way, length_m - way, round(length_m / 10.0))[1:-1], length_m - way * ramp[::-1])
    )
    v = np.sqrt(2.0 * np.minimum(np.minimum(place, length_m - place), way))
    cell = np.diff(place)
    time = np.concatenate(([0.0], np.cumsum(2.0 * cell / (v[1:] + v[:-1]))))
    force = TRAIN.effective_mass_kg(passengers) * np.diff(v * v) / (2.0 * cell)
    work = force * cell
    return DrivingProfile(
        "speed_cap", place, v, time, np.zeros(len(cell)), np.maximum(force, 0.0), np.maximum(-force, 0.0),
        np.zeros(len(cell)), passengers, float(work[work > 0.0].sum()), float(-work[work < 0.0].sum()),
    )  # fmt: skip


@dataclass
class Trapezoids:
    """Every section can be run in 80 s, in 110 s with a full train; with traction not served, longer by the share."""

    section_m: float = SECTION_M
    requested: list[RunRequest] = field(default_factory=list)

    def shortest_s(self, run: RunRequest) -> int:
        return 110 if run.passengers > 1000.0 else 80

    def train(self, run: RunRequest) -> Train:  # noqa: ARG002
        return TRAIN

    def profile(self, run: RunRequest, served: ServedShare | None = None) -> DrivingProfile:
        self.requested.append(run)
        slowed_s = 0.0 if served is None else self.slowed_s(run, served)
        return trapezoid(self.section_m, run.running_time_s + slowed_s, run.passengers)

    def slowed_s(self, run: RunRequest, served: ServedShare) -> float:  # noqa: ARG002
        return float(served.share[0])


def moving_block(stations: int = 3, section_m: float = SECTION_M, **changes: float) -> Signalling:
    """Moving block: 1 m/s², 3 s, 50 m, trains of 100 m."""
    return blocks([], stations, section_m, **changes)


def blocks(border_m: Sequence[float], stations: int = 3, section_m: float = SECTION_M, **changes: float) -> Signalling:
    """The same with borders of blocks, in metres of either direction."""
    at_m = tuple(section_m * k for k in range(stations))
    values = {"braking_m_s2": RATE_M_S2, "reaction_s": 3.0, "margin_m": 50.0, "train_length_m": 100.0, **changes}
    border = np.array(border_m, dtype=np.float64)
    return Signalling(
        station_m={"up": at_m, "down": at_m},
        border_m={"up": border, "down": border},
        braking_m_s2=ByVehicle(values["braking_m_s2"]),
        reaction_s=values["reaction_s"],
        margin_m=values["margin_m"],
        train_length_m=ByVehicle(values["train_length_m"]),
    )


def railway(
    rules: OperatingRules = RULES,
    signalling: Signalling | None = None,
    order: Mapping[Direction, Sequence[str]] = ORDER,
    **more: object,
) -> Railway:
    """The railway of A, B and C, 1 km apart."""
    return Railway(rules, ByVehicle(Trapezoids()), order, signalling or moving_block(), **more)  # type: ignore[arg-type]
