"""The supply of a scenario from substation meters and the telemetry of all trains, and the override with the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from energy_models.calibration.supply import SupplyEstimate, estimate_supply
from energy_models.calibration.supply_readings import RecordedSupply, SubstationMeters, meters_of, recorded_supply
from energy_models.faults import Fault, InputFaults
from energy_models.supply.network import SupplyNetwork
from energy_models.tables.rows import read_rows
from energy_models.telemetry.quality import Exclusion, read_telemetry
from scenarios.files.names import did_you_mean
from scenarios.schema import Scenario
from scenarios.values.build import supply_network

METER_READINGS = (("energy_kwh",), ("power_kw",), ("voltage_v", "current_a"))
_WANTED = (
    "a CSV file with the columns substation, time_s (end of the period), and energy_kwh, or power_kw, or voltage_v and "
    "current_a"
)
_NOT_NEEDED = ("trip", "section", "speed_m_s", "state", "friction_brake", "doors_open", "load_kg",
               "outside_temperature_c")  # fmt: skip
COLUMNS_OF_TRAINS = ("vehicle", "time_s", "direction", "chainage_m", "voltage_v", "current_a")


@dataclass(frozen=True, eq=False)
class MeasuredSupply:
    """The estimate beside the network of the scenario, with the readings that it uses."""

    scenario: Scenario
    network: SupplyNetwork
    recorded: RecordedSupply
    estimate: SupplyEstimate

    @property
    def conductor_factor(self) -> float:
        """Estimated resistance of contact line and rails divided by that of the scenario."""
        return self.estimate.network.loop_ohm_per_m / self.network.loop_ohm_per_m


def read_trains(files: Sequence[str | Path]) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """The rows of telemetry files with `COLUMNS_OF_TRAINS`; other columns may be missing.

    Raises:
        InputFaults: A file cannot be used.
    """
    read, faults = [], list[Fault]()
    for file in files:
        try:
            read.append(read_telemetry(file, without=_NOT_NEEDED))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(faults)
    rows = pd.concat([one.rows[list(COLUMNS_OF_TRAINS)] for one in read], ignore_index=True)
    return rows, tuple(exclusion for one in read for exclusion in one.exclusions)


def read_meters(path: str | Path, names: Sequence[str]) -> SubstationMeters:
    """The meters of the substations `names` from a CSV file or a workbook; further columns are ignored.

    `time_s` is the end of the period, in seconds from midnight of the service day.

    Raises:
        InputFaults: The file is not readable, a column or a substation is missing, a substation is unknown, a cell is
            no number, or the periods are not suitable; with all faults.
    """
    file, faults = Path(path), list[Fault]()
    table = read_rows(file, file.name, _WANTED, faults)
    if table is None or not table.records:
        raise InputFaults(faults or [Fault(file.name, "", "", "no rows", _WANTED)])
    header = [cell.strip() for cell in table.records[0][1]]
    readings = next((one for one in METER_READINGS if all(name in header for name in one)), ("energy_kwh",))
    columns = ("substation", "time_s", *readings)
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputFaults(Fault(file.name, "header", name, "missing", _WANTED) for name in missing)
    place = [header.index(name) for name in columns]
    rows: list[tuple[str, ...]] = []
    unknown: set[str] = set()
    for number, cells in table.records[1:]:
        row = tuple(cells[one].strip() if one < len(cells) else "" for one in place)
        if row[0] not in names and row[0] not in unknown:
            unknown.add(row[0])
            faults.append(Fault(file.name, f"row {number}", "substation", row[0], did_you_mean(row[0], list(names))))
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(columns))
    for name in columns[1:]:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        for at in frame.index[numbers.isna()]:
            line = table.records[1 + int(at)][0]
            faults.append(Fault(file.name, f"row {line}", name, str(frame[name][at]), "a number"))
        frame[name] = numbers
    if faults:
        raise InputFaults(faults)
    try:
        return meters_of(frame, names)
    except InputFaults as error:
        raise InputFaults(_in(fault, file.name) for fault in error.faults) from None


def measured_supply(
    rows: pd.DataFrame, meters: str | Path, scenario: Scenario, *, voltage_class: float = 0.01,
    energy_class: float = 0.01,
) -> MeasuredSupply:  # fmt: skip
    """Estimate the supply of a scenario from the telemetry of all trains and a file of meters.

    Args:
        rows: Telemetry with `COLUMNS_OF_TRAINS`.
        meters: File of `read_meters`.
        scenario: The line.
        voltage_class: Standard deviation of the scale of each train's voltmeter, as a share.
        energy_class: Standard deviation of the scale of each substation meter, as a share.

    Raises:
        InputFaults: Files that cannot be used, or readings that do not belong together, with the likely cause.
    """
    network = supply_network(scenario)
    metered = read_meters(meters, [one.name for one in network.substations])
    recorded = recorded_supply(rows, metered, network)
    estimate = estimate_supply(network, recorded.readings, voltage_class=voltage_class, energy_class=energy_class)
    return MeasuredSupply(scenario, network, recorded, estimate)


def _in(fault: Fault, file: str) -> Fault:
    return Fault(file, fault.place, fault.field, fault.value, fault.allowed)
