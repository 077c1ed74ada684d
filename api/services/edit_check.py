"""The quick check of an edit by hand: every rule of the checker on the moved timetable, without simulated days.

It runs in the process beside the service, which keeps the last plans that were edited, so that an editor gets an answer
while the planner types.
"""

import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from api.jobs.place import JobPlace
from api.plan_files.edits import EditReport, PlanEdit
from api.plan_files.folder import WrittenPlan
from api.plan_files.moved import moved
from api.plan_files.proof import violations_json
from api.plan_files.sound_plan import read_sound_plan
from api.state.database import Database
from api.state.files import FileStore
from dispatch.checker.check import check
from dispatch.checker.known import Known
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from energy_models.faults import InputFaults
from scenarios.values.shortest_running_times import ShortestTimes

MOST_PLANS = 4
"""Plans that the process keeps; a plan of 368 trips takes about 20 MB."""


@dataclass(frozen=True)
class _Kept:
    written: WrittenPlan
    in_force: Timetable
    shortest: ShortestTimes
    known: Known = field(default_factory=Known)


class EditChecks:
    """Checks edits, and keeps what the checks of a plan share."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files
        self._kept: OrderedDict[tuple[str, int], _Kept] = OrderedDict()

    def report(self, edit: PlanEdit) -> EditReport:
        """Check an edit against every rule."""
        try:
            kept = self._plan(edit.plan_id, edit.version)
            plan = moved(kept.written.plan, dict(edit.moves), edit.stops)
        except InputFaults as error:
            return EditReport(0, (), tuple(error.faults))
        scenario = kept.written.scenario
        report = check(plan, scenario, kept.in_force, kept.shortest, kept.known)
        return EditReport(len(report.rules), tuple(violations_json(report, scenario)))

    def _plan(self, plan_id: str, version: int) -> _Kept:
        key = (plan_id, version)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        with tempfile.TemporaryDirectory(prefix="headwatt-edit-") as scratch:
            written = read_sound_plan(JobPlace(self._database, self._files, Path(scratch)).plan(plan_id, version))
        scenario = written.scenario
        kept = _Kept(written, timetable_in_force(scenario), ShortestTimes(scenario, written.stock()))
        self._kept[key] = kept
        while len(self._kept) > MOST_PLANS:
            self._kept.popitem(last=False)
        return kept
