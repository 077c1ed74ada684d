"""`/v1/telemetry`: rows of recorders for the telemetry store."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.access.roles import Action
from api.http.access import Require
from api.http.problems import documented
from api.http.service import TheService, caller_of
from api.ingest.receiver import Receiver
from api.problems import ProblemError, ProblemKind
from api.services.telemetry_log import counts_of

router = APIRouter(prefix="/v1/telemetry", tags=["telemetry"])

MOST_BODY_BYTES = 64_000_000
"""Largest body; 500,000 rows as CSV. Longer recordings are sent in several requests."""

_FORMS = (
    "application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.parquet", "application/gzip",
    "application/x-protobuf",
)  # fmt: skip


class ReceiptModel(BaseModel):
    """What became of the rows of a request; `rows_in` is the sum of the other four numbers."""

    model_config = ConfigDict(extra="forbid")

    rows_in: int = Field(description="Rows of the request.")
    stored: int = Field(description="Rows stored without a flag.")
    flagged: int = Field(description="Rows stored with a flag.")
    duplicates: int = Field(description="Rows that the store already had, or that the request contains twice.")
    quarantined: int = Field(description="Rows that cannot be stored; the store keeps their bytes and the reason.")
    flags: dict[str, int] = Field(description="Number of stored rows by flag.")
    reasons: dict[str, int] = Field(description="Number of quarantined rows by reason.")


@router.post(
    "",
    summary="Send telemetry",
    dependencies=[Depends(Require(Action.SEND_TELEMETRY))],
    response_description="Every row is stored durably, or counted with its reason.",
    responses=documented(
        ProblemKind.NO_TELEMETRY, ProblemKind.TOO_LARGE, ProblemKind.INPUT_FAULTS, ProblemKind.INVALID_REQUEST
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "Rows as the mapping of the source describes them; the form is recognised by the bytes.",
            "content": {form: {"schema": {"type": "string", "format": "binary"}} for form in _FORMS},
        }
    },
)
async def receive_telemetry(
    request: Request,
    service: TheService,
    source: Annotated[
        str | None,
        Query(description="Kind of recorder, as its mapping file names it; needed if the service has several."),
    ] = None,
) -> ReceiptModel:
    """Store rows as JSON, NDJSON, CSV, Parquet or GTFS-Realtime vehicle positions, also compressed with gzip.

    The same request can be sent again.
    """
    receiver = request.app.state.receiver
    if not isinstance(receiver, Receiver):
        detail = "Start the service with --telemetry DIR and --mapping FILE."
        raise ProblemError(ProblemKind.NO_TELEMETRY, detail)
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_BODY_BYTES:
            detail = f"A request may have {MOST_BODY_BYTES / 1e6:.0f} MB; send the rows in several requests."
            raise ProblemError(ProblemKind.TOO_LARGE, detail)
    receipt = await run_in_threadpool(receiver.receive, bytes(content), source, "request")
    named = source or receiver.mapping(None).source
    await run_in_threadpool(service.telemetry_log.received, caller_of(request), named, counts_of(receipt))
    return ReceiptModel(
        rows_in=receipt.rows_in,
        stored=receipt.stored,
        flagged=receipt.flagged,
        duplicates=receipt.duplicates,
        quarantined=receipt.quarantined,
        flags=dict(receipt.flags),
        reasons=dict(receipt.reasons),
    )
