"""From telemetry by vehicle and service day to models: each vehicle-day is a task that any process can do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from energy_models.calibration.meter_lag import Sampling
from energy_models.calibration.priors import SensorClasses
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.quality import Telemetry
from energy_models.telemetry.recordings.vehicle_days import VehicleDayPart, rows_of_parts
from energy_models.telemetry.store.query import stored_days
from energy_models.telemetry.store.store import TelemetryStore
from energy_models.telemetry.stored_telemetry import stored_telemetry, telemetry_of
from scenarios.files.names import did_you_mean
from scenarios.schema import Scenario
from scenarios.values.fleet import vehicle_names
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.from_telemetry import calibrate_telemetry
from scenarios.vehicles.normalised import ReferenceRuns, reference_runs


@dataclass(frozen=True, order=True)
class VehicleDay:
    """A vehicle and a service day."""

    vehicle: str
    day: str


class DaySource(Protocol):
    """Where the telemetry of vehicle-days is; it can be sent to other processes of this machine."""

    @property
    def days(self) -> tuple[VehicleDay, ...]:
        """Every vehicle-day, in order."""
        ...

    def telemetry(self, one: VehicleDay, stations_m: Sequence[float]) -> Telemetry:
        """The telemetry of a vehicle-day; missing places are derived from the stations. Raises InputFaults."""
        ...


@dataclass(frozen=True, eq=False)
class StoredDays:
    """The vehicle-days of a line in a store."""

    store: TelemetryStore
    line: str

    @property
    def days(self) -> tuple[VehicleDay, ...]:
        """Every vehicle-day, in order."""
        found = stored_days(self.store, self.line)
        return tuple(sorted(VehicleDay(str(one.vehicle), str(one.day)) for one in found.itertuples()))

    def telemetry(self, one: VehicleDay, stations_m: Sequence[float]) -> Telemetry:
        """The telemetry of a vehicle-day. Raises InputFaults."""
        return stored_telemetry(self.store, self.line, one.vehicle, one.day, stations_m=stations_m)


@dataclass(frozen=True, eq=False)
class FileDays:
    """The vehicle-days of telemetry files that were split into parts."""

    parts: Mapping[VehicleDay, tuple[VehicleDayPart, ...]]

    @property
    def days(self) -> tuple[VehicleDay, ...]:
        """Every vehicle-day, in order."""
        return tuple(sorted(self.parts))

    def telemetry(self, one: VehicleDay, stations_m: Sequence[float]) -> Telemetry:
        """The telemetry of a vehicle-day. Raises InputFaults."""
        parts = self.parts[one]
        files = ", ".join(dict.fromkeys(part.file for part in parts))
        return telemetry_of(rows_of_parts(parts), files, stations_m)


def file_days(parts: Iterable[VehicleDayPart]) -> FileDays:
    """The parts of all files by vehicle and day; the rows of a vehicle-day may be in several files."""
    found: dict[VehicleDay, list[VehicleDayPart]] = {}
    for part in parts:
        found.setdefault(VehicleDay(part.vehicle, part.day), []).append(part)
    return FileDays({key: tuple(sorted(mine, key=lambda one: (one.file, one.path))) for key, mine in found.items()})


@dataclass(frozen=True)
class CalibratedDay:
    """A vehicle-day with its model, or with the faults for which it was refused."""

    one: VehicleDay
    model: CalibratedVehicle | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, eq=False)
class DayTask:
    """A vehicle-day to calibrate; without `telemetry`, the process that calibrates reads it from its source."""

    one: VehicleDay
    telemetry: Telemetry | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, eq=False)
class DayCalibration:
    """Calibrates vehicle-days of one scenario, one after another, each by itself.

    Attributes:
        scenario: The line with its fleet; a vehicle that is not in the fleet is refused.
        source: Where the telemetry is.
        hold: Fixed parameters, as in `calibrate_file`.
        train_type: Train type of all vehicles; by default that of the fleet.
        classes: Accuracy of the sensors.
        sampling: As in `calibrate_file`.
        runs: Reference runs of each train type, the same for all vehicles.
    """

    scenario: Scenario
    source: DaySource
    hold: tuple[str, ...] = ()
    train_type: str | None = None
    classes: SensorClasses | None = None
    sampling: Sampling | None = None
    runs: Mapping[str, ReferenceRuns] = field(default_factory=dict)

    def work(self, task: DayTask) -> CalibratedDay:
        """The model of a vehicle-day, or its faults."""
        one = task.one
        kind = self.train_type or vehicle_names(self.scenario).get(one.vehicle)
        read = task if task.telemetry is not None or task.faults else self.read(one)
        if read.telemetry is None or kind is None:
            return CalibratedDay(one, faults=read.faults)
        try:
            model = calibrate_telemetry(
                read.telemetry, self.scenario, self.hold, train_type=kind, classes=self.classes, day=one.day,
                sampling=self.sampling, runs=self.runs.get(kind),
            ).vehicle  # fmt: skip
        except InputFaults as error:
            return CalibratedDay(one, faults=tuple(error.faults))
        return CalibratedDay(one, model)

    def read(self, one: VehicleDay) -> DayTask:
        """The task with its telemetry, or with the faults for which the vehicle-day is refused."""
        type_of = vehicle_names(self.scenario)
        if one.vehicle not in type_of:
            allowed = f"a vehicle of the fleet of the scenario, {did_you_mean(one.vehicle, type_of)}"
            return DayTask(one, faults=(Fault(f"{one.vehicle}, {one.day}", "", "vehicle", one.vehicle, allowed),))
        stations_m = [float(station.chainage_m) for station in self.scenario.stations]
        try:
            return DayTask(one, self.source.telemetry(one, stations_m))
        except InputFaults as error:
            return DayTask(one, faults=tuple(error.faults))


def chosen_days(
    source: DaySource, vehicles: Collection[str] = (), days: Collection[str] = ()
) -> tuple[VehicleDay, ...]:
    """The vehicle-days of these vehicles and days, all by default. Raises InputFaults if there are none."""
    every = source.days
    found = tuple(
        one for one in every if (not vehicles or one.vehicle in vehicles) and (not days or one.day in days)
    )  # fmt: skip
    if not found:
        known = ", ".join(dict.fromkeys(one.vehicle for one in every)) or "none"
        raise InputFaults([Fault("", "", "vehicle and day", "no rows", f"vehicles and days of the store: {known}")])
    return found


def runs_of_types(
    scenario: Scenario, days: Iterable[VehicleDay], train_type: str | None = None
) -> dict[str, ReferenceRuns]:
    """The reference runs of the train types of some vehicles."""
    type_of = vehicle_names(scenario)
    kinds = {train_type or type_of.get(one.vehicle) for one in days}
    return {kind: reference_runs(scenario, kind) for kind in sorted(kind for kind in kinds if kind)}
