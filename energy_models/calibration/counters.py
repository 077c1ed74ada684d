"""Energy counters of a train (after EN 50463) beside its telemetry, or with the motion alone.

Counters give the energy that a train has taken and given back in each period of 1, 5 or 15 minutes. Beside voltage and
current, both must agree. Without voltage and current, the work of the drive follows from the recorded motion and the
train of the scenario, and the counters give the scale of this work and the auxiliaries.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from energy_models.arrays import FloatArray
from energy_models.calibration.intervals import Interval
from energy_models.calibration.parameters import VehicleParameters
from energy_models.calibration.recorded_motion import BoolArray, RecordedMotion
from energy_models.calibration.stretches import slope_at_rows
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import STATES
from energy_models.train import GRAVITY_M_S2

LARGEST_DIFFERENCE = 0.005
"""Counters and telemetry that differ by more, as a share of the energy taken, do not agree."""
FEWEST_PERIODS = 12
_COVERED = 0.98
_MOST_KW = 2e4
_FED_DOUBT = 0.5
"""Share of the seconds of electric braking in which the auxiliaries may nevertheless be fed from the line; assumed."""
_LEAST_WORK_SHARE = 0.05
_FRICTION_SHARE = 0.1
_FADED_M_S = 3.0
"""Below this speed, the electric brake does not feed the auxiliaries; assumed."""
_SURE_SIGMAS = 4.0
_TRACTION, _BRAKE = STATES.index("traction"), STATES.index("brake")
J_PER_KWH = 3.6e6


@dataclass(frozen=True, eq=False)
class Counters:
    """Periods of the counters of one vehicle, in order of time, in J."""

    begin_s: FloatArray
    end_s: FloatArray
    taken_j: FloatArray
    returned_j: FloatArray


@dataclass(frozen=True)
class Agreement:
    """Counters against voltage and current over the periods that both cover.

    `taken` and `returned` are energies of the counters divided by those of the telemetry, minus 1. `change` is the rise
    of the ratio of the energies taken from the first to the last period, with its standard error. `drifted` says which
    of both changed against the motion, or why this is not known; it is empty if they agree.
    """

    vehicle: str
    periods: int
    taken: float
    returned: float
    change: float
    change_error: float
    drifted: str

    @property
    def agree(self) -> bool:
        """Whether both energies differ by at most 0.5 % of the energy taken; see `agreement` for that given back."""
        return not self.drifted


@dataclass(frozen=True)
class CounterEstimate:
    """What counters and motion give: 95 % intervals, and the reason where there is no estimate.

    `traction_scale` and `regeneration_scale` are energy at the collector divided by that of the scenario's train in the
    same motion with the same load; `auxiliary_w` is the mean power of the auxiliaries.
    """

    periods: int
    traction_scale: Interval
    auxiliary_w: Interval
    regeneration_scale: Interval | None
    reason: str


def counters_of(rows: pd.DataFrame) -> Mapping[str, Counters]:
    """Counters by vehicle from rows with `vehicle`, `period_end_s`, `consumed_kwh` and `regenerated_kwh`.

    Raises:
        InputFaults: Energies that no train takes in such a period, or periods of different lengths.
    """
    found, faults = {}, []
    for name, mine in rows.groupby("vehicle"):
        ordered = mine.sort_values("period_end_s")
        end = ordered["period_end_s"].to_numpy(np.float64)
        step = np.diff(end)
        length = float(np.median(step)) if len(step) else 0.0
        taken, returned = (ordered[name].to_numpy(np.float64) for name in ("consumed_kwh", "regenerated_kwh"))
        if not length > 0.0 or (step <= 0.0).any():
            faults.append(Fault("", f"vehicle {name}", "period_end_s", f"{len(end)} periods",
                                "at least two periods, each end once"))  # fmt: skip
            continue
        largest_kw = float(max(np.abs(taken).max(), np.abs(returned).max()) / length * 3600.0)
        if (taken < 0.0).any() or (returned < 0.0).any() or largest_kw > _MOST_KW or taken.max() <= 0.0:
            faults.append(Fault("", f"vehicle {name}", "consumed_kwh, regenerated_kwh", f"up to {largest_kw:.3g} kW",
                                f"energies of each period in kWh, not negative, below {_MOST_KW:g} kW: are these "
                                "totals since the meter was installed, or in Wh?"))  # fmt: skip
            continue
        found[str(name)] = Counters(end - length, end, taken * J_PER_KWH, returned * J_PER_KWH)
    if faults:
        raise InputFaults(faults)
    return found


def agreement(
    motion: RecordedMotion, counters: Counters, vehicle: str, train: VehicleParameters, auxiliary_w: FloatArray
) -> Agreement:
    """Compare counters with voltage times current, period by period.

    The energy given back may also differ by what changes of sign within a row hide from the telemetry.

    Args:
        motion: Telemetry with voltage and current.
        counters: The counters of the vehicle.
        vehicle: Its name in the telemetry.
        train: The calibrated train, which tells which of both drifts.
        auxiliary_w: Power of the auxiliaries at each row.

    Raises:
        InputFaults: Fewer than twelve periods are covered by the telemetry.
    """
    mine = _rows_of(motion, vehicle)
    power = motion.power_w
    by_period, covered = _by_period(
        motion, counters, mine,
        {"taken": np.maximum(power, 0.0), "returned": np.maximum(-power, 0.0), **_work(motion, train),
         "auxiliary": auxiliary_w, "hidden": _hidden_w(motion)},
    )  # fmt: skip
    _check(covered, vehicle)
    taken, returned = counters.taken_j[covered], counters.returned_j[covered]
    total = float(by_period["taken"].sum())
    difference = float(taken.sum()) / total - 1.0
    back = float(by_period["returned"].sum())
    difference_back = float(returned.sum()) / back - 1.0 if back > 0.0 else 0.0
    hours = counters.end_s[covered] / 3600.0
    busy = by_period["taken"] > _LEAST_WORK_SHARE * float(by_period["taken"].max())
    change, error = _change(taken[busy] / by_period["taken"][busy], hours[busy])
    modelled = by_period["traction"] / train.traction_efficiency + by_period["auxiliary"]
    drifted = ""
    hidden = float(by_period["hidden"].sum()) / total
    if abs(difference) > LARGEST_DIFFERENCE or abs(difference_back) * back / total > LARGEST_DIFFERENCE + hidden:
        drifted = _drifted((taken / modelled)[busy], (by_period["taken"] / modelled)[busy], hours[busy], change, error)
    return Agreement(vehicle, int(covered.sum()), difference, difference_back, change, error, drifted)


def _hidden_w(motion: RecordedMotion) -> FloatArray:
    """Power given back that means of one row do not show, where the power changes its sign within the row.

    A power that rises evenly from -a to a has the mean zero, but gives back a/4; its change over two rows is 4a.
    """
    power = motion.power_w
    before, after = np.roll(power, 1), np.roll(power, -1)
    changes = (power * before < 0.0) | (power * after < 0.0)
    return np.where(changes & motion.joined, np.abs(after - before) / 16.0, 0.0)


def _drifted(by_counter: FloatArray, by_rows: FloatArray, hours: FloatArray, change: float, error: float) -> str:
    if abs(change) < _SURE_SIGMAS * error:
        return "both differ by the same share throughout; the motion does not show which of them is wrong"
    (one, one_error), (other, other_error) = _change(by_counter, hours), _change(by_rows, hours)
    # The one that changes against the motion by the whole difference, while the other one does not, has drifted.
    for name, own, own_error, rest, rest_error in (
        ("the counters drifted", one, one_error, other, other_error),
        ("voltage or current drifted", other, other_error, one, one_error),
    ):
        if abs(own) > _SURE_SIGMAS * own_error and abs(rest) < abs(own) - 2.0 * float(np.hypot(own_error, rest_error)):
            return name
    return "the ratio of both changes, but neither changes surely against the motion"


def _change(ratio: FloatArray, hours: FloatArray) -> tuple[float, float]:
    """Rise of a ratio from the first to the last period by a line, as a share of its mean, with its standard error."""
    mean = float(np.median(ratio))
    near = np.abs(ratio / mean - 1.0) < 0.3
    x, y = hours[near] - hours[near].mean(), ratio[near] / mean - ratio[near].mean() / mean
    square = float(x @ x)
    if square <= 0.0 or len(x) < 4:
        return 0.0, np.inf
    slope = float(x @ y) / square
    rest = y - slope * x
    error = float(np.sqrt(((x * rest) ** 2).sum())) / square
    span = float(np.ptp(hours[near]))
    return slope * span, error * span


def counter_estimate(
    motion: RecordedMotion, counters: Counters, vehicle: str, nominal: VehicleParameters, energy_class: float,
    length_m: float,
) -> CounterEstimate:  # fmt: skip
    """Scale of the traction energy, auxiliaries and scale of regeneration from counters and motion.

    Least squares over the periods: energy taken = scale x energy of the scenario's train in traction + auxiliaries x
    seconds outside electric braking. The energy given back is compared in periods in which the friction brake hardly
    worked. Intervals: residuals of the periods and the class of the meter.

    Raises:
        InputFaults: Fewer than twelve periods are covered by the motion, or the train never pulls.
    """
    mine = _rows_of(motion, vehicle)
    values = _work(motion, nominal, length_m)
    fed = (values["braking"] * nominal.regeneration_efficiency > nominal.auxiliary_w) & (motion.speed_m_s > _FADED_M_S)
    values |= {
        "outside": np.where(fed, 0.0, 1.0),
        "friction": np.where(motion.friction, values["braking"], 0.0),
    }
    by_period, covered = _by_period(motion, counters, mine, values)
    _check(covered, vehicle)
    pull = by_period["traction"] / nominal.traction_efficiency
    if not float(np.ptp(pull)) > 0.0:
        raise InputFaults([Fault("", f"vehicle {vehicle}", "state", "no traction", "periods with and without work")])
    columns = np.column_stack((pull, by_period["outside"]))
    solution, covariance = _least_squares(columns, counters.taken_j[covered])
    quantile = float(stdtrit(max(1, int(covered.sum()) - 2), 0.975))
    seconds = float(by_period["seconds"].sum())

    def interval(value: float, variance: float) -> Interval:
        half = quantile * float(np.sqrt(variance + (energy_class * value) ** 2))
        return Interval(value, value - half, value + half, seconds)

    fed_share = 1.0 - float(by_period["outside"].sum()) / seconds
    doubt = _FED_DOUBT * fed_share * float(solution[1])
    scale, auxiliary = interval(solution[0], covariance[0, 0]), interval(solution[1], covariance[1, 1] + doubt**2)
    pure = (by_period["friction"] < _FRICTION_SHARE * by_period["braking"]) & (by_period["braking"] > 0.0)
    regeneration, reason = None, f"the friction brake worked in all but {int(pure.sum())} periods"
    if pure.sum() >= FEWEST_PERIODS:
        offered = by_period["braking"] * nominal.regeneration_efficiency
        back = counters.returned_j[covered] + solution[1] * (by_period["seconds"] - by_period["outside"])
        found, error = _least_squares(offered[pure][:, None], back[pure])
        regeneration, reason = interval(float(found[0]), float(error[0, 0])), ""
    return CounterEstimate(int(covered.sum()), scale, auxiliary, regeneration, reason)


def _least_squares(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solution and its covariance; periods may have different noise (White)."""
    inverse = np.linalg.inv(columns.T @ columns)
    solution = inverse @ (columns.T @ target)
    rest = (target - columns @ solution) * np.sqrt(len(target) / max(1, len(target) - columns.shape[1]))
    scores = columns * rest[:, None]
    return solution, inverse @ (scores.T @ scores) @ inverse


def _work(motion: RecordedMotion, train: VehicleParameters, length_m: float = 0.0) -> dict[str, FloatArray]:
    """Mean power at the wheel since the row before, in traction and in braking, and one, at each row.

    The work of a step follows from the change of the kinetic energy and of the height. A step in which traction begins
    or ends also contains coasting, whose work is zero.
    """
    m = motion
    load = np.where(m.load_known, m.load_kg, float(np.median(m.load_kg[m.load_known])) if m.load_known.any() else 0.0)
    speed, before = m.speed_m_s, np.roll(m.speed_m_s, 1)
    step, mean = np.maximum(m.step_s, 1e-3), 0.5 * (speed + before)
    resistance = (
        train.resistance_constant_n
        + train.resistance_per_m_s_n * mean
        + train.resistance_per_m_s_squared_n * mean**2
        + GRAVITY_M_S2 * (train.tare_kg + load) * slope_at_rows(m, length_m, 0.0)
    )
    inertia = train.tare_kg + train.rotating_mass_kg + load
    power = 0.5 * inertia * (speed**2 - before**2) / step + resistance * mean
    pulls, brakes = ((m.state == state) | (np.roll(m.state, 1) == state) for state in (_TRACTION, _BRAKE))
    same = m.joined & (m.run == np.roll(m.run, 1))
    return {
        "traction": np.where(same & pulls & ~brakes, power, 0.0),
        "braking": np.where(same & brakes & ~pulls, -power, 0.0),
        "seconds": np.ones(len(power)),
    }


def _rows_of(motion: RecordedMotion, vehicle: str) -> BoolArray:
    return np.asarray(motion.vehicle == motion.names.index(vehicle))


def _by_period(
    motion: RecordedMotion, counters: Counters, mine: BoolArray, values: Mapping[str, FloatArray]
) -> tuple[dict[str, FloatArray], BoolArray]:
    """Integrals of each value over the periods that the rows cover, filled up for missing seconds."""
    time = motion.time_s[mine]
    step = np.where(motion.joined, motion.step_s, 0.0)[mine]

    def integral(value: FloatArray) -> FloatArray:
        total = np.cumsum(value * step)
        return np.asarray(np.interp(counters.end_s, time, total) - np.interp(counters.begin_s, time, total))

    share = integral(np.ones(len(time))) / (counters.end_s - counters.begin_s)
    covered = share >= _COVERED
    return {name: (integral(value[mine]) / np.maximum(share, 1e-9))[covered] for name, value in values.items()}, covered


def _check(covered: BoolArray, vehicle: str) -> None:
    if covered.sum() < FEWEST_PERIODS:
        raise InputFaults(
            [Fault("", f"vehicle {vehicle}", "period_end_s", f"{int(covered.sum())} periods with telemetry",
                   f"at least {FEWEST_PERIODS} periods that the telemetry covers to {_COVERED:.0%}")]
        )  # fmt: skip
