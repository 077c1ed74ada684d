"""Server-sent events: the progress of a plan or a job."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from fastapi.responses import StreamingResponse

from api.http.service import Service
from api.jobs.port import Job

_HEARTBEAT_S = 15.0


async def plan_events(service: Service, plan_id: str, after: int | None) -> StreamingResponse:
    """The changes of a plan after the event `after`, until the plan ends; raises `ProblemError` for an unknown plan."""
    return await _events(service, "plan", plan_id, lambda: service.plans.read(plan_id).job, after)


async def job_events(service: Service, job_id: str, after: int | None) -> StreamingResponse:
    """The changes of a job after the event `after`, until the job ends; raises `ProblemError` for an unknown job."""
    return await _events(service, "job", job_id, lambda: service.jobs.read(job_id).job, after)


async def _events(
    service: Service, event: str, object_id: str, read: Callable[[], Job], after: int | None
) -> StreamingResponse:
    first = await asyncio.to_thread(read)

    async def lines() -> AsyncIterator[str]:
        last = after
        job = first
        changes = service.changes.of(job.job_id, _HEARTBEAT_S)
        try:
            while True:
                if last is None or job.change > last:
                    last = job.change
                    yield _event(event, object_id, job)
                if job.has_ended:
                    return
                if await anext(changes):
                    job = await asyncio.to_thread(read)
                else:
                    yield ": the stream is open\n\n"
        finally:
            await changes.aclose()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


def _event(event: str, object_id: str, job: Job) -> str:
    data = {
        "id": object_id, "status": job.status, "stage": job.stage, "share": job.share, "is_ending": job.is_ending,
        "best": job.best,
    }  # fmt: skip
    return f"id: {job.change}\nevent: {event}\ndata: {json.dumps(data)}\n\n"
