"""From a telemetry store to a fleet folder: a model of each vehicle and day, one after another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from energy_models.calibration.meter_lag import Sampling
from energy_models.calibration.priors import SensorClasses
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.store.query import stored_days
from energy_models.telemetry.store.store import TelemetryStore
from energy_models.telemetry.stored_telemetry import stored_telemetry
from scenarios.files.names import did_you_mean
from scenarios.schema import Scenario
from scenarios.values.fleet import vehicle_names
from scenarios.vehicles.calibrated import CalibratedVehicle, write_vehicle
from scenarios.vehicles.from_telemetry import calibrate_telemetry


@dataclass(frozen=True)
class CalibratedDay:
    """A vehicle and service day of the store: its model and its file, or the faults for which it was refused."""

    vehicle: str
    day: str
    model: CalibratedVehicle | None = None
    file: Path | None = None
    faults: tuple[Fault, ...] = ()


def calibrate_store(
    store: TelemetryStore,
    line: str,
    scenario: Scenario,
    folder: Path,
    hold: Sequence[str] = (),
    *,
    vehicles: Sequence[str] = (),
    days: Sequence[str] = (),
    train_type: str | None = None,
    classes: SensorClasses | None = None,
    sampling: Sampling | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Iterator[CalibratedDay]:
    """Write a vehicle file for each vehicle and day of a store into a fleet folder.

    Only one vehicle-day is in memory. A vehicle-day that is refused does not stop the others.

    Args:
        store: The store.
        line: The line of the store.
        scenario: The line with its fleet; a vehicle that is not in the fleet is refused.
        folder: Fleet folder; a file of the same vehicle and day is replaced.
        hold: Fixed parameters, as in `calibrate_file`.
        vehicles: Only these vehicles.
        days: Only these service days.
        train_type: Train type of all vehicles; by default that of the fleet.
        classes: Accuracy of the sensors.
        sampling: As in `calibrate_file`.
        progress: Called with the vehicle and day, and the share of all that is done.

    Raises:
        InputFaults: The store has none of these vehicles and days.
    """
    found = stored_days(store, line)
    chosen = [
        (str(vehicle), str(day))
        for vehicle, day in zip(found["vehicle"], found["day"], strict=True)
        if (not vehicles or vehicle in vehicles) and (not days or day in days)
    ]
    if not chosen:
        known = tuple(dict.fromkeys(map(str, found["vehicle"])))
        allowed = "vehicles and days of the store: " + (", ".join(known) or "none")
        raise InputFaults([Fault(line, "", "vehicle and day", "no rows", allowed)])
    type_of = vehicle_names(scenario)
    stations_m = [float(station.chainage_m) for station in scenario.stations]
    for number, (vehicle, day) in enumerate(sorted(chosen)):
        if progress is not None:
            progress("calibration of vehicles", number / len(chosen))
        try:
            if vehicle not in type_of:
                raise InputFaults(
                    [Fault(f"{line}/{day}/{vehicle}", "", "vehicle", vehicle, _of_fleet(vehicle, type_of))]
                )
            telemetry = stored_telemetry(store, line, vehicle, day, stations_m=stations_m)
            model = calibrate_telemetry(
                telemetry, scenario, hold, train_type=train_type or type_of[vehicle], classes=classes, day=day,
                sampling=sampling,
            ).vehicle  # fmt: skip
        except InputFaults as error:
            yield CalibratedDay(vehicle, day, faults=tuple(error.faults))
            continue
        file = folder / f"{quote(vehicle, safe='')}_{day}.yaml"
        write_vehicle(model, file)
        yield CalibratedDay(vehicle, day, model, file)
    if progress is not None:
        progress("calibration of vehicles", 1.0)


def _of_fleet(vehicle: str, type_of: dict[str, str]) -> str:
    return f"a vehicle of the fleet of the scenario, {did_you_mean(vehicle, type_of)}"
