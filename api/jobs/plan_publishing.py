"""The files and figures of a plan, named in the transaction that ends its job."""

from collections.abc import Mapping
from typing import Any

from api.state.database import Session
from api.state.files import FileStore, name_files
from api.state.plans import VersionFacts, change_approval, plan_record, publish_version

BY_HEADWATT = "headwatt"
"""The actor of steps that Headwatt itself takes."""


def publish_plan(session: Session, files: FileStore, job_id: str, result: Mapping[str, Any]) -> None:
    """Name the files and figures of a plan in the transaction that ends its job; a proven plan becomes judged."""
    facts = result["facts"]
    name_files(session, files, result["files"].values())
    plan_id = publish_version(
        session,
        job_id,
        result["files"],
        VersionFacts(
            result_status=facts["result_status"],
            scenario_hash=facts["scenario_hash"],
            plan_sha256=facts["plan_sha256"],
            model_version=facts["model_version"],
            figures=facts["figures"],
        ),
    )
    if plan_id is None or not facts["checks_passed"]:
        return
    steps = [("checked", "The checker proved every rule.")]
    if facts["result_status"] == "feasible":
        steps.append(("judged", "The judge found no objection on the simulated days."))
    for state, note in steps:
        record = plan_record(session, plan_id)
        assert record is not None
        change_approval(session, record.plan, state, BY_HEADWATT, note)
