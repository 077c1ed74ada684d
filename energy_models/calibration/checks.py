"""Refuses telemetry that does not determine a train: too little, too uniform, or with a signal that is missing."""

from collections.abc import Collection

import numpy as np

from energy_models.calibration.balance import BRAKE, TRACTION
from energy_models.calibration.intervals import Interval
from energy_models.calibration.parameters import PARAMETER_NAMES
from energy_models.calibration.problem import Solution
from energy_models.calibration.stretches import SHORTEST_S, Stretches
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import STATES

FEWEST_STRETCHES = 10
FEWEST_RUNS = 20
WIDEST_SHARE = 0.5
"""A mass or efficiency with a wider interval than this share of its estimate counts as not determined."""
LEAST_LOAD_SPREAD_KG = 1_000.0
_UNEXPLAINED_BRAKING = 2.5
"""Residuals of braking, against those of traction, above which the electric brake does not work alone."""
_SCALE_HINT = "only the variation of the payload determines the scale of masses, resistance and efficiencies"
_TRACTION, _COAST = STATES.index("traction"), STATES.index("coast")


def check_amount(stretches: Stretches, not_estimated: dict[str, str], hold: Collection[str]) -> None:
    """Raise InputFaults for every lack; without enough electric braking, add the reason to `not_estimated`."""
    faults = [
        Fault("", "", "hold", name, "one of " + ", ".join(PARAMETER_NAMES))
        for name in hold
        if name not in PARAMETER_NAMES
    ]
    counts = {state: int((stretches.state == STATES.index(state)).sum()) for state in STATES}
    for state in ("stand", "traction"):
        if counts[state] < FEWEST_STRETCHES:
            faults.append(
                Fault("", "telemetry", state, f"{counts[state]} stretches",
                      f"at least {FEWEST_STRETCHES} stretches of {SHORTEST_S:g} s or more")
            )  # fmt: skip
    load_spread = float(np.std(stretches.load_kg[stretches.state == _TRACTION])) if counts["traction"] else 0.0
    if counts["traction"] and "tare_kg" not in hold and load_spread < LEAST_LOAD_SPREAD_KG:
        faults.append(
            Fault("", "telemetry", "load_kg", f"varies by {load_spread / 1000.0:.2f} t (standard deviation)",
                  f"at least {LEAST_LOAD_SPREAD_KG / 1000.0:g} t, because {_SCALE_HINT}; or fix a known tare")
        )  # fmt: skip
    runs = len(np.unique(stretches.cluster))
    if runs < FEWEST_RUNS:
        faults.append(Fault("", "telemetry", "runs", str(runs), f"at least {FEWEST_RUNS} runs between stations"))
    if faults:
        raise InputFaults(faults)
    if counts["brake"] < FEWEST_STRETCHES:
        not_estimated.setdefault(
            "regeneration_efficiency",
            f"only {counts['brake']} stretches of electric braking without the friction brake; "
            f"at least {FEWEST_STRETCHES} are necessary",
        )


def friction_unknown(solution: Solution) -> str:
    """Why regeneration cannot be estimated: the friction brake is never recorded, yet the electric brake is not alone.

    Empty if the friction brake has a signal, or if one electric brake explains all braking.
    """
    motion = solution.cut.motion
    if bool((motion.friction & (motion.state == BRAKE)).any()):
        return ""
    scale = solution.fit.kind_scale
    if scale[BRAKE] < _UNEXPLAINED_BRAKING * max(scale[TRACTION], 0.3):
        return ""
    return (
        "friction_brake is 0 in every row, but the energy of braking varies more than one electric brake explains "
        f"({scale[BRAKE]:.1f} times the noise of the sensors): the signal of the friction brake is missing"
    )


def check_result(estimates: dict[str, Interval], load_spread_kg: float) -> None:
    """Raise InputFaults for parameters that are not determined, and for efficiencies above 1."""
    faults = []
    for name in ("tare_kg", "traction_efficiency", "regeneration_efficiency", "auxiliary_w"):
        if name in estimates:
            one = estimates[name]
            if not one.value > 0.0 or one.upper - one.value > WIDEST_SHARE * one.value:
                faults.append(
                    Fault("", "estimate", name, f"{one.value:.4g}, 95 % from {one.lower:.4g} to {one.upper:.4g}",
                          f"an interval of at most {WIDEST_SHARE:.0%}; {_SCALE_HINT}, and the payload varies by "
                          f"{load_spread_kg / 1000:.1f} t (standard deviation): use more hours of telemetry, or fix "
                          "a known tare")
                )  # fmt: skip
    for name in ("traction_efficiency", "regeneration_efficiency"):
        if name in estimates and (estimates[name].value > 1.0 or estimates[name].lower > 1.0):
            faults.append(
                Fault("", "estimate", name, f"{estimates[name].value:.3f}",
                      "at most 1: the scale of current, voltage, load or speed in the telemetry is wrong")
            )  # fmt: skip
    if faults:
        raise InputFaults(faults)
