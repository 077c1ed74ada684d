"""The plan in plain sentences, for the command line and for the report."""

from dataclasses import dataclass

from api.result import PlanResult
from api.savings import EQUIVALENT, KINDS, LADDER, SavingName
from api.vehicle_words import vehicles_sentence
from dispatch.plans.longer_trips import LongerTrips
from simulation.judging.day_figures import DayFigures

_DRIVING_WORDS = {
    "speed_cap": "driven as today: full effort up to the constant speed cap that gives the running time",
    "flat_out": "driven as today: as fast as train and track allow",
    "optimal": "driven as today: with the least energy for each running time",
}
_UNSERVED_NOISE_KWH = 0.05
_SAME_PLAN_SHARE = 1e-3
"""Energies of one plan by one model agree within this share."""
_ON_TIME = f"with every train on time on {EQUIVALENT}"
_COMMANDS: tuple[tuple[str, SavingName], ...] = (
    ("compare", "on-time-ladder"),
    ("explain", "on-time-equivalent"),
)
"""Commands that compute another day, with the type of its saving."""
DISTURBANCES = "disturbances"
"""The lever for the difference between simulated days and the undisturbed day."""


@dataclass(frozen=True)
class Sentence:
    """One statement with the heading under which a reader looks for it."""

    heading: str
    text: str


def sentences(result: PlanResult, title: str, baseline_driving: str) -> tuple[Sentence, ...]:
    """The saving, its baseline and interval, the service, the levers, and the report of the checker.

    `title` is the name of the line, `baseline_driving` the driving of the timetable in force in the scenario.
    """
    found = [
        Sentence("Saving", _saving(result, title)),
        Sentence("Inputs", _inputs(result)),
        *(Sentence("Unlikely input", warning) for warning in result.warnings),
        Sentence("Compared with", _comparison(result, baseline_driving)),
        Sentence("Regulation", _regulation(result)),
        Sentence("Limit", _limit(result)),
        Sentence("Passengers", _passengers(result)),
        Sentence("Patterns", _patterns(result)),
        Sentence("Levers", _levers(result)),
        Sentence("Vehicles", vehicles_sentence(result)),
        Sentence("Supply", _supply(result)),
        Sentence("Utility meter", _utility(result)),
        Sentence("Cost", _cost(result)),
        Sentence("Other figures", _other_figures(result)),
        Sentence("Checks", _checks(result)),
    ]
    found = [sentence for sentence in found if sentence.text]
    return (*found, *(Sentence("Note", note) for note in result.notes))


def headline(result: PlanResult) -> str:
    """The judged saving in one sentence with everything that a quotation of it needs."""
    if result.no_saving_because:
        return f"No saving of this plan may be quoted. {' '.join(result.no_saving_because)}"
    low, high = result.saving_ci95_percent
    count = len(result.warnings)
    unlikely = f" {count} unlikely input{'s' if count > 1 else ''}: see `headwatt scenario check`." if count else ""
    return (
        f"Judged saving of this plan, the headline: {result.saving_percent:.1f} % (95 % interval {low:.1f} to "
        f"{high:.1f} %; mean over {result.replications} pairs of simulated days, {LADDER}, {result.metering_point})."
        f"{_range_in_words(result)}{unlikely}"
    )


def headline_beside(result: PlanResult | None, name: SavingName, plan_kwh: float) -> str:
    """The headline beside another figure of the plan, with the reason why both differ.

    `name` is the kind of the other figure and `plan_kwh` the plan's energy in it. If there is no result because the
    folder was edited, or if that energy is not that of the judged plan, no headline is quoted.
    """
    if result is None:
        return (
            "The plan was edited after the judgement, so there is no judged saving. `headwatt revise` judges it again."
        )
    known = next((figure for figure in result.savings if figure.name == name), None)
    if known is not None and abs(known.plan_kwh - plan_kwh) > _SAME_PLAN_SHARE * known.plan_kwh:
        return (
            f"With this model the judged plan draws {kwh(known.plan_kwh)}. The plan or its vehicle is different, so "
            "there is no judged saving. `headwatt judge` computes a new saving."
        )
    kind = KINDS[name]
    return (
        f"{headline(result)} The figures here differ: {kind.days}; {kind.supply_model}. The section 'Savings, figure "
        "by figure' of report.html lists both."
    )


def kwh(value: float) -> str:
    """Energy with thousands separators; decimals only for small values."""
    # Adding zero turns a negative zero into zero.
    return f"{value:,.0f} kWh" if abs(value) >= 100 else f"{round(value, 1) + 0.0:.1f} kWh"


def minutes(value_s: float) -> str:
    """A waiting time as minutes and seconds."""
    whole = round(value_s)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{value_s:.1f} s"


def used_share_percent(day: DayFigures) -> float:
    """Share of the offered braking energy that the line took."""
    offered = day.regeneration_offered_kwh
    return 100.0 * day.regeneration_used_kwh / offered if offered > 0 else 0.0


def _saving(result: PlanResult, title: str) -> str:
    if result.no_saving_because:
        runs = (
            f" The plan itself runs as laid out, and draws {kwh(result.plan.energy_kwh)} a day, metered at the "
            f"{result.metering_point}."
        )
        reasons = " ".join(result.no_saving_because)
        return f"No saving is quoted for {title}. {reasons}{runs if result.status == 'feasible' else ''}"
    low, high = result.saving_ci95_percent
    less_or_more = "less" if result.saving_percent >= 0 else "more"
    text = (
        f"On {title}, the plan draws {kwh(result.plan.energy_kwh)} a day instead of {kwh(result.baseline.energy_kwh)}: "
        f"{abs(result.saving_percent):.1f} % {less_or_more}, with a 95 % interval of {low:.1f} to {high:.1f} %, "
        f"metered at the {result.metering_point}. This is the judged saving: the mean over {result.replications} pairs "
        f"of simulated days, with the {LADDER} as supply model."
    )
    text += _range_in_words(result)
    if result.saving_caveat is not None:
        text += f" {result.saving_caveat}"
    if result.longer_trips is not None:
        text += f" Trips take {_longer(result.longer_trips)}, as the planner allowed."
    if low <= 0 <= high:
        text += " The interval includes zero, so the saving is not significant."
    return text


def _range_in_words(result: PlanResult) -> str:
    """The range for the inputs if the interval of the days alone would be misleading; otherwise empty."""
    found = result.input_range
    if found is None or found.status == "not needed":
        return ""
    if found.low_percent is None or found.high_percent is None:
        return (
            " The interval does not contain the uncertainty of borrowed inputs; its range was not computed "
            "(`--sensitivity` computes it)."
        )
    which = "borrowed or assumed inputs" if found.borrowed else "main inputs"
    return (
        f" If the {which} vary by 20 % (voltages by 5 %), the saving is {found.low_percent:.1f} to "
        f"{found.high_percent:.1f} %; the 95 % interval holds only for the inputs as they are."
    )


def _inputs(result: PlanResult) -> str:
    """The inputs with the largest effect on the saving, largest first."""
    found = result.input_range
    if found is None or not found.inputs:
        return ""
    borrowed, assumed = (
        [one.title for one in found.inputs if one.kind == kind] for kind in ("borrowed", "assumed")
    )  # fmt: skip
    texts = []
    if borrowed:
        texts.append(f"Borrowed from another line or from typical values: {_listed(borrowed)}.")
    if assumed:
        texts.append(f"Assumed: {_listed(assumed)}.")
    varied = [one for one in found.inputs if one.low_percent is not None]
    if varied:
        parts = (f"{one.title} {one.low_percent:.1f} to {one.high_percent:.1f} %" for one in varied)
        texts.append(f"Saving with one input smaller and larger: {'; '.join(parts)}.")
        if found.hours != found.hours_of_day:
            texts.append(f"Computed for {found.hours} of {found.hours_of_day} hours of the day.")
    else:
        texts.append("`--sensitivity` computes how the saving changes with these inputs.")
    if borrowed:
        texts.append("`headwatt scenario complete` replaces borrowed inputs.")
    return " ".join(texts)


def _longer(trips: LongerTrips) -> str:
    return f"up to {trips.most_s} s longer (on average {trips.mean_s:.1f} s)"


def _comparison(result: PlanResult, baseline_driving: str) -> str:
    driving = _DRIVING_WORDS.get(baseline_driving, f"driven as today ({baseline_driving})")
    text = (
        f"The baseline is the timetable in force, {driving}. "
        f"Baseline and plan ran on {result.replications} simulated days, each pair of days with the same disturbances "
        f"(seed {result.seed})."
    )
    if result.saving_against_mean_phase_percent is not None and not result.no_saving_because:
        text += (
            " The phase between today's up and down trains is partly random. Against the mean over all phases, the "
            f"judged saving is {result.saving_against_mean_phase_percent:.1f} %."
        )
    return text


def _limit(result: PlanResult) -> str:
    """The limit of the saving, against today like the saving."""
    if result.bound_kwh is None or result.undisturbed_kwh is None or result.share_of_gap_closed is None:
        return ""
    before = result.undisturbed_kwh[0]
    if before <= result.bound_kwh:
        return ""
    gap = f"{100.0 * result.share_of_gap_closed:.0f} %"
    ideal = "a line without losses that reuses all braking energy"
    if result.mode == "demand-led":
        today = before if result.undisturbed_today_kwh is None else result.undisturbed_today_kwh
        most = 100.0 * (1.0 - result.bound_kwh / today)
        limit = f"no timing saves more than {most:.1f} % against today"
        if most <= 0.0:
            limit = f"any timing draws at least {-most:.1f} % more than today"
        return (
            f"With these headways, {limit}; this limit is for {ideal}. {_ON_TIME.capitalize()}, today draws "
            f"{kwh(today)}, these trips {kwh(before)} run as today and {kwh(result.undisturbed_kwh[1])} as planned: "
            f"their timing closes {gap} of the gap to the limit of {kwh(result.bound_kwh)}."
        )
    timing = "No timing of these trips"
    if result.longer_trips is not None:
        timing += f", up to {result.longer_trips.allowed_s} s longer,"
    return (
        f"{timing} saves more than {100 * (1 - result.bound_kwh / before):.1f} %; this limit is for {ideal}. "
        f"{_ON_TIME.capitalize()}, the plan closes {gap} of that gap.{_rest_of_gap(result)}"
    )


def _rest_of_gap(result: PlanResult) -> str:
    """What the rest of the gap to the limit consists of."""
    parts = result.metadata.get("gap_to_bound_kwh")
    if not isinstance(parts, dict):
        return ""
    names = {
        "losses": "losses of rails and contact lines",
        "unused_braking": "braking energy that no train takes",
        "longer_stands": "auxiliaries of trains that stand at terminals longer than the shortest turnback",
        "train_energy": "energy of the trains above the least possible",
    }
    known = [f"{kwh(value)} {words}" for name, words in names.items() if isinstance(value := parts.get(name), float)]
    return f" The rest consists of {_listed(known)}."


def _regulation(result: PlanResult) -> str:
    """The saving without and with regulation; empty without a controller."""
    figures = {figure.name: figure for figure in result.savings}
    regulated, same = figures.get("judged-regulated"), figures.get("judged-same-regulator")
    if regulated is None or same is None or result.no_saving_because:
        return ""
    return (
        f"Without regulation the plan saves {result.saving_percent:.1f} %. If the trains of the plan are regulated, it "
        f"saves {regulated.saving_percent:.1f} % against today's timetable without regulation, and "
        f"{same.saving_percent:.1f} % against today's timetable under the same regulator. All are means over the same "
        "simulated days."
    )


def _other_figures(result: PlanResult) -> str:
    """The savings of the other commands with their differences; empty if the result does not contain them."""
    figures = {figure.name: figure for figure in result.savings}
    parts = [
        f"{command} {figures[name].saving_percent:.1f} % ({KINDS[name].days}; {KINDS[name].supply_model})"
        for command, name in _COMMANDS
        if name in figures
    ]
    if not parts or result.no_saving_because:
        return ""
    text = (
        "Quote the judged saving. Other commands print other savings of this plan, because their days or supply models "
        f"differ: {_listed(parts)}."
    )
    if (replayed := figures.get("simulated-undisturbed")) is not None:
        text += f" The undisturbed day that replay shows draws {kwh(replayed.plan_kwh)}."
    return f"{text} The report lists all of them in one table."


def _passengers(result: PlanResult) -> str:
    before, after = result.baseline, result.plan
    wait = f"The expected wait is {minutes(after.mean_waiting_s)}"
    if round(after.mean_waiting_s) != round(before.mean_waiting_s):
        wait += f", today {minutes(before.mean_waiting_s)}"
    if result.mode == "equal-service":
        longer = result.longer_trips
        slower = "no trip longer from end to end" if longer is None else f"trips {_longer(longer)} from end to end"
        standing = ""
        if (less := result.shorter_standing) is not None:
            standing = (
                f" The total dwell of trips is up to {less.most_s} s shorter (on average {less.mean_s:.1f} of "
                f"{less.today_s:.0f} s), and the running times are longer by the same time, as the policy allows."
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
        trips += f", of which {chosen.short_trips} are short trips"
    wishes = result.options.get("headways")
    headways = "Headways are those of your table" if wishes else "Headways follow the demand within the policy"
    text = f"{headways}: {trips}, {after.train_km:,.0f} train-km. {wait}."
    if before.fullest_train_share is not None and after.fullest_train_share is not None:
        text += (
            f" The fullest train carries {100.0 * after.fullest_train_share:.0f} % of its normal capacity, "
            f"today {100.0 * before.fullest_train_share:.0f} %."
        )
    if chosen is not None:
        which = "selected by their waiting" if chosen.number is None else f"number {chosen.number} of {len(choices)}"
        text += f" These headways are {which} in the set of choices."
    return text


def _patterns(result: PlanResult) -> str:
    """How many running-time and dwell patterns the plan has, and what a pattern for each trip would save."""
    counts = [len(period.trips_by_pattern) for period in result.patterns]
    if not counts:
        return ""
    text = (
        f"Trips have {sum(counts)} patterns of running times and dwells, at most {max(counts)} for each direction and "
        "headway period."
    )
    if (points := _points(result, "patterns_cost_kwh")) is not None:
        text += (
            f" With a pattern for each trip (`--patterns trip`), the plan would save about {points:.1f} points more "
            "(estimate of a short search)."
        )
    grids = {"departure_grid_s": "departures from terminals", "dwell_grid_s": "dwells"}
    chosen = [f"{words} are multiples of {result.options[name]} s" for name, words in grids.items()
              if result.options.get(name, 1) != 1]  # fmt: skip
    if chosen and (points := _points(result, "grids_cost_kwh")) is not None:
        text += (
            f" {_listed(chosen).capitalize()}; with any second, the plan would save about {points:.1f} points more "
            "(estimate of a short search)."
        )
    return text


def _points(result: PlanResult, name: str) -> float | None:
    """An energy of the metadata as points of the undisturbed day's energy."""
    cost_kwh = result.metadata.get(name)
    if not isinstance(cost_kwh, float) or result.undisturbed_kwh is None:
        return None
    return 100.0 * cost_kwh / result.undisturbed_kwh[0]


def _levers(result: PlanResult) -> str:
    if not result.levers:
        return "The saving was not split by lever."
    parts = [f"{lever.name} {kwh(lever.saving_kwh)}" for lever in result.levers if lever.name != DISTURBANCES]
    rest = sum(lever.saving_kwh for lever in result.levers if lever.name == DISTURBANCES)
    text = f"By lever, {_ON_TIME}: {_listed(parts)}."
    if abs(rest) >= 0.5 and not result.no_saving_because:
        text += (
            f" On the simulated days, with disturbances and the {LADDER}, the saving is {kwh(abs(rest))} "
            f"{'smaller' if rest < 0 else 'larger'}."
        )
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
        unserved = "All traction is served."
    else:
        unserved = f"Traction energy not served: {kwh(after.unserved_kwh)}, today {kwh(before.unserved_kwh)}."
    return f"{peak} {reuse} {unserved}"


def _utility(result: PlanResult) -> str:
    """Energy from the DC terminals to the utility meter; empty for a result of an earlier version."""
    after, before = result.plan, result.baseline
    if after.utility_kwh is None or before.utility_kwh is None:
        return ""
    parts = [
        kwh(after.energy_kwh) + " at the DC terminals",
        kwh(after.load_losses_kwh or 0.0) + " load losses of transformers and rectifiers",
        kwh(after.no_load_losses_kwh or 0.0) + " no-load losses of transformers",
    ]
    if (returned := after.return_losses_kwh or 0.0) >= 1.0:
        parts.append(kwh(returned) + " losses of inverters")
    return (
        f"From the DC terminals to the utility meter, the plan draws {' + '.join(parts)} = {kwh(after.utility_kwh)}, "
        f"today {kwh(before.utility_kwh)}."
    )


def _cost(result: PlanResult) -> str:
    before, after = result.baseline, result.plan
    if before.cost is None or after.cost is None or before.co2_kg is None or after.co2_kg is None:
        return ""
    return (
        f"Electricity costs {after.cost:,.0f} {result.currency} a day instead of {before.cost:,.0f} (energy by time of "
        f"use and the daily part of the demand charge), and causes {after.co2_kg:,.0f} kg of CO2 instead of "
        f"{before.co2_kg:,.0f} kg."
    )


def _checks(result: PlanResult) -> str:
    rules = len(result.checks.rules)
    if result.checks.passed:
        return f"All {rules} rules of the checker hold on the finished plan."
    count = len(result.checks.violations)
    return f"The checker found {count} violation{'s' if count != 1 else ''} of its {rules} rules; do not run this plan."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
