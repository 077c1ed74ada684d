"""Energy counters beside a telemetry file: whether both agree, or what counters and motion alone give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from energy_models.calibration.counters import (
    Agreement,
    CounterEstimate,
    Counters,
    agreement,
    counter_estimate,
    counters_of,
)
from energy_models.calibration.estimate import Calibration
from energy_models.calibration.parameters import parameters_of
from energy_models.calibration.recorded_motion import recorded_motion
from energy_models.faults import Fault, InputFaults
from energy_models.tables.rows import read_rows
from energy_models.telemetry.quality import read_telemetry
from energy_models.track import SectionTrack
from scenarios.files.names import did_you_mean
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import section_tracks, train_of

COUNTER_COLUMNS = ("vehicle", "period_end_s", "consumed_kwh", "regenerated_kwh")
_WANTED = "a CSV file with the columns " + ", ".join(COUNTER_COLUMNS)


def read_counters(path: str | Path) -> Mapping[str, Counters]:
    """Counters by vehicle from a CSV file or a workbook with `COUNTER_COLUMNS`; further columns are ignored.

    `period_end_s` is in seconds from midnight of the service day, the energies are those of the period in kWh.

    Raises:
        InputFaults: The file is not readable, a column is missing, or a cell is no number; with all faults.
    """
    file, faults = Path(path), list[Fault]()
    table = read_rows(file, file.name, _WANTED, faults)
    if table is None or not table.records:
        raise InputFaults(faults or [Fault(file.name, "", "", "no rows", _WANTED)])
    header = [cell.strip() for cell in table.records[0][1]]
    faults += [Fault(file.name, "header", name, "missing", _WANTED) for name in COUNTER_COLUMNS if name not in header]
    if faults:
        raise InputFaults(faults)
    place = {name: header.index(name) for name in COUNTER_COLUMNS}
    values: list[tuple[str, float, float, float]] = []
    for number, cells in table.records[1:]:
        row = [cells[place[name]].strip() if place[name] < len(cells) else "" for name in COUNTER_COLUMNS]
        try:
            values.append((row[0], float(row[1]), float(row[2]), float(row[3])))
        except ValueError:
            faults.append(Fault(file.name, f"row {number}", "", ", ".join(row[1:]), "three numbers"))
    if faults:
        raise InputFaults(faults)
    try:
        return counters_of(pd.DataFrame(values, columns=list(COUNTER_COLUMNS)))
    except InputFaults as error:
        raise InputFaults(_in(fault, file.name) for fault in error.faults) from None


def agreements(calibration: Calibration, counters: Mapping[str, Counters], file: str) -> tuple[Agreement, ...]:
    """The counters of each calibrated vehicle against its voltage and current.

    Raises:
        InputFaults: No counters of a vehicle, or fewer than twelve periods that its telemetry covers.
    """
    motion = calibration.cut.motion
    try:
        return tuple(
            agreement(motion, _counters_of(counters, name), name, calibration.parameters, calibration.auxiliary.power_w)
            for name in motion.names
        )
    except InputFaults as error:
        raise InputFaults(_in(fault, file) for fault in error.faults) from None


@dataclass(frozen=True, eq=False)
class CountedVehicle:
    """What the counters of one vehicle give."""

    vehicle: str
    estimate: CounterEstimate


def estimates(
    telemetry: str | Path, counters: str | Path, scenario: Scenario, *, train_type: str | None = None,
    only: Sequence[str] = (), energy_class: float = 0.01,
) -> tuple[CountedVehicle, ...]:  # fmt: skip
    """Scale of the traction energy and auxiliaries of each vehicle from its motion and its counters.

    Voltage and current of the telemetry are not used.

    Raises:
        InputFaults: Files that cannot be used, unknown vehicles, or too few periods.
    """
    rows = read_telemetry(telemetry, without=("voltage_v", "current_a")).rows.assign(voltage_v=0.0, current_a=0.0)
    found = read_counters(counters)
    names = sorted(map(str, rows["vehicle"].unique()))
    faults = [Fault(Path(telemetry).name, "", "vehicle", name, did_you_mean(name, names)) for name in only
              if name not in names]  # fmt: skip
    if faults:
        raise InputFaults(faults)
    kind = train_type or scenario.main_train_type
    train = train_of(scenario, kind, float(rows["outside_temperature_c"].mean()))
    tracks: dict[str, tuple[SectionTrack, ...]] = {
        way: section_tracks(scenario, way, train, train_type=kind) for way in DIRECTIONS
    }
    results = []
    for name in only or names:
        try:
            motion = recorded_motion(rows[rows["vehicle"] == name].reset_index(drop=True), tracks)
            one = counter_estimate(
                motion, _counters_of(found, name), name, parameters_of(train), energy_class, train.length_m
            )
        except InputFaults as error:
            raise InputFaults(_in(fault, Path(counters).name) for fault in error.faults) from None
        results.append(CountedVehicle(name, one))
    return tuple(results)


def _counters_of(counters: Mapping[str, Counters], vehicle: str) -> Counters:
    if vehicle not in counters:
        raise InputFaults([Fault("", "", "vehicle", vehicle, did_you_mean(vehicle, list(counters)))])
    return counters[vehicle]


def _in(fault: Fault, file: str) -> Fault:
    return Fault(file, fault.place, fault.field, fault.value, fault.allowed)
