"""`/v1/sessions` and `/v1/session`: begin, read and end the session of a browser."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access.principal import Principal
from api.access.roles import Action, Role
from api.access.sessions import cookie_name, csrf_token
from api.http.access import Require, without_key
from api.http.answer_headers import PAGE_HEADERS
from api.http.exposure import Exposure
from api.http.identify import SIGN_IN
from api.http.problems import documented
from api.http.service import TheActor, ThePrincipal, TheService
from api.problems import ProblemError, ProblemKind
from api.services.sessions import SessionView

router = APIRouter(tags=["access"])
_PAGE = Path(__file__).parents[1] / "pages" / "sign_in.html"
_Secret = Annotated[str | None, Field(repr=False)]


class CredentialModel(BaseModel):
    """A key, or the token of a one-time link."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"key": "hw_1a2b3c4d_..."}, {"link": "hwl_..."}]},
    )

    key: _Secret = None
    link: _Secret = None


class SessionModel(BaseModel):
    """The user of a request. `csrf_token` and `expires_at` belong to a session; a key has neither."""

    model_config = ConfigDict(extra="forbid")

    user: str
    roles: dict[str, Role] = Field(description="Roles of the user by line; `*` is every line.")
    limits: dict[str, Role] = Field(description="Limits of the key or session: the user may do what both allow.")
    csrf_token: str | None = Field(description="Header `X-CSRF-Token` of each changing request of the session.")
    expires_at: datetime | None = Field(description="Latest end of the session, in UTC.")

    @staticmethod
    def of(principal: Principal, session: SessionView | None) -> "SessionModel":
        """The wire form."""
        return SessionModel(
            user=principal.actor_id,
            roles=dict(principal.grants.roles),
            limits=dict(principal.scopes.roles),
            csrf_token=csrf_token(session.secret) if session is not None else None,
            expires_at=session.expires_at if session is not None else None,
        )


@router.get(SIGN_IN, include_in_schema=False, dependencies=[Depends(without_key)])
def sign_in_page() -> FileResponse:
    """The page on which a person enters a key or opens a one-time link."""
    return FileResponse(_PAGE, headers=PAGE_HEADERS)


@router.post(
    "/v1/sessions",
    summary="Begin a session",
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(without_key)],
    responses=documented(ProblemKind.INVALID_REQUEST),
)
def begin_session(given: CredentialModel, request: Request, response: Response, service: TheService) -> SessionModel:
    """Begin a session with a key, or with the token of a one-time link; the answer sets the cookie of the session."""
    if (given.key is None) == (given.link is None):
        raise ProblemError(ProblemKind.INVALID_REQUEST, "Give key or link, and not both.")
    began = service.sessions.begin(key=given.key or "", link=given.link or "")
    longest_s = int(service.sessions.lifetimes.longest.total_seconds())
    _set_cookie(request, response, began.secret, longest_s)
    return SessionModel.of(began.principal, began)


@router.get(
    "/v1/session",
    summary="Read the user of the request",
    dependencies=[Depends(Require(Action.READ_SERVICE))],
)
def read_session(request: Request, principal: ThePrincipal) -> SessionModel:
    """The user of the key or session with its roles; for a session also the token of its changing requests."""
    return SessionModel.of(principal, _session_of(request))


@router.delete(
    "/v1/session",
    summary="End the session",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    dependencies=[Depends(Require(Action.READ_SERVICE))],
)
def end_session(request: Request, service: TheService, actor: TheActor) -> Response:
    """End the session of the cookie; without a session, nothing ends."""
    session = _session_of(request)
    if session is not None:
        service.sessions.end(session.secret, actor)
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    _set_cookie(request, response, "", 0)
    return response


def _session_of(request: Request) -> SessionView | None:
    found = getattr(request.state, "session", None)
    return found if isinstance(found, SessionView) else None


def _set_cookie(request: Request, response: Response, secret: str, longest_s: int) -> None:
    exposure = request.app.state.exposure
    assert isinstance(exposure, Exposure)
    response.set_cookie(
        cookie_name(exposure.is_secure), secret, max_age=longest_s, path="/", secure=exposure.is_secure, httponly=True,
        samesite="strict",
    )  # fmt: skip
