"""The stable result of an experiment: the object that `--json`, `result.json` and HTTP have."""

from api.input_effects import input_range_of
from api.result import Checks, Choice, PeriodPatterns, PlanResult
from api.savings import savings_of
from api.source_names import violation_line
from api.version import headwatt_version
from dispatch.headways.trade import HeadwayChoice
from dispatch.planner.refusals import over_tracks_of
from dispatch.plans.running_patterns import running_patterns
from scenarios.rules.plausible import unacknowledged
from scenarios.values.train_numbers import train_numbers
from simulation.experiment import PlanExperiment


def result_of(experiment: PlanExperiment) -> PlanResult:
    """The stable object of an experiment."""
    request = experiment.request
    potential = experiment.potential
    numbers = train_numbers(request.scenario)
    return PlanResult(
        scenario=request.scenario.name,
        mode=request.mode,
        status=experiment.status,
        metering_point=experiment.metering_point,
        baseline=experiment.baseline,
        plan=experiment.planned,
        saving_percent=experiment.saving_percent,
        saving_ci95_percent=experiment.saving_ci95_percent,
        saving_caveat=experiment.saving_caveat,
        no_saving_because=list(experiment.no_saving_because),
        replications=experiment.replications,
        levers=list(experiment.levers),
        checks=Checks(
            passed=experiment.check.passed,
            rules=[str(rule) for rule in experiment.check.rules],
            violations=[violation_line(violation, numbers) for violation in experiment.check.violations],
        ),
        seconds={stage: round(seconds, 3) for stage, seconds in experiment.seconds.items()},
        seed=request.seed,
        scenario_hash=request.scenario.hash,
        version=headwatt_version(),
        notes=list(experiment.notes),
        options=experiment.plan.options.to_json(),
        metadata=experiment.plan.facts.to_json(),
        currency=request.scenario.tariff.currency,
        objective=None if experiment.trade is None else experiment.trade.objective,
        pareto=[] if experiment.trade is None else [_choice(row) for row in experiment.trade.rows],
        undisturbed_today_kwh=None if potential is None else potential.today_kwh,
        undisturbed_kwh=None if potential is None else (potential.before_kwh, potential.after_kwh),
        bound_kwh=None if potential is None else potential.bound_kwh,
        share_of_gap_closed=None if potential is None else potential.share_of_gap_closed,
        saving_against_mean_phase_percent=experiment.saving_against_mean_phase_percent,
        savings=savings_of(experiment),
        longer_trips=experiment.longer_trips,
        shorter_standing=experiment.dwell_transfer,
        warnings=[*unacknowledged(request.scenario), *_crowded_terminals(experiment)],
        input_range=input_range_of(experiment),
        patterns=_patterns(experiment),
    )


def _crowded_terminals(experiment: PlanExperiment) -> list[str]:
    """Terminals with too few tracks for today's timetable, unless the scenario file acknowledges that."""
    found = over_tracks_of(experiment.baseline_plan.timetable, experiment.request.scenario)
    return [warning.sentence for warning in found if not warning.is_acknowledged]


def _patterns(experiment: PlanExperiment) -> list[PeriodPatterns]:
    found: dict[tuple[str, int, int], dict[str, int]] = {}
    for pattern in running_patterns(experiment.plan, experiment.request.scenario, experiment.baseline_plan.timetable):
        period = found.setdefault((pattern.direction, pattern.from_s, pattern.to_s), {})
        period[pattern.name] = len(pattern.trip_ids)
    return [
        PeriodPatterns(direction=direction, from_s=from_s, to_s=to_s, trips_by_pattern=trips)
        for (direction, from_s, to_s), trips in found.items()
    ]


def _choice(row: HeadwayChoice) -> Choice:
    return Choice(
        number=row.number,
        chosen=row.is_chosen,
        trips=row.trips,
        short_trips=row.short_trips,
        train_km=row.train_km,
        vehicles=row.vehicles,
        mean_waiting_s=row.mean_waiting_s,
        fullest_train_share=row.fullest_train_share,
        energy_kwh=row.energy_kwh,
        cost=row.cost,
        co2_kg=row.co2_kg,
        proven=row.is_proven,
    )
