"""The verdict on a plan: a saving with worse service or with more traction not served is rejected."""

from dataclasses import dataclass

from dispatch.plans.plan import Mode
from simulation.judging.judge import Judgement
from simulation.runs.interval import MeanInterval


@dataclass(frozen=True)
class Tolerance:
    """The tolerated change of a service measure, mean over pairs of days; `worse` is the sign of worse values."""

    measure: str
    words: str
    unit: str
    worse: int
    amount: float


ONE_WAY = "mean_one_way_s"
EXCESS = "excess_waiting_s"
TOLERANCES = (
    Tolerance("mean_waiting_s", "mean waiting", "s", +1, 1.0),
    Tolerance(EXCESS, "waiting above the waiting of the timetable", "s", +1, 1.0),
    Tolerance(ONE_WAY, "mean one-way time", "s", +1, 1.0),
    Tolerance("punctual_share", "share of punctual arrivals", "", -1, 0.01),
    Tolerance("headway_variation", "headway variation", "", +1, 0.02),
    Tolerance("maximum_load_share", "largest load as a share of normal capacity", "", +1, 0.05),
    Tolerance("denied_boardings", "denied boardings per day", "", +1, 0.5),
    Tolerance("never_served", "passengers per day without a train", "", +1, 5.0),
)
"""Equal service on disturbed days. Assumed; each value is well below a change that a passenger notices."""

TRADED = ("mean_waiting_s", "maximum_load_share", "headway_variation")
"""Measures that demand-led headways exchange for energy at the planner's request: they are reported and are no reason
to reject. The checker proves the limit of crowding in the policy; the variation is relative to the headway, so that the
same delay is a larger share of a shorter headway."""

UNSERVED_TOLERANCE_KWH = 0.5
"""Traction not served must not increase; this value per day is the rounding of the load flow."""


@dataclass(frozen=True)
class Objection:
    """One reason to reject a plan: the measure, its paired change with interval, and the tolerated change."""

    measure: str
    change: MeanInterval
    tolerance: float
    sentence: str


def objections(
    judgement: Judgement,
    tolerances: tuple[Tolerance, ...] = TOLERANCES,
    mode: Mode = "equal-service",
    longer_trips_s: int = 0,
    *,
    tolerated_waiting_share: float,
) -> tuple[Objection, ...]:
    """All reasons to reject the plan of a judgement; empty for an accepted plan.

    Equal service: the plan must save energy, and no measure of the service may worsen beyond its tolerance. Demand-led:
    measures that the planner exchanges for energy are no objection, a plan with shorter waiting need not save energy,
    and waiting above the timetable may increase by `tolerated_waiting_share` (a field of the operation) of the waiting
    in the timetable of the plan, because other headways and short turns change loads and the effect of delays. If trips
    may take `longer_trips_s` longer, the mean one-way time may increase by the same time.
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
        sentence = f"Traction not served increases by {unserved.mean:.1f} kWh per day compared with today."
        found.append(Objection("unserved_kwh", unserved, UNSERVED_TOLERANCE_KWH, sentence))
    for tolerance in tolerances:
        if mode == "demand-led" and tolerance.measure in TRADED:
            continue
        change = judgement.service_change(tolerance.measure)
        amount = tolerance.amount + (longer_trips_s if tolerance.measure == ONE_WAY else 0)
        if mode == "demand-led" and tolerance.measure == EXCESS:
            amount = _excess_tolerated_s(judgement, tolerated_waiting_share)
        if tolerance.worse * change.mean > amount:
            unit = f" {tolerance.unit}" if tolerance.unit else ""
            sentence = (
                f"The service is worse: {tolerance.words} changes by {change.mean:+.3g}{unit}; "
                f"the tolerance is {tolerance.worse * amount:+.3g}{unit}."
            )
            found.append(Objection(tolerance.measure, change, amount, sentence))
    return tuple(found)


def trades(judgement: Judgement, tolerated_waiting_share: float) -> tuple[str, ...]:
    """A sentence for each measure that a demand-led plan changes noticeably; empty if there is none."""
    sentences: list[str] = []
    for tolerance in TOLERANCES:
        change = judgement.service_change(tolerance.measure).mean
        is_traded = tolerance.measure in TRADED
        # An increase above the tolerance is an objection with its own sentence.
        is_tolerated = tolerance.measure == EXCESS and change <= _excess_tolerated_s(judgement, tolerated_waiting_share)
        if not (is_traded or is_tolerated) or abs(change) <= tolerance.amount:
            continue
        before, after = (days.served(tolerance.measure).mean for days in (judgement.baseline, judgement.plan))
        if tolerance.unit:
            decimals = 0 if before >= 10.0 else 1
            values = f"{after:.{decimals}f} {tolerance.unit} instead of {before:.{decimals}f} {tolerance.unit}"
        else:
            values = f"{100.0 * after:.0f} % instead of {100.0 * before:.0f} %"
        sentences.append(f"With the chosen headways, {tolerance.words} is {values} on the simulated days.")
    return tuple(sentences)


def _excess_tolerated_s(judgement: Judgement, tolerated_share: float) -> float:
    """The tolerated increase of waiting above the timetable with demand-led headways."""
    usual = next(tolerance.amount for tolerance in TOLERANCES if tolerance.measure == EXCESS)
    promised_s = judgement.plan.served("mean_waiting_s").mean - judgement.plan.served(EXCESS).mean
    return max(usual, tolerated_share * promised_s)


def longer_trips_sentences(judgement: Judgement, longer_trips_s: int) -> tuple[str, ...]:
    """The travel time of longer trips on the simulated days; empty without longer trips."""
    if not longer_trips_s:
        return ()
    before, after = (days.served(ONE_WAY).mean for days in (judgement.baseline, judgement.plan))
    return (
        f"Part of the saving comes from longer travel times: trips may take up to {longer_trips_s} s longer from "
        f"end to end, and they take {after:.0f} s instead of {before:.0f} s on average on the simulated days.",
    )
