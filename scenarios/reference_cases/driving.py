"""Reference cases of optimal driving, format `driving-case-1`, from another solver or from measurements."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from energy_models.driving.checks import faults_of
from energy_models.faults import Fault, InputFaults
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2, Efficiency, ForceCurve, Train
from scenarios.reference_cases.files import CasePart, Finite, NotNegative, Positive, read_case_file

_KMH_PER_M_S = 3.6
Share = Annotated[float, Field(gt=0, le=1)]


class CaseTrain(CasePart):
    """A point train; traction and regeneration limited by force and power; a missing acceleration is unlimited."""

    effective_mass_kg: Positive
    mass_kg: Positive
    traction_force_n: Positive
    traction_power_w: Positive
    regeneration_force_n: NotNegative
    regeneration_power_w: NotNegative
    friction_brake_force_n: NotNegative
    resistance_n: tuple[NotNegative, NotNegative, NotNegative]
    efficiency_traction: Share
    efficiency_regeneration: Annotated[float, Field(ge=0, le=1)]
    maximum_speed_kmh: Positive
    maximum_acceleration_m_s2: Positive | None = None
    maximum_deceleration_m_s2: Positive | None = None
    gravity_m_s2: Positive = GRAVITY_M_S2

    @model_validator(mode="after")
    def _inertia_holds_the_mass(self) -> "CaseTrain":
        if self.effective_mass_kg < self.mass_kg:
            raise ValueError(f"effective_mass_kg {self.effective_mass_kg:g} must be at least mass_kg {self.mass_kg:g}")
        return self


class SpeedCapValue(CasePart):
    """The reference values for the same running time with a constant speed cap."""

    speed_cap_kmh: Positive
    trip_time_s: Positive
    energy_kwh: Finite


class CasePoint(CasePart):
    """One running time with the reference energy, and a proven lower bound if there is one."""

    running_time_s: Positive
    energy_kwh: Finite
    lower_bound_kwh: Finite | None = None
    feasible_kwh: Finite | None = None
    speed_cap: SpeedCapValue | None = None


class DrivingCase(CasePart):
    """One section, one train, and the reference energies of several running times."""

    format: Literal["driving-case-1"]
    name: str
    source: str = ""
    length_m: Positive
    segments: Annotated[list[tuple[NotNegative, Positive, Positive, Finite]], Field(min_length=1)]
    train: CaseTrain
    boundary_speed_m_s: NotNegative = 0.0
    minimum_running_time_s: Positive | None = None
    points: Annotated[list[CasePoint], Field(min_length=1)]

    @model_validator(mode="after")
    def _segments_cover_the_section(self) -> "DrivingCase":
        at = 0.0
        for number, (start, end, _, _) in enumerate(self.segments, 1):
            if abs(start - at) > 1e-6:
                raise ValueError(f"segment {number} starts at {start:g} m, the previous segment ends at {at:g} m")
            if end <= start:
                raise ValueError(f"segment {number} ends at {end:g} m, not after its start at {start:g} m")
            at = end
        if abs(at - self.length_m) > 1e-6:
            raise ValueError(f"the last segment ends at {at:g} m, the section at length_m {self.length_m:g} m")
        return self

    def to_track(self) -> SectionTrack:
        """The section; the slopes are scaled if the case has a different gravity."""
        columns = np.array(self.segments, dtype=np.float64)
        return SectionTrack(
            name=self.name,
            boundary_m=np.append(columns[:, 0], columns[-1, 1]),
            speed_limit_m_s=columns[:, 2] / _KMH_PER_M_S,
            slope=columns[:, 3] / 1000.0 * (self.train.gravity_m_s2 / GRAVITY_M_S2),
            curve_resistance=np.zeros(len(self.segments)),
        )

    def to_train(self) -> Train:
        """The train without passengers: its mass is the mass of the case."""
        case = self.train
        return Train(
            tare_kg=case.mass_kg,
            rotating_mass_kg=case.effective_mass_kg - case.mass_kg,
            passenger_kg=0.0,
            capacity_normal=0,
            capacity_crush=0,
            length_m=0.0,
            maximum_speed_m_s=case.maximum_speed_kmh / _KMH_PER_M_S,
            maximum_acceleration_m_s2=case.maximum_acceleration_m_s2 or np.inf,
            maximum_deceleration_m_s2=case.maximum_deceleration_m_s2 or np.inf,
            resistance_n=case.resistance_n,
            traction=ForceCurve(np.zeros(1), np.array([case.traction_force_n]), case.traction_power_w),
            electric_brake=ForceCurve(
                np.zeros(1), np.array([case.regeneration_force_n]), case.regeneration_power_w or np.inf
            ),
            friction_brake_force_n=case.friction_brake_force_n,
            service_brake_force_n=np.inf,
            traction_efficiency=Efficiency.constant(case.efficiency_traction),
            regeneration_efficiency=Efficiency.constant(case.efficiency_regeneration),
        )


def load_driving_case(path: str | Path) -> DrivingCase:
    """Read and check one case; raises `InputFaults` with every fault of the file."""
    file = str(path)
    case = read_case_file(path, DrivingCase)
    faults = faults_of(case.to_track(), case.to_train(), passengers=0.0)
    if faults:
        raise InputFaults(Fault(file, fault.place, fault.field, fault.value, fault.allowed) for fault in faults)
    return case
