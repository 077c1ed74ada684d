"""Sections and trains of the driving tests; small enough to check by hand."""

import numpy as np

from energy_models.track import SectionTrack
from energy_models.train import Efficiency, ForceCurve, Train


def level(length_m: float = 1000.0, limit_m_s: float = 20.0, slope: float = 0.0) -> SectionTrack:
    return SectionTrack("level", [0.0, length_m], [limit_m_s], [slope], [0.0])  # type: ignore[arg-type]


def hilly(*parts: tuple[float, float, float]) -> SectionTrack:
    """Parts of (length in m, limit in m/s, slope)."""
    length, limit, slope = (np.array(column) for column in zip(*parts, strict=True))
    return SectionTrack("hilly", np.concatenate(([0.0], np.cumsum(length))), limit, slope, np.zeros(len(parts)))


def metro(**changes: object) -> Train:
    """A train of 200 t with 10 t of rotating mass; 0.85 either way; curves that fall with speed."""
    values: dict[str, object] = {
        "tare_kg": 200_000.0,
        "rotating_mass_kg": 10_000.0,
        "passenger_kg": 60.0,
        "capacity_normal": 1000,
        "capacity_crush": 1500,
        "length_m": 120.0,
        "maximum_speed_m_s": 22.0,
        "maximum_acceleration_m_s2": 1.2,
        "maximum_deceleration_m_s2": 1.0,
        "resistance_n": (3000.0, 200.0, 6.0),
        "traction": ForceCurve(np.array([0.0, 10.0, 22.0]), np.array([300e3, 300e3, 180e3]), 4e6),
        "electric_brake": ForceCurve(np.array([0.0, 15.0, 22.0]), np.array([230e3, 230e3, 130e3])),
        "friction_brake_force_n": 230e3,
        "service_brake_force_n": 230e3,
        "traction_efficiency": Efficiency.constant(0.85),
        "regeneration_efficiency": Efficiency.constant(0.85),
    }
    return Train(**{**values, **changes})  # type: ignore[arg-type]


def free(**changes: object) -> Train:
    """A train without resistance, with constant effort and brake, for closed forms."""
    values: dict[str, object] = {
        "resistance_n": (0.0, 0.0, 0.0),
        "rotating_mass_kg": 0.0,
        "traction": ForceCurve(np.zeros(1), np.array([200e3])),
        "electric_brake": ForceCurve(np.zeros(1), np.array([200e3])),
        "friction_brake_force_n": 0.0,
        "service_brake_force_n": np.inf,
        "maximum_acceleration_m_s2": np.inf,
        "maximum_deceleration_m_s2": np.inf,
    }
    return metro(**{**values, **changes})
