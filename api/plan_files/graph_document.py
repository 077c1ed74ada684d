"""What the pages draw of a plan: stations, the trips of today and of the plan, and the power of both days."""

import gzip
import json
from pathlib import Path

from api.report.power import quarter_hours
from api.report.train_graph import graph_document
from energy_models.arrays import FloatArray
from simulation.experiment import PlanExperiment


def write_graph(experiment: PlanExperiment, file: Path) -> None:
    """Write the graph of an experiment as compressed JSON; the same experiment gives the same bytes."""
    document = graph_document(
        experiment.request.scenario,
        experiment.baseline_plan.timetable,
        experiment.plan.timetable,
        experiment.library,
        experiment.others,
    )
    start_s, interval_s = experiment.trace_start_s, experiment.trace_interval_s
    document["power"] = {
        "today": _quarters(experiment.baseline_trace, start_s, interval_s),
        "plan": _quarters(experiment.plan_trace, start_s, interval_s),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    file.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def _quarters(power_w: FloatArray, start_s: float, interval_s: float) -> list[list[int]]:
    """Begin of each quarter hour in seconds of the service day, and its mean power in kW."""
    begins_s, mean_kw = quarter_hours(power_w, start_s, interval_s)
    return [[int(begin_s), round(kw)] for begin_s, kw in zip(begins_s.tolist(), mean_kw.tolist(), strict=True)]
