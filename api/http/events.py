"""Server-sent events: the progress of a plan."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse

from api.http.service import Service
from api.services.plans import PlanView

_HEARTBEAT_S = 15.0


async def plan_events(service: Service, plan_id: str, after: int | None) -> StreamingResponse:
    """The changes of a plan after the event `after`, until the plan ends; raises `ProblemError` for an unknown plan."""
    first = await asyncio.to_thread(service.plans.read, plan_id)

    async def lines() -> AsyncIterator[str]:
        last = after
        view = first
        changes = service.changes.of(view.job.job_id, _HEARTBEAT_S)
        try:
            while True:
                if last is None or view.job.change > last:
                    last = view.job.change
                    yield _event(view)
                if view.job.has_ended:
                    return
                if await anext(changes):
                    view = await asyncio.to_thread(service.plans.read, plan_id)
                else:
                    yield ": the stream is open\n\n"
        finally:
            await changes.aclose()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


def _event(view: PlanView) -> str:
    job = view.job
    data = {
        "id": view.plan_id,
        "status": job.status,
        "stage": job.stage,
        "share": job.share,
        "is_ending": job.is_ending,
    }
    return f"id: {job.change}\nevent: plan\ndata: {json.dumps(data)}\n\n"
