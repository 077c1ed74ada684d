"""The savings of one plan, figure by figure: days, supply model and baseline of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.saving_figure import SavingFigure
from dispatch.plans.potential import against_mean_phase_percent
from energy_models.account.energy import J_PER_KWH
from simulation.experiment import PlanExperiment
from simulation.judging.judge import Judgement

SavingName = Literal[
    "judged",
    "judged-against-mean-phase",
    "judged-regulated",
    "judged-same-regulator",
    "simulated-undisturbed",
    "on-time-ladder",
    "on-time-equivalent",
    "on-time-against-mean-phase",
    "limit-of-timing",
]

LADDER = "two-track ladder"
EQUIVALENT = "one equivalent track"
ON_TIME = "one day, every train exactly on time, not simulated"
_IN_FORCE = "timetable in force"
_REGULATED = "timetable in force with the same controller"
_MEAN_PHASE = "timetable in force, mean over 12 phases between the directions"


@dataclass(frozen=True)
class SavingKind:
    """The basis of a saving. `differs` states why it is not the headline, `shown_in` where it is printed."""

    title: str
    days: str
    supply_model: str
    baseline: str
    differs: str
    shown_in: str


KINDS: Mapping[SavingName, SavingKind] = {
    "judged": SavingKind(
        "Judged saving",
        "paired simulated days with disturbances, mean",
        LADDER,
        _IN_FORCE,
        "The headline. Quote this figure.",
        "summary, report, `result.json`: `saving_percent`",
    ),
    "judged-against-mean-phase": SavingKind(
        "Judged saving against the mean phase",
        "paired simulated days with disturbances, mean",
        LADDER,
        _MEAN_PHASE,
        "The baseline is the mean over all phases between the up and the down direction, because the phase of the "
        "timetable in force is partly chance. The ratio of the two baselines is computed with every train on "
        "time, on one equivalent track.",
        "summary, report, `result.json`: `saving_against_mean_phase_percent`",
    ),
    "judged-regulated": SavingKind(
        "Judged saving with regulation",
        "paired simulated days with disturbances, mean; trains of the plan with a controller",
        LADDER,
        _IN_FORCE,
        "The trains of the plan have the controller of `--controller`; those of the timetable in force use their own "
        "control.",
        "summary, report, with `headwatt plan --controller`",
    ),
    "judged-same-regulator": SavingKind(
        "Judged saving with regulation on both days",
        "paired simulated days with disturbances, mean; all trains with a controller",
        LADDER,
        _REGULATED,
        "The trains of both timetables have the controller of `--controller`: what the plan saves on a line that is "
        "regulated already.",
        "summary, report, with `headwatt plan --controller`",
    ),
    "simulated-undisturbed": SavingKind(
        "Saving of the undisturbed simulated day",
        "one simulated day without disturbances",
        LADDER,
        _IN_FORCE,
        "Without disturbances trains meet as planned, so the saving differs from the mean over disturbed days.",
        "`headwatt replay PLAN` without `--seed`; the report's chart of the substation power",
    ),
    "on-time-ladder": SavingKind(
        "Saving with every train on time",
        ON_TIME,
        LADDER,
        _IN_FORCE,
        "The timetable is computed as it is written, with planned loads: no disturbances, no signalling, no passengers "
        "at the doors.",
        "`headwatt compare PLAN`",
    ),
    "on-time-equivalent": SavingKind(
        "Saving with every train on time, equivalent track",
        ON_TIME,
        EQUIVALENT,
        _IN_FORCE,
        "As above, and both tracks are one conductor. The search and the split by lever use this faster supply model.",
        "`headwatt explain PLAN`; the split by lever; `result.json`: `undisturbed_today_kwh`, `undisturbed_kwh`",
    ),
    "on-time-against-mean-phase": SavingKind(
        "Saving with every train on time against the mean phase",
        ON_TIME,
        EQUIVALENT,
        _MEAN_PHASE,
        "As above, and against the mean over all phases.",
        "`result.json`: `metadata.saving_against_mean_phase_percent`",
    ),
    "limit-of-timing": SavingKind(
        "Limit of the timing",
        ON_TIME,
        "no losses, all braking energy reused",
        _IN_FORCE,
        "Not a saving of this plan: no timing of these trips saves more on the day with every train on time.",
        "summary, report, `result.json`: `bound_kwh`",
    ),
}


def savings_of(experiment: PlanExperiment) -> list[SavingFigure]:
    """Every saving that Headwatt prints for this plan, the judged one first."""
    before_kwh, after_kwh = experiment.baseline.energy_kwh, experiment.planned.energy_kwh
    found = [_figure("judged", experiment.saving_percent, before_kwh, after_kwh)]
    potential = experiment.potential
    if potential is not None:
        share = potential.mean_phase_share
        percent = against_mean_phase_percent(before_kwh, after_kwh, share)
        found.append(_figure("judged-against-mean-phase", percent, before_kwh * share, after_kwh))
    regulation = experiment.regulation
    if regulation is not None:
        found.append(_judged("judged-regulated", regulation.regulated))
        found.append(_judged("judged-same-regulator", regulation.same_regulator))
    undisturbed_kwh = [
        float(trace_w.sum()) * experiment.trace_interval_s / J_PER_KWH
        for trace_w in (experiment.baseline_trace, experiment.plan_trace)
    ]
    found.append(_between("simulated-undisturbed", *undisturbed_kwh))
    if potential is not None:
        if potential.ladder_kwh is not None:
            found.append(_between("on-time-ladder", *potential.ladder_kwh))
        found += [
            _between("on-time-equivalent", potential.today_kwh, potential.after_kwh),
            _figure(
                "on-time-against-mean-phase",
                potential.against_mean_phase_percent,
                potential.today_kwh * potential.mean_phase_share,
                potential.after_kwh,
            ),
            _figure("limit-of-timing", potential.bound_percent, potential.today_kwh, potential.bound_kwh),
        ]
    return found


def _judged(name: SavingName, judgement: Judgement) -> SavingFigure:
    return _figure(name, judgement.saving_percent.mean, judgement.baseline.energy().mean, judgement.plan.energy().mean)


def _between(name: SavingName, before_kwh: float, after_kwh: float) -> SavingFigure:
    percent = 100.0 * (1.0 - after_kwh / before_kwh) if before_kwh > 0.0 else 0.0
    return _figure(name, percent, before_kwh, after_kwh)


def _figure(name: SavingName, percent: float, before_kwh: float, after_kwh: float) -> SavingFigure:
    kind = KINDS[name]
    return SavingFigure(
        name=name,
        title=kind.title,
        is_headline=name == "judged",
        saving_percent=percent,
        baseline_kwh=before_kwh,
        plan_kwh=after_kwh,
        days=kind.days,
        supply_model=kind.supply_model,
        baseline=kind.baseline,
        differs=kind.differs,
        shown_in=kind.shown_in,
    )
