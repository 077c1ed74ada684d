"""`/v1/live/LINE/handover` and `/v1/live/LINE/moments`: the handover of a shift, and moments of the past."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.access.roles import Action
from api.http.access import Require
from api.http.live import LineId, Seconds
from api.http.problems import documented
from api.http.service import TheService
from api.problems import ProblemKind
from api.services import live_shift

router = APIRouter(prefix="/v1/live", tags=["live"])
_READS = [Depends(Require(Action.READ_LIVE))]
_PROBLEMS = documented(
    ProblemKind.UNKNOWN_LINE, ProblemKind.NOT_LIVE, ProblemKind.UNKNOWN_PATH, ProblemKind.INVALID_REQUEST
)
Day = Annotated[date | None, Query(description="Service day; by default that of the snapshot.")]


@router.get("/{line_id}/handover", summary="Read the handover of a shift", dependencies=_READS, responses=_PROBLEMS)
def live_handover(
    line_id: LineId, service: TheService, from_s: Seconds = None, to_s: Seconds = None, day: Day = None
) -> dict[str, Any]:
    """Open alarms, stops of advising, feeds, model against meters, log and changes of plans; by default of 8 hours."""
    return live_shift.handover(service.live, line_id, from_s, to_s, day)


@router.get("/{line_id}/moments", summary="Read a moment of the past", dependencies=_READS, responses=_PROBLEMS)
def live_moment(
    line_id: LineId,
    service: TheService,
    time_s: Annotated[float, Query(ge=0, le=172_800, description="Time in seconds of the day.")],
    day: Day = None,
) -> dict[str, Any]:
    """The snapshot that was kept at or up to ten seconds before a time, and the times that can be shown."""
    return live_shift.moment(service.live, line_id, time_s, day)
