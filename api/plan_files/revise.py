"""A plan of an edited timetable: checked and judged without a search, with its own files."""

from collections.abc import Callable
from dataclasses import replace

from api.plan_files.folder import WrittenPlan
from api.version import headwatt_version
from dispatch.plans.longer_trips import allowed_in
from dispatch.plans.plan_record import FileEdit, PlanFacts, RevisedFrom
from simulation.experiment import PlanExperiment, PlanRequest, judge_written_plan


def revised(
    written: WrittenPlan,
    replications: int,
    seed: int,
    workers: int,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> PlanExperiment:
    """Check and judge the present timetable of a plan folder, on `replications` pairs of days of `seed`.

    The plan keeps its options; its facts contain the plan before the edit. Raises `InputFaults` for running times in
    force that no train can keep.
    """
    plan, state = written.plan, written.state
    request = PlanRequest(
        scenario=written.scenario,
        mode=plan.mode,
        replications=replications,
        seed=seed,
        vehicle=written.vehicle,
        fleet=written.fleet,
        as_type=plan.options.as_type,
        workers=workers,
        peak_limit_kw=plan.options.peak_limit_kw,
        longer_trips_s=allowed_in(plan),
        notes=(_note(written),),
    )
    origin = RevisedFrom(state.plan_sha256, tuple(FileEdit(one.file, one.change) for one in state.changes))
    edited = replace(
        plan,
        scenario_hash=written.scenario.hash,
        seed=seed,
        version=headwatt_version(),
        facts=PlanFacts(revised=origin),
    )
    return judge_written_plan(request, edited, progress)


def _note(written: WrittenPlan) -> str:
    changes = written.state.words()
    why = f"edited by hand ({changes})" if changes else "written by an earlier version or edited by hand"
    if written.state.is_as_written:
        why = "written before"
    return f"The plan was {why}; it was checked and judged as it was, without a search."
