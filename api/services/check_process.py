"""The process of the quick check: it loads scenarios, makes requests of the planner and checks edits of plans."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from api.jobs.plan_order import PlanOrder
from api.jobs.request import Scenarios, plan_request, stored_fleets, stored_scenarios, stored_starts
from api.plan_files.edits import EditReport, PlanEdit
from api.services.edit_check import EditChecks
from api.services.kept import Kept
from api.state.database import Database
from api.state.files import FileStore
from api.state.lines import stored_version
from energy_models.faults import Fault, Infeasible, InputFaults
from scenarios.schema import Scenario
from simulation.experiment import PlanRequest

_KEPT_SCENARIOS = 8
"""Scenarios that stay in memory: most orders are for the scenario of the order before, which takes half a second."""

_requests: Callable[[PlanOrder], PlanRequest] | None = None
_edits: EditChecks | None = None


def begin(database_url: str, data: str) -> None:
    """Let the calls of this process read the database and the files of an installation."""
    global _requests, _edits  # noqa: PLW0603
    place = Database(database_url), FileStore(Path(data))
    _requests = partial(
        plan_request,
        starts=stored_starts(*place),
        scenarios=kept_scenarios(place[0], stored_scenarios(*place)),
        fleets=stored_fleets(place[0]),
    )
    _edits = EditChecks(*place)


def kept_scenarios(database: Database, load: Scenarios) -> Scenarios:
    """The scenarios that another function loads, of which the last ones are kept: a version never changes."""
    kept: Kept[tuple[str, int | None, tuple[str, ...]], Scenario] = Kept(_KEPT_SCENARIOS)

    def scenario(order: PlanOrder) -> Scenario:
        version = order.version
        if version is None:
            with database.reading() as session:
                version = stored_version(session, order.line_id)
        key = (order.scenario, version, order.overrides)
        found = kept.get(key)
        if found is None:
            found = load(replace(order, version=version))
            kept.put(key, found)
        return found

    return scenario


def faults_of(order: PlanOrder) -> tuple[Fault, ...]:
    """The faults of an order, with those that need its scenario."""
    assert _requests is not None
    try:
        _requests(order)
    except InputFaults as error:
        return tuple(error.faults)
    except Infeasible:
        return ()  # the job gives the reasons
    return ()


def report_of(edit: PlanEdit) -> EditReport:
    """The violations of a plan edited by hand."""
    assert _edits is not None
    return _edits.report(edit)
