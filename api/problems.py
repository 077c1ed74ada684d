"""All errors of the service: one table of code, HTTP status, sentence, and the party at fault."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, TypeVar

from energy_models.faults import Infeasible, InputFaults, kind_of_fault

_Fault = TypeVar("_Fault")

Culprit = Literal["caller", "nobody", "headwatt"]


@dataclass(frozen=True)
class Kind:
    """One row of the table."""

    code: str
    status: int
    title: str
    whose_fault: Culprit


class ProblemKind(Enum):
    """The table. The codes are stable; clients may use them."""

    MALFORMED_JSON = Kind("malformed-json", 400, "The request body is not JSON", "caller")
    KEY_REQUIRED = Kind("key-required", 401, "The request needs a valid key", "caller")
    ROLE_MISSING = Kind("role-missing", 403, "The user has no role for this", "caller")
    UNKNOWN_PATH = Kind("unknown-path", 404, "There is no resource at this address", "caller")
    UNKNOWN_PLAN = Kind("unknown-plan", 404, "There is no plan with this id", "caller")
    UNKNOWN_USER = Kind("unknown-user", 404, "There is no user with this name", "caller")
    UNKNOWN_VEHICLE = Kind("unknown-vehicle", 404, "There is no such model of a vehicle", "caller")
    UNKNOWN_FILE = Kind("unknown-file", 404, "A plan has no file of this name", "caller")
    UNKNOWN_HOST = Kind("unknown-host", 421, "The service is not addressed by this name", "caller")
    NO_CSRF_TOKEN = Kind(
        "csrf-token-required", 403, "The request of a session needs the token of the session", "caller"
    )
    CROSS_ORIGIN = Kind("cross-origin", 403, "A page of another origin sent the request", "caller")
    METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "This address does not allow this method", "caller")
    NOT_FINISHED = Kind("not-finished", 409, "The plan is not finished", "caller")
    ALREADY_FINISHED = Kind("already-finished", 409, "The plan has already ended", "caller")
    PLAN_EDITED = Kind("plan-edited", 409, "The files of the plan were changed after it was written", "caller")
    INVALID_REQUEST = Kind("invalid-request", 422, "The request has faults", "caller")
    INPUT_FAULTS = Kind("input-faults", 422, "The input has faults", "caller")
    INFEASIBLE = Kind("infeasible", 422, "The requirements are infeasible", "nobody")
    NO_TELEMETRY = Kind("no-telemetry-store", 409, "The service has no telemetry store", "caller")
    TOO_SLOW = Kind("too-slow", 408, "The request body arrived too slowly", "caller")
    WRONG_MEDIA_TYPE = Kind("wrong-media-type", 415, "The request body has another form than JSON", "caller")
    TOO_LARGE = Kind("too-large", 413, "The request body is too large", "caller")
    QUEUE_FULL = Kind("queue-full", 429, "Too many plans are waiting", "nobody")
    HTTP_ERROR = Kind("http-error", 400, "The request was rejected", "caller")
    INTERNAL = Kind("internal-error", 500, "Headwatt failed", "headwatt")
    LIMIT_REACHED = Kind("limit-reached", 422, "The job reached the limit of its time", "caller")
    UNAVAILABLE = Kind("unavailable", 503, "The service cannot reach its database", "headwatt")
    NO_PROVIDER = Kind("provider-unavailable", 503, "The provider of the tokens does not answer", "headwatt")
    NOT_READY = Kind("not-ready", 503, "The service cannot do its work", "headwatt")
    STALE = Kind("stale", 412, "The object was changed after it was read", "caller")
    NO_MATCH_GIVEN = Kind("if-match-required", 428, "The request needs the header If-Match", "caller")
    KEY_REUSED = Kind("idempotency-key-reused", 422, "The Idempotency-Key belongs to another request", "caller")
    WRONG_STATE = Kind("wrong-state", 409, "The state of the plan does not allow this step", "caller")
    SAME_PERSON = Kind("second-person-required", 409, "A second person has to approve the plan", "caller")
    UNKNOWN_LINE = Kind("unknown-line", 404, "There is no line with this id", "caller")
    NOT_LIVE = Kind("not-live", 404, "The line has never run live", "caller")
    UNKNOWN_JOB = Kind("unknown-job", 404, "There is no job with this id", "caller")
    UNKNOWN_VERSION = Kind("unknown-version", 404, "There is no version with this number", "caller")
    RULES_BROKEN = Kind("rules-broken", 422, "The timetable breaks rules", "caller")
    READ_ONLY = Kind("read-only", 409, "A bundled line cannot be changed", "caller")
    NO_BEST = Kind("no-best", 409, "The job has no best result so far", "caller")
    WORKER_DIED = Kind("worker-died", 500, "The process that computed the plan ended without a result", "headwatt")


@dataclass(frozen=True)
class Problem:
    """One problem in the form of RFC 9457, with `code`, `whose_fault` and all faults in `errors`."""

    kind: ProblemKind
    detail: str
    errors: tuple[dict[str, str], ...] = ()
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        """Status of the HTTP response."""
        return self.status if self.status is not None else self.kind.value.status

    def as_json(self, instance: str = "") -> dict[str, Any]:
        """The problem+json object; `instance` is the path of the request."""
        row = self.kind.value
        body: dict[str, Any] = {
            "type": f"urn:headwatt:problem:{row.code}",
            "title": row.title,
            "status": self.http_status,
            "detail": self.detail,
            "code": row.code,
            "whose_fault": row.whose_fault,
        }
        if instance:
            body["instance"] = instance
        if self.errors:
            body["errors"] = list(self.errors)
        return body


MOST_OF_A_KIND, MOST_FAULTS = 20, 200
"""Most faults of one kind, and most faults, that an answer lists; the others are counted."""


def few_of_each_kind(faults: Iterable[_Fault], kind: Callable[[_Fault], Hashable]) -> list[_Fault]:
    """The first faults of each kind, as many as an answer lists."""
    count: Counter[Hashable] = Counter()
    kept: list[_Fault] = []
    for fault in faults:
        of = kind(fault)
        count[of] += 1
        if count[of] <= MOST_OF_A_KIND and len(kept) < MOST_FAULTS:
            kept.append(fault)
    return kept


def not_listed(count: int) -> tuple[dict[str, str], ...]:
    """The entry that counts the faults which an answer does not list; none if it lists all."""
    words = f"{count} further fault{'s' if count != 1 else ''} of the same kinds"
    return ({"field": "", "detail": words, "value": ""},) if count else ()


class ProblemError(Exception):
    """Raised in the service to respond with a problem."""

    def __init__(self, kind: ProblemKind, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        self.problem = Problem(kind, detail, tuple(errors))
        super().__init__(detail)


def problem_of(error: BaseException) -> Problem:
    """The problem of an exception; an exception that is not in the table is a fault of Headwatt."""
    match error:
        case ProblemError():
            return error.problem
        case InputFaults():
            count = len(error.faults)
            faults = [
                {"file": f.file, "place": f.place, "field": f.field, "value": f.value, "allowed": f.allowed,
                 "detail": str(f)}
                for f in few_of_each_kind(error.faults, kind_of_fault)
            ]  # fmt: skip
            return Problem(
                ProblemKind.INPUT_FAULTS,
                f"{count} fault{'s' if count != 1 else ''} in the input",
                (*faults, *not_listed(count - len(faults))),
            )
        case Infeasible():
            reasons = tuple({"detail": reason} for reason in error.reasons)
            return Problem(ProblemKind.INFEASIBLE, "; ".join(error.reasons), reasons)
        case _:
            return Problem(ProblemKind.INTERNAL, f"{type(error).__name__}: {error}")
