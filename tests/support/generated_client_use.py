"""The main job with a generated client: order a plan, follow it, read its result, approve it.

A program of its own, which `tests/api/http/test_generated_client.py` starts beside the generated package `client`.
"""

import json
import sys
import time

from client import Client  # type: ignore[import-not-found]
from client.api.approvals import read_steps, take_step  # type: ignore[import-not-found]
from client.api.plans import list_plans, order_plan, read_plan  # type: ignore[import-not-found]
from client.models import PlanModel, PlanOrderModel, ProblemModel, StepModel  # type: ignore[import-not-found]

ENDED = ("succeeded", "infeasible", "failed", "cancelled")


def main() -> None:
    client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
    refused = order_plan.sync(client=client, body=PlanOrderModel(scenario="no_such_line"))
    assert isinstance(refused, ProblemModel), refused
    assert refused.code == "input-faults", refused

    body = PlanOrderModel.from_dict({"scenario": "tutorial_line", "effort": "quick", "replications": 2})
    ordered = order_plan.sync(client=client, body=body, idempotency_key="a-key")
    assert isinstance(ordered, PlanModel), ordered
    again = order_plan.sync(client=client, body=body, idempotency_key="a-key")
    assert again.id == ordered.id

    while True:
        found = read_plan.sync_detailed(ordered.id, client=client)
        if found.parsed.status in ENDED:
            break
        time.sleep(1.0)
    plan = found.parsed
    assert plan.status == "succeeded", plan.problem
    unchanged = read_plan.sync_detailed(ordered.id, client=client, if_none_match=found.headers["etag"])
    assert unchanged.status_code == 304

    step = StepModel.from_dict({"step": "approve", "note": "By a generated client."})
    without_tag = take_step.sync(ordered.id, client=client, body=step)
    assert isinstance(without_tag, ProblemModel), without_tag
    approved = take_step.sync(ordered.id, client=client, body=step, if_match=found.headers["etag"])
    steps = read_steps.sync(ordered.id, client=client)
    listed = list_plans.sync(client=client, limit=5)
    print(
        json.dumps(
            {
                "saving_percent": plan.saving_percent,
                "energy_kwh": plan.result.plan.energy_kwh,
                "approval": approved.approval.state,
                "steps": [one.after for one in steps.steps],
                "listed": [one.id for one in listed.plans] == [ordered.id],
            }
        )
    )


if __name__ == "__main__":
    main()
