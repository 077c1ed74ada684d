"""The worker process: `python -m api.jobs.worker FOLDER` computes one job and writes its outcome."""

import os
import sys
import threading
import time
import traceback
from pathlib import Path

from api.jobs.request import plan_request
from api.jobs.store import KEEP_BEST, JobStore, end_job, order_of, read_json, replace_json
from api.plan_files.folder import write_plan_folder
from api.problems import problem_of
from dispatch.timing.task import SearchStop
from energy_models.faults import Infeasible
from simulation.experiment import run_plan_experiment

_NICENESS = 10
"""Nice value: the API process has priority over planning on the same core."""

_BETWEEN_WRITES_S = 0.2
_LOOK_EVERY_S = 0.2


class ProgressFile:
    """Writes the progress for the API, at most a few times per second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stage = ""
        self._written_s = 0.0

    def __call__(self, stage: str, share: float) -> None:
        """Record the stage and the share of the stage that is done."""
        now_s = time.monotonic()
        if stage == self._stage and now_s - self._written_s < _BETWEEN_WRITES_S and share < 1.0:
            return
        self._stage, self._written_s = stage, now_s
        replace_json(self._path, {"stage": stage, "share": min(max(share, 0.0), 1.0)})


def work(folder: Path) -> None:
    """Compute the job of a folder; every end writes an outcome to the disk."""
    try:
        order = order_of(read_json(folder / "order.json") or {})
        progress = ProgressFile(folder / "progress.json")
        progress("preparing", 0.0)
        request = plan_request(order, JobStore(folder.parent))
        stop = SearchStop()
        threading.Thread(target=_stop_when_asked, args=(folder, stop), name="headwatt-stop", daemon=True).start()
        experiment = run_plan_experiment(request, progress, stop)
        progress("writing the plan", 0.0)
        write_plan_folder(experiment, folder / "plan")
    except Infeasible as error:
        end_job(folder, "infeasible", problem_of(error).as_json())
    except Exception as error:
        traceback.print_exc()
        end_job(folder, "failed", problem_of(error).as_json())
    else:
        end_job(folder, "succeeded")


def _stop_when_asked(folder: Path, stop: SearchStop) -> None:
    """End the search, now or when it begins, if the best plan so far is requested."""
    while not (stop.is_searching and (folder / KEEP_BEST).exists()):
        time.sleep(_LOOK_EVERY_S)
    stop.cancel()


if __name__ == "__main__":
    os.nice(_NICENESS)
    work(Path(sys.argv[1]))
