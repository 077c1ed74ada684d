"""`/v1/live`: the state of live lines, their stream of snapshots, answers to advice, alarms and incidents."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query
from fastapi.responses import StreamingResponse

from api.access.roles import Action
from api.http.access import Require
from api.http.live_models import (
    AdviceAnsweredModel,
    AdvisingModel,
    AdvisingSetModel,
    AlarmActedModel,
    AlarmActionModel,
    AnswerModel,
    DisruptionModel,
    IncidentAddedModel,
    IncidentModel,
    LiveLineModel,
    LiveLinesModel,
    MessagesTakenModel,
    RecoveryAskedModel,
)
from api.http.problems import documented
from api.http.service import Service, TheActor, TheService
from api.problems import ProblemError, ProblemKind

router = APIRouter(prefix="/v1/live", tags=["live"])
MOST_ROWS = 50_000
_LOOK_S = 0.25
_HEARTBEAT_S = 15.0
_READS = [Depends(Require(Action.READ_LIVE))]
_OPERATES = [Depends(Require(Action.OPERATE_LIVE))]
_PROBLEMS = documented(ProblemKind.UNKNOWN_LINE, ProblemKind.NOT_LIVE, ProblemKind.INVALID_REQUEST)
_STATES = documented(
    ProblemKind.UNKNOWN_LINE,
    ProblemKind.NOT_LIVE,
    ProblemKind.UNKNOWN_PATH,
    ProblemKind.WRONG_STATE,
    ProblemKind.INVALID_REQUEST,
)
LineId = Annotated[str, Path(description="Id of the line.", max_length=100)]
ObjectId = Annotated[str, Path(max_length=200)]
Seconds = Annotated[float | None, Query(ge=0, le=172_800)]


@router.get("", summary="List live lines", dependencies=_READS)
def live_lines(service: TheService) -> LiveLinesModel:
    """The lines with a live process now or earlier."""
    return LiveLinesModel(lines=[LiveLineModel(**one) for one in service.live.all()])


@router.get("/{line_id}", summary="Read the newest snapshot of a live line", dependencies=_READS, responses=_PROBLEMS)
def live_line(line_id: LineId, service: TheService) -> dict[str, Any]:
    """Trains, substations, energy, advice, alarms and feeds, as the process of the line wrote them last."""
    return service.live.snapshot(line_id)


@router.get(
    "/{line_id}/timetable", summary="Read the timetable of a live line", dependencies=_READS, responses=_PROBLEMS
)
def live_timetable(line_id: LineId, service: TheService) -> dict[str, Any]:
    """Stations, trips of the timetable in operation, and of today's timetable if the line runs a plan."""
    return service.live.timetable(line_id)


@router.get("/{line_id}/history", summary="Read the history of a live line", dependencies=_READS, responses=_PROBLEMS)
def live_history(
    line_id: LineId,
    service: TheService,
    from_s: Seconds = None,
    to_s: Seconds = None,
    day: Annotated[date | None, Query(description="Service day; by default that of the snapshot.")] = None,
) -> dict[str, Any]:
    """Power, saving and events of trains between two times, by default the last two hours; at most 2,000 times."""
    return service.live.history(line_id, from_s, to_s, day)


@router.get(
    "/{line_id}/events",
    summary="Follow a live line",
    dependencies=_READS,
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Snapshots as server-sent events."},
        **_PROBLEMS,
    },
)
async def live_events(
    line_id: LineId, service: TheService, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Snapshots as events `state`, about one a second; `end` when the process of the line has gone.

    `id` is the sequence of the snapshot. A stream with `Last-Event-ID` begins with the next snapshot.
    """
    await asyncio.to_thread(service.live.snapshot, line_id)
    after = int(last_event_id) if last_event_id is not None and last_event_id.isdigit() else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(service, line_id, after), media_type="text/event-stream", headers=headers)


async def _stream(service: Service, line_id: str, after: int | None) -> AsyncIterator[str]:
    last, seen, silent_s, has_ended = after, 0, 0.0, False
    while True:
        change, is_stale = service.live.changed(line_id)
        if change != seen:
            seen, silent_s = change, 0.0
            found = await asyncio.to_thread(service.live.snapshot, line_id)
            # A process that begins anew with an empty folder counts from 1 again.
            if last is None or found["sequence"] != last:
                last = int(found["sequence"])
                has_ended = False
                yield f"id: {last}\nevent: state\ndata: {json.dumps(found, separators=(',', ':'))}\n\n"
        if is_stale and not has_ended:
            has_ended = True
            yield f'event: end\ndata: {{"line_id": {json.dumps(line_id)}}}\n\n'
        await asyncio.sleep(_LOOK_S)
        silent_s += _LOOK_S
        if silent_s >= _HEARTBEAT_S:
            silent_s = 0.0
            yield ": the stream is open\n\n"


@router.post("/{line_id}/advice/{advice_id}", summary="Answer advice", dependencies=_OPERATES, responses=_STATES)
def answer_advice(
    line_id: LineId, advice_id: ObjectId, answer: AnswerModel, service: TheService, actor: TheActor
) -> AdviceAnsweredModel:
    """Acknowledge or decline advice; the answer is in the audit log."""
    found = service.live.answer_advice(line_id, advice_id, answer.answer, answer.reason, actor)
    return AdviceAnsweredModel(**found)


@router.post("/{line_id}/advising", summary="Stop or resume advising", dependencies=_OPERATES, responses=_STATES)
def switch_advising(line_id: LineId, body: AdvisingModel, service: TheService, actor: TheActor) -> AdvisingSetModel:
    """Stop or resume advice for the line or for one train."""
    return AdvisingSetModel(**service.live.switch_advising(line_id, body.is_on, body.train_id, body.reason, actor))


@router.post("/{line_id}/alarms/{alarm_id}", summary="Act on an alarm", dependencies=_OPERATES, responses=_STATES)
def act_on_alarm(
    line_id: LineId, alarm_id: ObjectId, body: AlarmActionModel, service: TheService, actor: TheActor
) -> AlarmActedModel:
    """Acknowledge, shelve or unshelve an alarm."""
    found = service.live.act_on_alarm(line_id, alarm_id, body.action, body.minutes, body.reason, actor)
    return AlarmActedModel(**found)


@router.post(
    "/{line_id}/incidents", summary="Let an incident happen on a virtual line", dependencies=_OPERATES,
    responses=_STATES,
)  # fmt: skip
def add_incident(line_id: LineId, body: IncidentModel, service: TheService, actor: TheActor) -> IncidentAddedModel:
    """Hold a train or a station, take a substation out, or silence a train or the meters."""
    if body.at is None:
        needed = {"hold station": "station_id", "substation out": "substation_id"}.get(body.kind, "train_id")
        errors = [{"field": f"body.{needed}", "detail": f"`{body.kind}` needs {needed}", "value": "missing"}]
        raise ProblemError(ProblemKind.INVALID_REQUEST, "1 fault in the request", errors)
    found = service.live.add_incident(line_id, body.kind, body.at, body.from_s, body.duration_s, actor)
    return IncidentAddedModel(**found)


@router.post(
    "/{line_id}/recoveries", summary="Compare recoveries after a disruption", dependencies=_OPERATES,
    responses=_STATES, status_code=202,
)  # fmt: skip
def compare_recoveries(
    line_id: LineId, body: DisruptionModel, service: TheService, actor: TheActor
) -> RecoveryAskedModel:
    """Simulate the rest of the disruption and an hour with two or three recoveries, from the state of the line now."""
    if body.at is None:
        needed = {"section blocked": "station_id", "substation out": "substation_id"}.get(body.kind, "train_id")
        errors = [{"field": f"body.{needed}", "detail": f"`{body.kind}` needs {needed}", "value": "missing"}]
        raise ProblemError(ProblemKind.INVALID_REQUEST, "1 fault in the request", errors)
    value = {
        "kind": body.kind, "at": body.at, "direction": body.direction, "from_s": body.from_s,
        "duration_s": body.duration_s,
    }  # fmt: skip
    return RecoveryAskedModel(**service.live.compare_recoveries(line_id, value, actor))


@router.get(
    "/{line_id}/recoveries/{recovery_id}", summary="Read compared recoveries", dependencies=_READS, responses=_STATES
)
def read_recovery(line_id: LineId, recovery_id: ObjectId, service: TheService) -> dict[str, Any]:
    """The figures of each recovery that is computed, and the recommended one when all are; it is advice only."""
    return service.live.recovery(line_id, recovery_id)


@router.post(
    "/{line_id}/messages", summary="Send events and telemetry of a live line",
    dependencies=[Depends(Require(Action.SEND_LIVE))],
    responses=documented(ProblemKind.UNKNOWN_LINE, ProblemKind.QUEUE_FULL, ProblemKind.INVALID_REQUEST),
)  # fmt: skip
def send_messages(
    line_id: LineId,
    rows: Annotated[list[Any], Body(max_length=MOST_ROWS, description="Rows, see docs/live.md.")],
    service: TheService,
) -> MessagesTakenModel:
    """Keep rows for the process of the line, in the order of their arrival. A row that comes twice changes nothing."""
    return MessagesTakenModel(rows=service.live.receive(line_id, rows))
