"""Faults of a recording with their likely causes: sign and unit of the current, a late meter, a missing signal."""

import numpy as np

from energy_models.calibration.meter_lag import MeterFit, Sampling
from energy_models.calibration.recorded_motion import RecordedMotion
from energy_models.faults import Fault
from energy_models.telemetry.columns import STATES

LONGEST_LAG_S = 3.2
LONGEST_INTERVAL_S = 10.5
LONGEST_SAMPLED_S = 2.5
"""Longest interval between rows whose power is not the mean of the interval."""
_LEAST_EXPLAINED, _LEAST_EXPLAINED_COARSE = 0.5, 0.35
_MEANS_EXPLAINED = ((2.5, 0.72), (5.0, 0.72), (10.0, 0.46))
"""Sampling interval in s, and the share of the power that the motion explains at least if the power is the mean since
the row before. In recordings of two simulators, all means are above, most samples by a late meter below."""
_LOWEST_RATIO, _HIGHEST_RATIO = 0.5, 3.0
_UNITS = {
    1e3: "is current in mA, or voltage in mV?", 10.0: "is current in dA, or voltage in dV?",
    0.1: "is a scale of 10 missing?", 1e-3: "is current in kA, or voltage in kV?", 1e-6: "are both in kA and kV?",
}  # fmt: skip
_STAND, _COAST = STATES.index("stand"), STATES.index("coast")


def meter_faults(motion: RecordedMotion, meter: MeterFit, sampling: Sampling | None = None) -> list[Fault]:
    """Faults of voltage and current against the motion; empty if they can belong to one train."""
    if motion.interval_s > LONGEST_INTERVAL_S:
        value = f"a row every {motion.interval_s:.3g} s"
        allowed = (
            "at most every 10 s: between rows further apart, the state of the drive changes too often; give means over "
            "each second, as the recorder has them"
        )
        return [_fault("time_s", value, allowed)]
    if meter.window_s < motion.interval_s and motion.interval_s > LONGEST_SAMPLED_S:
        value = f"a row every {motion.interval_s:.3g} s, with voltage and current of one second only"
        allowed = (
            f"at most every {LONGEST_SAMPLED_S:g} s, or voltage and current that are means since the row before: "
            "readings of one second do not give the energy between two rows"
        )
        return [_fault("time_s", value, allowed)]
    if not np.isfinite(meter.drawn_per_traction):
        return []
    idle = (motion.state == _STAND) | (motion.state == _COAST)
    idle_w = float(np.median(motion.power_w[idle])) if idle.any() else 0.0
    ratio = meter.drawn_per_traction
    if ratio < 0.0 and idle_w < 0.0:
        value = f"{idle_w / 1e3:.0f} kW while the drive does not work"
        return [_fault("current_a", value, "positive when the train draws power: current seems to have the other sign")]
    least = _LEAST_EXPLAINED if motion.interval_s <= LONGEST_SAMPLED_S else _LEAST_EXPLAINED_COARSE
    if meter.explained < least:
        allowed = (
            f"at least {least:.0%}: do voltage and current belong to this train, and to its clock within "
            f"{LONGEST_LAG_S:.0f} s? Or is the state of the drive wrong?"
        )
        value = f"the motion explains {meter.explained:.0%} of the variation of the power"
        return [_fault("current_a", value, allowed)]
    faults = []
    if sampling is None and motion.interval_s > LONGEST_SAMPLED_S:
        of_means = float(np.interp(motion.interval_s, *np.transpose(_MEANS_EXPLAINED)))
        if meter.explained < of_means:
            value = f"the motion explains {meter.explained:.0%} of the variation of the power"
            allowed = (
                f"at least {of_means:.0%} for means since the row before: these look like readings of one second by a "
                "late meter; if they are means, declare them with --sampling mean"
            )
            faults.append(_fault("current_a", value, allowed))
    if not _LOWEST_RATIO < ratio < _HIGHEST_RATIO:
        value = f"{ratio:.3g} times the power at the wheel in traction"
        allowed = f"{_LOWEST_RATIO:g} to {_HIGHEST_RATIO:g} times: {_unit(ratio)}"
        faults.append(_fault("voltage_v, current_a", value, allowed))
    if abs(meter.lag_s) > LONGEST_LAG_S:
        value = f"the meter is {abs(meter.lag_s):.1f} s {'late' if meter.lag_s > 0.0 else 'early'} against the speed"
        faults.append(_fault("time_s", value, "at most 3 s: shift the clock of the meter before the calibration"))
    return faults


def _unit(ratio: float) -> str:
    """The unit that explains a ratio of powers, which is 1.2 for a usual train."""
    near = {factor: abs(np.log(max(ratio, 1e-12) / 1.2 / factor)) for factor in _UNITS}
    factor = min(near, key=lambda one: near[one])
    return _UNITS[factor] if near[factor] < np.log(1.6) else "the unit of voltage or current is wrong"


def _fault(field: str, value: str, allowed: str) -> Fault:
    return Fault("", "telemetry", field, value, allowed)
