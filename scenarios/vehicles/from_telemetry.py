"""From a telemetry file to a calibrated vehicle: reading, cutting into stretches by the line, fitting, and result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from energy_models.calibration.estimate import Calibration, calibrate
from energy_models.calibration.meter_lag import Sampling
from energy_models.calibration.parameters import VehicleParameters, parameters_of
from energy_models.calibration.priors import SensorClasses
from energy_models.calibration.stretches import Cut, cut
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.quality import Telemetry, read_telemetry
from scenarios.files.names import did_you_mean
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import section_tracks, train_of
from scenarios.vehicles.calibrated import SI_NAMES, CalibratedVehicle, TelemetrySource, vehicle_of
from scenarios.vehicles.normalised import ReferenceRuns, normalised_energy, reference_runs

NO_VEHICLES = "the file names no vehicle"


@dataclass(frozen=True, eq=False)
class CalibratedFile:
    """The vehicle, with the telemetry, the stretches and the fit."""

    vehicle: CalibratedVehicle
    calibration: Calibration
    cut: Cut
    telemetry: Telemetry


def calibrate_file(
    file: str | Path,
    scenario: Scenario,
    hold: Sequence[str] = (),
    *,
    train_type: str | None = None,
    only: Sequence[str] = (),
    classes: SensorClasses | None = None,
    day: str | None = None,
    sampling: Sampling | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> CalibratedFile:
    """Calibrate a train type with a telemetry file recorded on the scenario's line.

    Args:
        file: CSV file with the columns of `energy_models.telemetry.columns`.
        scenario: Its line has the gradients and curves, its train has the start values and the fixed values.
        hold: Fixed parameters: `tare_t` (the scenario's value) or `tare_t=203.4`; names and units of the vehicle file.
        train_type: Train type of the scenario; its main one by default.
        only: Identities of trainsets whose rows are used; all by default.
        classes: Accuracy of the sensors, part of the intervals; by default that of `SensorClasses`.
        day: Service day of the telemetry in ISO 8601, for the vehicle file.
        sampling: Whether voltage and current are means since the row before or readings of the last second; by default
            the lag of the meter decides.
        progress: Called with each stage and the share of it that is done.

    Raises:
        InputFaults: Unknown names, a file that is not telemetry of this line, or telemetry with too little data.
    """
    report = progress or (lambda _stage, _share: None)
    _held(hold, scenario, train_type or scenario.main_train_type)
    report("reading", 0.0)
    return calibrate_telemetry(
        read_telemetry(file), scenario, hold, train_type=train_type, only=only, classes=classes, day=day,
        sampling=sampling, progress=progress,
    )  # fmt: skip


def calibrate_telemetry(
    telemetry: Telemetry,
    scenario: Scenario,
    hold: Sequence[str] = (),
    *,
    train_type: str | None = None,
    only: Sequence[str] = (),
    classes: SensorClasses | None = None,
    day: str | None = None,
    sampling: Sampling | None = None,
    runs: ReferenceRuns | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> CalibratedFile:
    """Calibrate a train type with telemetry that was read before; arguments and errors as in `calibrate_file`.

    `runs` are the reference runs of the train type, if the caller has computed them.
    """
    report = progress or (lambda _stage, _share: None)
    kind = train_type or scenario.main_train_type
    held = _held(hold, scenario, kind)
    rows = telemetry.rows
    if only:
        known = sorted(rows["vehicle"].unique())
        if wrong := [name for name in only if name not in known]:
            raise InputFaults(
                Fault(telemetry.file, "", "vehicle", name, did_you_mean(name, map(str, known), if_none=NO_VEHICLES))
                for name in wrong
            )
        rows = rows[rows["vehicle"].isin(only)]
    temperature = float(rows["outside_temperature_c"].mean())
    train = train_of(scenario, kind, temperature)
    nominal = parameters_of(train)
    start = replace(nominal, **{SI_NAMES[name][0]: value * SI_NAMES[name][1] for name, value in held.items()})
    report("cutting into stretches", 0.0)
    try:
        data = cut(rows, {way: section_tracks(scenario, way, train, train_type=kind) for way in DIRECTIONS})
        report("fitting", 0.0)
        found = calibrate(
            data,
            start,
            [SI_NAMES[name][0] for name in held],
            train_length_m=train.length_m,
            classes=classes or SensorClasses(),
            sampling=sampling,
        )
    except InputFaults as error:
        raise InputFaults(_in_file_words(fault, telemetry.file) for fault in error.faults) from None
    report("fitting", 1.0)
    source = TelemetrySource(
        file=telemetry.file,
        sha256=telemetry.sha256,
        rows=telemetry.rows_read,
        rows_excluded=sum(one.rows for one in telemetry.exclusions),
        seconds_used=float(found.stretches.duration_s[~found.outlier].sum()),
        runs=found.runs,
        vehicles=tuple(sorted(str(name) for name in rows["vehicle"].unique())),
        outside_temperature_c=round(temperature, 2),
        day=day,
    )
    vehicle = vehicle_of(found, nominal, held, scenario=scenario.name, train_type=kind, source=source)
    normalised = normalised_energy(found, vehicle, runs or reference_runs(scenario, kind))
    return CalibratedFile(vehicle.model_copy(update={"normalised": normalised}), found, found.cut, telemetry)


def _held(hold: Sequence[str], scenario: Scenario, train_type: str) -> dict[str, float]:
    """Fixed values by the names of the vehicle file."""
    faults = []
    if train_type not in scenario.train_types:
        faults.append(Fault("", "", "train type", train_type, did_you_mean(train_type, scenario.train_types)))
        raise InputFaults(faults)
    nominal: VehicleParameters = parameters_of(train_of(scenario, train_type))
    held: dict[str, float] = {}
    for text in hold:
        name, given, number = text.partition("=")
        if name not in SI_NAMES:
            faults.append(Fault("", "", "hold", name, did_you_mean(name, SI_NAMES)))
            continue
        inside, factor, unit = SI_NAMES[name]
        try:
            held[name] = float(number) if given else getattr(nominal, inside) / factor
        except ValueError:
            held[name] = float("nan")
        highest = 1.0 if unit == "share" else np.inf
        if not 0.0 <= held[name] < np.inf or held[name] > highest:
            faults.append(Fault("", "", f"hold {name}", number, f"a number in {unit}, not negative"))
    if faults:
        raise InputFaults(faults)
    return held


def _in_file_words(fault: Fault, file: str) -> Fault:
    """The same fault with the parameter names of the vehicle file and the name of the telemetry."""
    field = fault.field
    for name, (inside, _, _) in SI_NAMES.items():
        if field == inside:
            field = f"{name} (in SI units)"
    return replace(fault, file=file, field=field)
