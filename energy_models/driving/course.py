"""One train on one section: the common input of all ways of driving, and the profile of a run."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.mesh import Fineness, Mesh, mesh_of
from energy_models.driving.motion import braking_ceiling, fastest, running_time
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.vehicle import Vehicle, efficiency_at, vehicle_of
from energy_models.faults import Infeasible
from energy_models.track import SectionTrack
from energy_models.train import Train


@dataclass(frozen=True, eq=False)
class Course:
    """A section's mesh and a train at one load; `grade` and energies are per kg of inertial mass."""

    track: SectionTrack
    train: Train
    passengers: float
    mesh: Mesh
    vehicle: Vehicle
    grade: FloatArray
    limit_energy: FloatArray
    boundary_energy: float

    @property
    def cell_m(self) -> FloatArray:
        """Length of each cell."""
        return self.mesh.cell_m

    @cached_property
    def fastest_energy(self) -> FloatArray:
        """Kinetic energy at each node of the fastest run; raises `Infeasible` if the train cannot run the section."""
        ceiling = np.empty(self.cell_m.size + 1)
        lost = braking_ceiling(
            self.cell_m, self.grade, self.limit_energy, self.boundary_energy, self.vehicle, ceiling
        )  # fmt: skip
        if lost >= 0:
            raise Infeasible([f"{self.track.name}: the brakes cannot hold the train {self.place(lost)}"])
        ceiling[0] = self.boundary_energy
        energy = np.empty_like(ceiling)
        stalled = fastest(self.cell_m, self.grade, ceiling, self.boundary_energy, self.vehicle, energy)
        if stalled >= 0:
            verb = "start" if stalled == 0 else "climb on"
            raise Infeasible([f"{self.track.name}: with full effort the train cannot {verb} {self.place(stalled)}"])
        return energy

    @cached_property
    def minimum_time_s(self) -> float:
        """Time of the fastest run."""
        return running_time(self.cell_m, self.fastest_energy)

    def under_cap(self, speed_cap_m_s: float) -> "Course":
        """The same course with no limit above a constant cap."""
        cap = max(0.5 * speed_cap_m_s**2, self.boundary_energy)
        return replace(self, limit_energy=np.minimum(self.limit_energy, cap))

    def place(self, cell: int) -> str:
        """The begin of a cell as a phrase."""
        return f"at {self.mesh.distance_m[cell]:.0f} m (slope {1000.0 * self.mesh.slope[cell]:.1f} permil)"


def course_of(
    track: SectionTrack,
    train: Train,
    passengers: float,
    boundary_speed_m_s: float = 0.0,
    regeneration_credit: float = 1.0,
    fineness: Fineness = "plain",
) -> Course:
    """Put the train on the section."""
    mesh = mesh_of(track, train.maximum_speed_m_s, fineness)
    vehicle = vehicle_of(train, passengers, regeneration_credit)
    return Course(
        track, train, passengers, mesh, vehicle,
        grade=vehicle.weight * mesh.slope,
        limit_energy=0.5 * mesh.limit_m_s**2,
        boundary_energy=0.5 * boundary_speed_m_s**2,
    )  # fmt: skip


def profile_along(course: Course, strategy: str, energy: FloatArray) -> DrivingProfile:
    """The profile that follows given kinetic energies (J per kg of inertial mass, at the nodes).

    The net force of each cell is the sum of the forces for the change of kinetic energy, the resistance and the slope.
    Traction gives a positive force. The electric brake gives a negative force, and the friction brake the part above
    the limit of the electric brake.
    """
    speed = np.sqrt(2.0 * energy)
    before, after = speed[:-1], speed[1:]
    total = before + after
    time = np.concatenate(([0.0], np.cumsum(2.0 * course.cell_m / total)))
    vehicle, train = course.vehicle, course.train
    net = vehicle.inertia_kg * (
        np.diff(energy) / course.cell_m
        + vehicle.resistance_a
        + vehicle.resistance_b * (2.0 / 3.0) * (total - before * after / total)
        + vehicle.resistance_c * (energy[:-1] + energy[1:])
        + course.grade
    )
    traction = np.maximum(net, 0.0)
    brake = np.maximum(-net, 0.0)
    electric = np.minimum(brake, np.minimum(train.electric_brake.at(before), train.service_brake_force_n))
    mean_speed = 0.5 * total
    drawn = traction * course.cell_m / efficiency_at(train.traction_efficiency, traction, mean_speed)
    offered = electric * course.cell_m * efficiency_at(train.regeneration_efficiency, electric, mean_speed)
    return DrivingProfile(
        strategy=strategy,
        distance_m=course.mesh.distance_m,
        speed_m_s=speed,
        time_s=time,
        slope=course.mesh.slope,
        traction_force_n=traction,
        electric_brake_force_n=electric,
        friction_brake_force_n=brake - electric,
        passengers=course.passengers,
        traction_energy_j=float(drawn.sum()),
        regeneration_energy_j=float(offered.sum()),
    )
