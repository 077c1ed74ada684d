"""The verdict on a plan: a saving that service or starved trains pay for is no saving."""

from dataclasses import dataclass

from dispatch.plan import Mode
from simulation.interval import Estimate
from simulation.judge import Judgement


@dataclass(frozen=True)
class Tolerance:
    """By how much a measure of the service may worsen, mean over pairs of days; `worse` (+1 or -1) is the bad way."""

    measure: str
    words: str
    unit: str
    worse: int
    amount: float


ONE_WAY = "mean_one_way_s"
EXCESS = "excess_waiting_s"
TOLERANCES = (
    Tolerance("mean_waiting_s", "mean waiting", "s", +1, 1.0),
    Tolerance(EXCESS, "waiting beyond the timetable's", "s", +1, 1.0),
    Tolerance(ONE_WAY, "mean one-way time", "s", +1, 1.0),
    Tolerance("punctual_share", "share of punctual arrivals", "", -1, 0.01),
    Tolerance("headway_variation", "headway variation", "", +1, 0.02),
    Tolerance("maximum_load_share", "largest load as a share of normal capacity", "", +1, 0.05),
    Tolerance("denied_boardings", "denied boardings a day", "", +1, 0.5),
    Tolerance("never_served", "passengers a day who find no train", "", +1, 5.0),
)
"""What equal service means on disturbed days. Assumed; each lies well below what a passenger notices."""

TRADED = ("mean_waiting_s", "maximum_load_share", "headway_variation")
"""What demand-led headways trade for energy because the planner asked for it: told, and no reason to reject. Crowding
has its limit in the policy, which the checker proves; variation is counted in headways, so that the same seconds late
are more of a shorter one."""

PROMISED_WAITING_SHARE = 0.05
"""Demand-led, waiting beyond the timetable's may grow by this share of what the plan's own timetable promises: other
headways and short turns fill trains otherwise, and the same seconds late weigh otherwise. Assumed."""

UNSERVED_TOLERANCE_KWH = 0.5
"""Unserved traction may not rise; this much a day is rounding of the load flow."""


@dataclass(frozen=True)
class Objection:
    """One reason to reject a plan: the measure, its paired change with interval, and what was tolerated."""

    measure: str
    change: Estimate
    tolerance: float
    sentence: str


def objections(
    judgement: Judgement,
    tolerances: tuple[Tolerance, ...] = TOLERANCES,
    mode: Mode = "equal-service",
    longer_trips_s: int = 0,
) -> tuple[Objection, ...]:
    """Every reason to reject the plan of a judgement; none when it does what its mode promises.

    Equal service: it saves energy and no measure of the service worsens. Demand-led: what the planner trades is no
    objection, a plan that shortens the waiting need not save, and waiting beyond the timetable's is held against what
    the plan promises. Where trips were allowed to take `longer_trips_s` longer, so may the mean one-way time.
    """
    found: list[Objection] = []
    saving = judgement.saving_percent
    shortens = judgement.service_change("mean_waiting_s").high < 0.0
    if not saving.low > 0.0 and not (mode == "demand-led" and shortens):
        sentence = (
            f"The saving is not proven: {saving.mean:.2f} %, 95 % interval {saving.low:.2f} to {saving.high:.2f} %."
        )
        found.append(Objection("saving_percent", saving, 0.0, sentence))
    unserved = judgement.energy_change("unserved_kwh")
    if unserved.mean > UNSERVED_TOLERANCE_KWH:
        sentence = f"Trains are starved of {unserved.mean:.1f} kWh of traction a day more than today."
        found.append(Objection("unserved_kwh", unserved, UNSERVED_TOLERANCE_KWH, sentence))
    for tolerance in tolerances:
        if mode == "demand-led" and tolerance.measure in TRADED:
            continue
        change = judgement.service_change(tolerance.measure)
        amount = tolerance.amount + (longer_trips_s if tolerance.measure == ONE_WAY else 0)
        if mode == "demand-led" and tolerance.measure == EXCESS:
            amount = _excess_tolerated_s(judgement)
        if tolerance.worse * change.mean > amount:
            unit = f" {tolerance.unit}" if tolerance.unit else ""
            sentence = (
                f"Service is worse: {tolerance.words} changes by {change.mean:+.3g}{unit}, "
                f"{tolerance.worse * amount:+.3g}{unit} is tolerated."
            )
            found.append(Objection(tolerance.measure, change, amount, sentence))
    return tuple(found)


def trades(judgement: Judgement) -> tuple[str, ...]:
    """What a demand-led plan gives and takes, measure by measure, in words; empty where nothing changes noticeably."""
    told: list[str] = []
    for tolerance in TOLERANCES:
        change = judgement.service_change(tolerance.measure).mean
        is_traded = tolerance.measure in TRADED
        # Beyond what is tolerated it is an objection, which tells it.
        is_tolerated = tolerance.measure == EXCESS and change <= _excess_tolerated_s(judgement)
        if not (is_traded or is_tolerated) or abs(change) <= tolerance.amount:
            continue
        before, after = (days.served(tolerance.measure).mean for days in (judgement.baseline, judgement.plan))
        if tolerance.unit:
            decimals = 0 if before >= 10.0 else 1
            values = f"{after:.{decimals}f} {tolerance.unit} instead of {before:.{decimals}f} {tolerance.unit}"
        else:
            values = f"{100.0 * after:.0f} % instead of {100.0 * before:.0f} %"
        told.append(f"With the chosen headways, {tolerance.words}: {values} on the simulated days.")
    return tuple(told)


def _excess_tolerated_s(judgement: Judgement) -> float:
    """By how much waiting beyond the timetable's may grow where headways follow the demand."""
    usual = next(tolerance.amount for tolerance in TOLERANCES if tolerance.measure == EXCESS)
    promised_s = judgement.plan.served("mean_waiting_s").mean - judgement.plan.served(EXCESS).mean
    return max(usual, PROMISED_WAITING_SHARE * promised_s)


def longer_trips_told(judgement: Judgement, longer_trips_s: int) -> tuple[str, ...]:
    """What trips that were allowed to take longer cost the passengers on the simulated days; empty where none were."""
    if not longer_trips_s:
        return ()
    before, after = (days.served(ONE_WAY).mean for days in (judgement.baseline, judgement.plan))
    return (
        f"Part of the saving is paid with travel time: trips were allowed to take up to {longer_trips_s} s longer from "
        f"end to end, and take {after:.0f} s instead of {before:.0f} s on average on the simulated days.",
    )
