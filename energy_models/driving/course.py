"""One train on one section: what every way of driving starts from, and how a run becomes a profile."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.mesh import Mesh, mesh_of
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.vehicle import Vehicle, efficiency_at, vehicle_of
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
    cell_m: FloatArray
    grade: FloatArray
    limit_energy: FloatArray
    boundary_energy: float


def course_of(
    track: SectionTrack,
    train: Train,
    passengers: float,
    boundary_speed_m_s: float = 0.0,
    regeneration_credit: float = 1.0,
) -> Course:
    """Put the train on the section."""
    mesh = mesh_of(track, train.maximum_speed_m_s)
    vehicle = vehicle_of(train, passengers, regeneration_credit)
    return Course(
        track, train, passengers, mesh, vehicle,
        cell_m=mesh.cell_m,
        grade=vehicle.weight * mesh.slope,
        limit_energy=0.5 * mesh.limit_m_s**2,
        boundary_energy=0.5 * boundary_speed_m_s**2,
    )  # fmt: skip


def profile_along(course: Course, strategy: str, energy: FloatArray) -> DrivingProfile:
    """The profile that follows given kinetic energies (J per kg of inertial mass, at the nodes).

    The net force of each cell is what the change of kinetic energy, the resistance and the slope need. Traction gives
    it when positive; when negative the electric brake goes first and the friction brake gives the rest.
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
