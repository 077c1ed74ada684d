"""The plan in plain sentences that can be read aloud; the command line and the report say the same."""

from dataclasses import dataclass

from api.result import Figures, LongerTripsModel, PlanResult

_DRIVING_WORDS = {
    "speed_cap": "driven as today: full effort up to a constant speed cap that just meets the running time",
    "flat_out": "driven as today: as fast as train and track allow",
    "optimal": "driven as today: already with the least energy for each running time",
}
_UNSERVED_NOISE_KWH = 0.05
DISTURBANCES = "disturbances"
"""The lever that stands for what simulated days differ by from the undisturbed day."""


@dataclass(frozen=True)
class Sentence:
    """One statement with the heading under which a reader looks for it."""

    heading: str
    text: str


def sentences(result: PlanResult, title: str, baseline_driving: str) -> tuple[Sentence, ...]:
    """What is saved, against what, how surely, what stays for passengers, by which levers, and what was proved.

    `title` is the line's name, `baseline_driving` the driving of the timetable in force as the scenario names it.
    """
    found = [
        Sentence("Saving", _saving(result, title)),
        Sentence("Compared with", _comparison(result, baseline_driving)),
        Sentence("Limit", _limit(result)),
        Sentence("Passengers", _passengers(result)),
        Sentence("Levers", _levers(result)),
        Sentence("Supply", _supply(result)),
        Sentence("Cost", _cost(result)),
        Sentence("Checks", _checks(result)),
    ]
    found = [sentence for sentence in found if sentence.text]
    return (*found, *(Sentence("Note", note) for note in result.notes))


def kwh(value: float) -> str:
    """Energy with thousands separated; decimals only where they matter."""
    return f"{value:,.0f} kWh" if abs(value) >= 100 else f"{value:.1f} kWh"


def minutes(value_s: float) -> str:
    """A waiting time as minutes and seconds."""
    whole = round(value_s)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{value_s:.1f} s"


def used_share_percent(day: Figures) -> float:
    """Share of the offered braking energy that the line took."""
    offered = day.regeneration_offered_kwh
    return 100.0 * day.regeneration_used_kwh / offered if offered > 0 else 0.0


def _saving(result: PlanResult, title: str) -> str:
    low, high = result.saving_ci95_percent
    less_or_more = "less" if result.saving_percent >= 0 else "more"
    text = (
        f"On {title}, the plan draws {kwh(result.plan.energy_kwh)} a day instead of {kwh(result.baseline.energy_kwh)}: "
        f"{abs(result.saving_percent):.1f} % {less_or_more}, with a 95 % interval of {low:.1f} to {high:.1f} %, "
        f"metered at the {result.metering_point}."
    )
    if result.saving_caveat is not None:
        text += f" {result.saving_caveat}"
    if result.longer_trips is not None:
        text += f" For this, trips take {_longer(result.longer_trips)}, as asked."
    if low <= 0 <= high:
        text += " The interval includes zero: a saving is not shown."
    return text


def _longer(trips: LongerTripsModel) -> str:
    return f"up to {trips.most_s} s longer (on average {trips.mean_s:.1f} s)"


def _comparison(result: PlanResult, baseline_driving: str) -> str:
    driving = _DRIVING_WORDS.get(baseline_driving, f"driven as today ({baseline_driving})")
    text = (
        f"The baseline is the timetable in force, {driving}. "
        f"Both ran through {result.replications} simulated days, each pair of days with the same disturbances "
        f"(seed {result.seed})."
    )
    if result.saving_against_mean_phase_percent is not None:
        text += (
            " How today's up and down trains meet is partly chance: against the mean over all phases between the "
            f"directions the saving is {result.saving_against_mean_phase_percent:.1f} %."
        )
    return text


def _limit(result: PlanResult) -> str:
    """How much there is to save at most, against today like the saving itself."""
    if result.bound_kwh is None or result.undisturbed_kwh is None or result.share_of_gap_closed is None:
        return ""
    before = result.undisturbed_kwh[0]
    if before <= result.bound_kwh:
        return ""
    gap = f"{100.0 * result.share_of_gap_closed:.0f} %"
    ideal = "a line without losses and every braked kilowatt-hour reused"
    if result.mode == "demand-led":
        today = before if result.undisturbed_today_kwh is None else result.undisturbed_today_kwh
        most = 100.0 * (1.0 - result.bound_kwh / today)
        limit = f"no timing saves more than {most:.1f} % against today"
        if most <= 0.0:
            limit = f"any timing draws at least {-most:.1f} % more than today"
        return (
            f"With these headways, {limit}; that would take {ideal}. Without disturbances today draws {kwh(today)}, "
            f"these trips {kwh(before)} run as today and {kwh(result.undisturbed_kwh[1])} as planned: their timing "
            f"closes {gap} of the gap to the limit of {kwh(result.bound_kwh)}."
        )
    timing = "No timing of these trips"
    if result.longer_trips is not None:
        timing += f", up to {result.longer_trips.allowed_s} s longer,"
    return (
        f"{timing} saves more than {100 * (1 - result.bound_kwh / before):.1f} %, which would take {ideal}; without "
        f"disturbances the plan closes {gap} of that gap."
    )


def _passengers(result: PlanResult) -> str:
    before, after = result.baseline, result.plan
    wait = f"The expected wait is {minutes(after.mean_waiting_s)}"
    if round(after.mean_waiting_s) != round(before.mean_waiting_s):
        wait += f", today {minutes(before.mean_waiting_s)}"
    if result.mode == "equal-service":
        longer = result.longer_trips
        slower = "no trip slower from end to end" if longer is None else f"trips {_longer(longer)} from end to end"
        standing = ""
        if (less := result.shorter_standing) is not None:
            standing = (
                f" Trips stand up to {less.most_s} s less at their stations (on average {less.mean_s:.1f} of "
                f"{less.today_s:.0f} s) and run as much longer, as the policy allows."
            )
        return (
            f"The service stays equal: {after.trips} trips, the same headways in each period "
            "(their means within 5 %), first and last trains as "
            f"today, {slower}.{standing} {wait}."
        )
    change = after.trips - before.trips
    trips = (
        f"{after.trips} trips, as many as today" if change == 0 else f"{after.trips} trips instead of {before.trips}"
    )
    choices = [row for row in result.pareto if row.number != 0]
    chosen = next((row for row in choices if row.chosen), None)
    if chosen is not None and chosen.short_trips:
        trips += f", {chosen.short_trips} of them turning on the way"
    text = f"Headways follow the demand within the policy: {trips}, {after.train_km:,.0f} train-km. {wait}."
    if before.fullest_train_share is not None and after.fullest_train_share is not None:
        text += (
            f" The fullest train carries {100.0 * after.fullest_train_share:.0f} % of its normal capacity, "
            f"today {100.0 * before.fullest_train_share:.0f} %."
        )
    if chosen is not None:
        which = "asked for by its waiting" if chosen.number is None else f"number {chosen.number} of {len(choices)}"
        text += f" These headways are {which} in the set to choose from."
    return text


def _levers(result: PlanResult) -> str:
    if not result.levers:
        return "The saving was not split by lever."
    parts = [f"{lever.name} {kwh(lever.saving_kwh)}" for lever in result.levers if lever.name != DISTURBANCES]
    rest = sum(lever.saving_kwh for lever in result.levers if lever.name == DISTURBANCES)
    text = f"By lever, on a day without disturbances: {_listed(parts)}."
    if abs(rest) >= 0.5:
        text += f" The disturbances of the simulated days {'take' if rest < 0 else 'add'} {kwh(abs(rest))}."
    return text


def _supply(result: PlanResult) -> str:
    before, after = result.baseline, result.plan
    if abs(after.peak_15min_kw - before.peak_15min_kw) < 0.5:
        peak = f"The highest 15-minute demand stays at {after.peak_15min_kw:,.0f} kW."
    else:
        verb = "falls" if after.peak_15min_kw < before.peak_15min_kw else "rises"
        peak = f"The highest 15-minute demand {verb} from {before.peak_15min_kw:,.0f} to {after.peak_15min_kw:,.0f} kW."
    reuse = (
        f"The line takes {used_share_percent(after):.0f} % of the braking energy offered, "
        f"today {used_share_percent(before):.0f} %."
    )
    if after.unserved_kwh <= _UNSERVED_NOISE_KWH and before.unserved_kwh <= _UNSERVED_NOISE_KWH:
        unserved = "No train goes short of traction energy."
    else:
        unserved = f"Traction energy not served: {kwh(after.unserved_kwh)}, today {kwh(before.unserved_kwh)}."
    return f"{peak} {reuse} {unserved}"


def _cost(result: PlanResult) -> str:
    before, after = result.baseline, result.plan
    if before.cost is None or after.cost is None or before.co2_kg is None or after.co2_kg is None:
        return ""
    return (
        f"Electricity costs {after.cost:,.0f} {result.currency} a day instead of {before.cost:,.0f}, energy by time of "
        f"use and one day's part of the demand charge, and stands for {after.co2_kg:,.0f} kg of CO2 instead of "
        f"{before.co2_kg:,.0f}."
    )


def _checks(result: PlanResult) -> str:
    rules = len(result.checks.rules)
    if result.checks.passed:
        return f"All {rules} rules of the checker hold on the finished plan."
    count = len(result.checks.violations)
    return f"The checker found {count} violation{'s' if count != 1 else ''} of its {rules} rules; do not run this plan."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
