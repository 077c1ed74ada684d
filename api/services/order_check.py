"""The quick check of an order in a process of its own: faults that need the scenario are found before the job.

The same process compares versions of scenarios, reads their values, and checks edits of plans, so that the process that
answers requests reads no scenario.
"""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from api.jobs.plan_order import PlanOrder
from api.plan_files.edits import EditReport, PlanEdit
from api.services.side_process import NoAnswerError, SideProcess
from api.services.text_differences import FileDifference, Paths, differences
from api.state.files import FileStore
from energy_models.faults import Fault

PATIENCE_S = 10.0
EDIT_PATIENCE_S = 60.0
"""For the check of an edit: the first check of a plan reads its files and compiles, and an end would begin it anew."""
_START_PATIENCE_S = 60.0
_MOST_WAITING = 8
_KEPT_VALUES = 20
"""Values of scenarios that are kept; the files of a version never change."""
_NICENESS = 5
_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


class OrderCheck:
    """Checks orders one after the other.

    A check that takes too long ends together with its process; the job then finds the faults. The first check after the
    start of the process also waits for this start.
    """

    def __init__(self, database_url: str, data: Path, patience_s: float = PATIENCE_S) -> None:
        self._arguments = (database_url, str(data))
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._waiting = 0
        self._schema: dict[str, Any] | None = None
        self._values: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
        self._process = SideProcess(_begin, self._arguments, _START_PATIENCE_S)

    def start(self) -> None:
        """Start the process, which needs some seconds for its imports, so that later orders do not wait for them."""
        self._process.start()

    def faults(self, order: PlanOrder) -> tuple[Fault, ...] | None:
        """The faults of an order; None if the check was not complete in time."""
        return self._in_process(_faults_of, order)

    def differences(self, paths: Paths) -> tuple[FileDifference, ...] | None:
        """What differs between two versions of files; None if the comparison was not complete in time."""
        return self._in_process(differences, paths)

    def edit(self, edit: PlanEdit) -> EditReport | None:
        """The violations of a plan edited by hand; None if the check was not complete in time."""
        return self._in_process(_report_of, edit, max(self._patience_s, EDIT_PATIENCE_S))

    def scenario_schema(self) -> dict[str, Any] | None:
        """The JSON schema of scenarios, which is kept; None if the process does not answer in time."""
        self._schema = self._schema or self._in_process(_schema_of, None)
        return self._schema

    def scenario_values(self, names: Mapping[str, str]) -> dict[str, Any] | None:
        """The values of a scenario for a form, from its files; None if they could not be read in time."""
        key = tuple(sorted(names.items()))
        found = self._values.get(key) or self._in_process(_values_of, (self._arguments[1], names))
        if found is not None:
            self._values = dict([*self._values.items(), (key, found)][-_KEPT_VALUES:])
        return found

    def _in_process(
        self, call: Callable[[_Given], _Found], given: _Given, patience_s: float | None = None
    ) -> _Found | None:
        with self._lock:
            if self._waiting >= _MOST_WAITING:
                return None
            self._waiting += 1
        try:
            return self._process.call(call, given, patience_s if patience_s is not None else self._patience_s)
        except NoAnswerError:
            return None
        finally:
            with self._lock:
                self._waiting -= 1

    def stop(self) -> None:
        """End the process; the next order starts another one."""
        self._process.stop()


# The imports of the process of the check are in its functions: the process that answers requests computes nothing, so
# that it need not import what computes.


def _begin(database_url: str, data: str) -> None:
    os.nice(_NICENESS)
    from api.services import check_process  # noqa: PLC0415

    check_process.begin(database_url, data)


def _faults_of(order: PlanOrder) -> tuple[Fault, ...]:
    from api.services import check_process  # noqa: PLC0415

    return check_process.faults_of(order)


def _report_of(edit: PlanEdit) -> EditReport:
    from api.services import check_process  # noqa: PLC0415

    return check_process.report_of(edit)


def _schema_of(nothing: None) -> dict[str, Any]:
    del nothing
    from api.services.scenario_values import scenario_schema  # noqa: PLC0415

    return scenario_schema()


def _values_of(given: tuple[str, Mapping[str, str]]) -> dict[str, Any] | None:
    data, names = given
    from api.services.scenario_values import scenario_values  # noqa: PLC0415

    return scenario_values(FileStore(Path(data)), names)
