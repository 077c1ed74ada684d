"""Parameters that several routes share: pages of lists, repeatable orders, and the headers of conditional requests."""

from typing import Annotated

from fastapi import Header, Query

from api.problems import ProblemError, ProblemKind

JSON = "application/json"
BODY_PROBLEMS = (ProblemKind.MALFORMED_JSON, ProblemKind.INVALID_REQUEST, ProblemKind.INPUT_FAULTS)
"""What may be wrong with a body."""
ORDER_PROBLEMS = (*BODY_PROBLEMS, ProblemKind.QUEUE_FULL, ProblemKind.KEY_REUSED, ProblemKind.UNAVAILABLE)
"""What may be wrong with an order."""

LISTED, MOST_LISTED = 50, 500
"""Length of a list without `limit`, and the largest one."""
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED)]
Cursor = Annotated[str | None, Query(max_length=300, description="`cursor` of the address in `next`.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A repeated request with the same key and the same order gets the same answer, for a week.",
    ),
]
EventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=40, pattern=r"^[0-9]+$", description="Id of the last event that arrived."),
]
Match = Annotated[str | None, Header(alias="If-Match", max_length=200, description="The `ETag` that was read.")]
NoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=200)]


def required_tag(given: str | None) -> str:
    """The tag in `If-Match`, without quotation marks; raises `ProblemError` without the header."""
    if given is None:
        raise ProblemError(ProblemKind.NO_MATCH_GIVEN, "Send the ETag of what was read.")
    return given.removeprefix('"').removesuffix('"')
