"""What each vehicle of a plan draws with its own model, and how much the model matters.

All figures are at the collector, as planned, with all regenerated energy counted: the model of one vehicle acts there,
before the supply mixes the energy of all trains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_movements import as_planned, first_section, turnback_stand
from dispatch.plans.timetable import Timetable, Trip
from energy_models.running_times import ProfileLibrary

METERING_POINT = "collector"


@dataclass(frozen=True)
class VehicleEffect:
    """One vehicle of a plan, in kWh at the collector over the day.

    `kwh` is its energy, `kwh_of_mean` the energy of the same duty with the mean vehicle of its type.
    """

    vehicle: str
    trips: int
    train_km: float
    kwh: float
    kwh_of_mean: float

    @property
    def difference_kwh(self) -> float:
        """What the model of the vehicle adds to its duty."""
        return self.kwh - self.kwh_of_mean


def vehicle_effects(timetable: Timetable, line: LineModel, mean: LineModel) -> tuple[VehicleEffect, ...]:
    """The vehicles of a timetable, the one whose model matters most first.

    `mean` is the same line with the mean train of each type for all its vehicles.
    """
    found = []
    for vehicle, trips in timetable.duties().items():
        metres = sum(
            line.library.sections[trip.direction][first_section(trip, line.library) + k].length_m
            for trip in trips
            for k in range(len(trip.driving))
        )
        found.append(
            VehicleEffect(
                vehicle,
                len(trips),
                round(metres / 1000.0, 3),
                round(_duty_j(trips, line) / 3.6e6, 3),
                round(_duty_j(trips, mean) / 3.6e6, 3),
            )
        )
    return tuple(sorted(found, key=lambda one: (-abs(one.difference_kwh), one.vehicle)))


def _duty_j(trips: Sequence[Trip], line: LineModel) -> float:
    """Drawn minus regenerated energy of a duty, with auxiliaries from the first departure to the last shut-down."""
    library: ProfileLibrary = line.library
    auxiliary_w = line.train_of(trips[0].vehicle).auxiliary_w
    energy_j = 0.0
    for trip, after in zip(trips, [*trips[1:], None], strict=True):
        runs, _ = as_planned(trip, library, line.others)
        energy_j += sum(float(run.motion.power_w.sum()) for run in runs)
        stand = turnback_stand(trip, None if after is None else after.start_s, library, line.scenario.operation)
        energy_j += auxiliary_w * (stand.to_s - trip.start_s)
    return energy_j
