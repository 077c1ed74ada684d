"""What follows from the end of a calibration or a check of telemetry: the state of the fleet of the line."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from api.state.audit import Change, note
from api.state.database import Session
from api.state.files import FileStore
from api.state.fleet import NewModel, add_models, put_report, replace_days
from api.state.job_tables import JobRow


def publish_fleet(session: Session, files: FileStore, job: JobRow, result: Mapping[str, Any]) -> None:
    """Add the models of a calibration and its ranking, or the days of a check of telemetry; other jobs have neither."""
    line_id = job.line_id
    if line_id is None or job.kind not in ("calibrate", "check-telemetry"):
        return
    if job.kind == "calibrate":
        found = _read(files, result, "fleet.json")
        count = add_models(session, line_id, job.id, job.owner_id, map(_model, found["models"]))
        put_report(session, line_id, "ranking", job.id, found["report"])
        note(session, Change("fleet.calibrated", "line", line_id, line_id, None, {"models": count}), job.owner_id)
        return
    found = _read(files, result, "result.json")
    days = found.pop("days")
    replace_days(session, line_id, days)
    put_report(session, line_id, "telemetry", job.id, found)


def _read(files: FileStore, result: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(json.loads(files.path(result["files"][name]).read_bytes()))


def _model(content: Mapping[str, Any]) -> NewModel:
    source = content["source"]
    return NewModel(
        source["vehicles"][0], date.fromisoformat(source["day"]), content["version"], content["train_type"], content
    )  # fmt: skip
