"""Readings of trains and substation meters on common instants, as the estimate of the supply needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.supply import MOST_W, SupplyReadings
from energy_models.faults import Fault, InputFaults
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots

LONGEST_STEP_S = 10.0
LONGEST_GAP_S = 60.0
"""Power and place of a train are interpolated over shorter gaps; in longer ones, the train is not on the line."""
LONGEST_POINT_PERIOD_S = 60.0
"""In longer periods, the mean of the power is not the product of the means of voltage and current."""
SHORTEST_PERIOD_S = 60.0
MOST_READINGS = 250_000
"""If there are more readings of trains, periods at equal distances over the recording are used."""
_LEAST_VARIATION, _LEAST_CORRELATION, _SURE_CORRELATION = 0.05, 0.6, 0.9
_FEWEST_COMPARED = 8
_MOST_SHIFT_S = 7_800.0
J_PER_KWH = 3.6e6


@dataclass(frozen=True, eq=False)
class SubstationMeters:
    """Energy at the DC terminals by period (rows) and substation (columns, in the order of `names`), in J.

    `end_s` is the end of each period in seconds from midnight of the service day, `period_s` the length of a period.
    """

    names: tuple[str, ...]
    end_s: FloatArray
    energy_j: FloatArray
    period_s: float


@dataclass(frozen=True, eq=False)
class RecordedSupply:
    """The readings of the estimate, and where they come from.

    `filled_s` is the time in which the power of at least one train is interpolated; voltages of this time are not used.
    `periods` are used, of `covered` periods that have readings of meters and of trains.
    """

    readings: SupplyReadings
    vehicles: tuple[str, ...]
    step_s: float
    periods: int
    covered: int
    filled_s: float


def meters_of(rows: pd.DataFrame, names: Sequence[str]) -> SubstationMeters:
    """Meters of the substations `names` from rows with `time_s` and `substation`.

    `time_s` is the end of a period. The reading is `energy_kwh` of the period, or the mean `power_kw`, or the means
    `voltage_v` and `current_a`. Periods below one minute are summed to minutes. A period without a reading of each
    substation is left out.

    Raises:
        InputFaults: No readings of a substation, repeated times, or periods of different or unsuitable length.
    """
    faults, columns = [], {}
    lengths = []
    for name in names:
        mine = rows[rows["substation"] == name].sort_values("time_s")
        time = mine["time_s"].to_numpy(np.float64)
        step = np.diff(time)
        if len(time) < 2 or (step <= 0.0).any():
            what = f"{len(time)} readings" if len(time) < 2 else f"{int((step <= 0.0).sum())} repeated times"
            faults.append(Fault("", f"substation {name}", "time_s", what, "at least two readings, each time once"))
            continue
        lengths.append(float(np.median(step)))
        columns[name] = pd.Series(_energy_j(mine, lengths[-1]), index=np.round(time, 3))
    if lengths and max(lengths) > 1.01 * min(lengths):
        faults.append(Fault("", "substation meters", "time_s", f"periods from {min(lengths):g} to {max(lengths):g} s",
                            "the same period in all substations"))  # fmt: skip
    if lengths and "energy_kwh" not in rows and "power_kw" not in rows and max(lengths) > LONGEST_POINT_PERIOD_S:
        allowed = f"power_kw or energy_kwh, if periods are longer than {LONGEST_POINT_PERIOD_S:g} s"
        faults.append(Fault("", "substation meters", "voltage_v, current_a", f"{max(lengths):g} s", allowed))
    if faults:
        raise InputFaults(faults)
    period, table = lengths[0], pd.DataFrame(columns).dropna()
    if period < SHORTEST_PERIOD_S:
        minute = np.ceil(table.index.to_numpy(np.float64) / SHORTEST_PERIOD_S - 1e-9) * SHORTEST_PERIOD_S
        groups = table.groupby(minute)
        whole = groups.size().to_numpy() == round(SHORTEST_PERIOD_S / period)
        table, period = groups.sum()[whole], SHORTEST_PERIOD_S
    return SubstationMeters(tuple(names), table.index.to_numpy(np.float64), table.to_numpy(np.float64), period)


def _energy_j(rows: pd.DataFrame, period_s: float) -> FloatArray:
    if "energy_kwh" in rows:
        return rows["energy_kwh"].to_numpy(np.float64) * J_PER_KWH
    if "power_kw" in rows:
        return rows["power_kw"].to_numpy(np.float64) * 1e3 * period_s
    power_w = rows["voltage_v"].to_numpy(np.float64) * rows["current_a"].to_numpy(np.float64)
    return np.asarray(power_w * period_s)


def recorded_supply(rows: pd.DataFrame, meters: SubstationMeters, network: SupplyNetwork) -> RecordedSupply:
    """Bring the readings of all trains and of the meters to common instants.

    Args:
        rows: Telemetry of all trains of the line: `vehicle`, `time_s`, `direction`, `chainage_m`, `voltage_v`,
            `current_a`.
        meters: The meters of the substations, in the order of the network.
        network: The network of the scenario.

    Raises:
        InputFaults: Storages in service, rows too far apart, places outside the line, no common time, or meters whose
            energies do not follow those of the trains (with the likely difference of the clocks).
    """
    _check(rows, network)
    vehicle, names = pd.factorize(rows["vehicle"], sort=True)
    time = rows["time_s"].to_numpy(np.float64)
    step = max(1.0, float(np.round(np.median([_sampling_s(time[vehicle == one]) for one in range(len(names))]))))
    if step > LONGEST_STEP_S:
        raise InputFaults([Fault("", "telemetry", "time_s", f"a row every {step:g} s",
                                 f"rows at most {LONGEST_STEP_S:g} s apart")])  # fmt: skip
    table = _on_instants(rows, vehicle, np.ceil(time / step - 1e-6).astype(np.int64), step)
    instant = table["instant"].to_numpy(np.int64)
    # A period ends at end_s and contains the instants after the end of the period before.
    number = np.searchsorted(meters.end_s, instant * step - 1e-6)
    inside = number < len(meters.end_s)
    inside[inside] &= instant[inside] * step > meters.end_s[number[inside]] - meters.period_s + 1e-6
    number = np.where(inside, number, -1)
    fewest = 0.98 * meters.period_s / step
    present = pd.DataFrame({"number": number[inside], "instant": instant[inside]}).drop_duplicates()
    count = present.groupby("number").size()
    covered = count.index[count.to_numpy() >= fewest].to_numpy(np.int64)
    if not len(covered):
        raise InputFaults([Fault("", "substation meters", "time_s", "no period with telemetry",
                                 "the service day and the clock of the telemetry")])  # fmt: skip
    by_period = pd.Series(table["power_w"].to_numpy()[inside] * step).groupby(number[inside])
    _check_clock(np.asarray(by_period.sum()[covered], dtype=np.float64), covered, meters)
    most = max(1, int(MOST_READINGS / float(by_period.size()[covered].mean())))
    chosen = covered
    if len(covered) > most:
        chosen = covered[np.unique(np.linspace(0, len(covered) - 1, most).round().astype(np.int64))]
    table = table[np.isin(number, chosen)]
    return _readings(table, chosen, meters, names=tuple(map(str, names)), step_s=step, covered=len(covered),
                     network=network)  # fmt: skip


def _readings(
    table: pd.DataFrame, chosen: IntArray, meters: SubstationMeters, *, names: tuple[str, ...], step_s: float,
    covered: int, network: SupplyNetwork,
) -> RecordedSupply:  # fmt: skip
    table = table.sort_values(["instant", "vehicle"], kind="stable")
    instants, first, count = np.unique(table["instant"].to_numpy(np.int64), return_index=True, return_counts=True)
    filled = np.logical_or.reduceat(table["filled"].to_numpy(bool), first)
    snapshots = Snapshots(
        np.concatenate((first, [len(table)])).astype(np.int64),
        np.clip(table["chainage_m"].to_numpy(np.float64), network.start_chainage_m, network.end_chainage_m),
        table["track"].to_numpy(np.int64), table["power_w"].to_numpy(np.float64), np.zeros(len(table)),
        start_s=float(instants[0] * step_s), interval_s=step_s,
    )  # fmt: skip
    ends = meters.end_s[chosen]
    readings = SupplyReadings(
        snapshots, table["voltage_v"].to_numpy(np.float64), table["vehicle"].to_numpy(np.int64),
        meters.energy_j[chosen], np.searchsorted(ends, instants * step_s - 1e-6).astype(np.int64),
        compared=np.repeat(~filled, count),
    )  # fmt: skip
    return RecordedSupply(readings, names, step_s, len(chosen), covered, float(filled.sum()) * step_s)


def _on_instants(rows: pd.DataFrame, vehicle: IntArray, instant: IntArray, step_s: float) -> pd.DataFrame:
    """One row for each train and instant: means of the rows since the instant before, interpolated over short gaps."""
    volts = rows["voltage_v"].to_numpy(np.float64)
    table = pd.DataFrame(
        {
            "vehicle": vehicle, "instant": instant, "chainage_m": rows["chainage_m"].to_numpy(np.float64),
            "track": (rows["direction"] == "down").to_numpy().astype(np.float64),
            "power_w": volts * rows["current_a"].to_numpy(np.float64), "voltage_v": volts,
        }
    )  # fmt: skip
    table = table.groupby(["vehicle", "instant"], as_index=False).mean()
    pieces = []
    for one, mine in table.groupby("vehicle"):
        at = mine["instant"].to_numpy(np.int64)
        every = np.arange(at[0], at[-1] + 1)
        after = np.searchsorted(at, every)
        gap_s = np.where(at[after] == every, 0.0, (at[after] - at[np.maximum(after - 1, 0)]) * step_s)
        kept = gap_s <= LONGEST_GAP_S
        values = {
            name: np.interp(every, at, mine[name].to_numpy(np.float64))[kept]
            for name in ("chainage_m", "track", "power_w", "voltage_v")
        }
        values["track"] = np.round(values["track"])
        pieces.append(pd.DataFrame({"vehicle": cast(int, one), "instant": every[kept], **values,
                                    "filled": gap_s[kept] > 0.0}))  # fmt: skip
    return pd.concat(pieces, ignore_index=True)


def _sampling_s(time_s: FloatArray) -> float:
    step = np.diff(time_s)
    return float(np.median(step[step > 0.0])) if (step > 0.0).any() else 1.0


def _check(rows: pd.DataFrame, network: SupplyNetwork) -> None:
    faults = [
        Fault("", f"storage {one.name}", "in_service", "true",
              "a line without storages: their charge is not recorded; if the storage did not work on this day, use an "
              "override in which it is not in service")
        for one in network.storages
    ]  # fmt: skip
    place = rows["chainage_m"].to_numpy(np.float64)
    outside = (place < network.start_chainage_m - 200.0) | (place > network.end_chainage_m + 200.0)
    if len(rows) and outside.mean() > 0.02:
        faults.append(
            Fault("", f"{int(outside.sum())} rows", "chainage_m", f"{place.min():.0f} to {place.max():.0f} m",
                  f"places on the line, {network.start_chainage_m:.0f} to {network.end_chainage_m:.0f} m")
        )  # fmt: skip
    if not len(rows):
        faults.append(Fault("", "telemetry", "", "no rows", "telemetry of all trains of the line"))
    if faults:
        raise InputFaults(faults)


def _check_clock(drawn_j: FloatArray, covered: IntArray, meters: SubstationMeters) -> None:
    """Refuse meters whose sum does not follow the trains from period to period; name the shift that does."""
    fed = meters.energy_j.sum(axis=1)
    if np.abs(meters.energy_j).max() > MOST_W * meters.period_s:
        return  # The estimate names the wrong unit.
    if len(covered) < _FEWEST_COMPARED or float(np.std(drawn_j)) < _LEAST_VARIATION * abs(float(np.mean(drawn_j))):
        return

    def correlation(shift: int) -> float:
        place = covered + shift
        here = (place >= 0) & (place < len(fed))
        if here.sum() < _FEWEST_COMPARED or np.ptp(fed[place[here]]) <= 0.0:
            return 0.0
        return float(np.corrcoef(fed[place[here]], drawn_j[here])[0, 1])

    if correlation(0) >= _LEAST_CORRELATION:
        return
    most = int(_MOST_SHIFT_S / meters.period_s)
    best = max(range(-most, most + 1), key=correlation)
    likely = ""
    if correlation(best) >= _SURE_CORRELATION:
        minutes = best * meters.period_s / 60.0
        likely = f": the clock of the meters looks {abs(minutes):g} min {'ahead' if minutes > 0 else 'behind'}"
    raise InputFaults(
        [Fault("", "substation meters", "time_s",
               f"energies that do not follow those of the trains (correlation {correlation(0):.2f})",
               "meters and telemetry of the same day, times at the end of the period" + likely)]
    )  # fmt: skip
