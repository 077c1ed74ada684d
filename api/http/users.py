"""`/v1/users`, `/v1/keys` and `/v1/audit`: who may use the installation, and what was done. For administrators."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from api.access.roles import Action, Role
from api.access.sessions import link_address
from api.http.access import Require
from api.http.problems import documented
from api.http.service import TheActor, TheService
from api.problems import ProblemError, ProblemKind
from api.services.access import LONGEST_NAME, KeyView, UserView
from api.services.audit import EntryView

router = APIRouter(tags=["access"])
_WIRE = ConfigDict(extra="forbid", frozen=True)
_MANAGE = [Depends(Require(Action.MANAGE_ACCESS))]
_BODY_PROBLEMS = (ProblemKind.MALFORMED_JSON, ProblemKind.INVALID_REQUEST, ProblemKind.INPUT_FAULTS)
_LINE = Annotated[str, Field(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str, Query(alias="cursor", max_length=LONGEST_NAME, description="`cursor` of the address in `next`.")]


class KeyModel(BaseModel):
    """A key without its secret; `roles` are its limits by line."""

    model_config = _WIRE

    key: str = Field(description="The begin of the key, which may be shown.")
    user: str
    roles: dict[str, Role]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @staticmethod
    def of(view: KeyView) -> "KeyModel":
        """The wire form."""
        roles = {line: Role(role) for line, role in view.roles.items()}
        return KeyModel(
            key=view.prefix, user=view.user, roles=roles, created_at=view.created_at, expires_at=view.expires_at,
            revoked_at=view.revoked_at,
        )  # fmt: skip


class NewKeyModel(BaseModel):
    """A new key; `secret` is the whole key, which no later answer contains."""

    model_config = _WIRE

    secret: str
    key: KeyModel


class WantedKeyModel(BaseModel):
    """A key that a user gets: limited to a role on lines, also if the user has further roles."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"user": "ada", "role": "planner", "lines": ["beijing_yizhuang"], "days": 90}]},
    )

    user: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    role: Role
    lines: Annotated[list[_LINE], Field(min_length=1, max_length=500)] = ["*"]
    days: Annotated[int, Field(ge=1, le=3650)] = 365


class UserModel(BaseModel):
    """A user with its roles by line; `*` is every line."""

    model_config = _WIRE

    name: str
    roles: dict[str, Role]
    disabled_at: datetime | None
    keys: list[KeyModel]

    @staticmethod
    def of(view: UserView) -> "UserModel":
        """The wire form."""
        roles = {line: Role(role) for line, role in view.roles.items()}
        keys = [KeyModel.of(key) for key in view.keys]
        return UserModel(name=view.name, roles=roles, disabled_at=view.disabled_at, keys=keys)


class RolesModel(BaseModel):
    """All roles of a user by line; `*` is every line."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"roles": {"beijing_yizhuang": "planner"}}]}
    )

    roles: Annotated[dict[_LINE, Role], Field(max_length=500)]


class LinkModel(BaseModel):
    """A link that signs the user in once; the address belongs behind that of the service."""

    model_config = _WIRE

    path: str = Field(examples=["/sign-in#link=hwl_..."])


class UserListModel(BaseModel):
    """Users by name, and the address of the users after these."""

    model_config = _WIRE

    users: list[UserModel]
    next: str | None


class KeyListModel(BaseModel):
    """Keys by their begin, and the address of the keys after these."""

    model_config = _WIRE

    keys: list[KeyModel]
    next: str | None


class EntryModel(BaseModel):
    """An entry of the audit log; `hash` covers the entry and the hash of the entry before it."""

    model_config = _WIRE

    number: int
    at: datetime
    user: str
    request_id: str
    action: str
    object_kind: str
    object_id: str
    line: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str

    @staticmethod
    def of(view: EntryView) -> "EntryModel":
        """The wire form."""
        return EntryModel(
            number=view.number, at=view.at, user=view.actor_id, request_id=view.request_id, action=view.action,
            object_kind=view.object_kind, object_id=view.object_id, line=view.line_id, before=view.before,
            after=view.after, hash=view.hash,
        )  # fmt: skip


class AuditModel(BaseModel):
    """Entries of the audit log, newest first, and the address of the entries before these."""

    model_config = _WIRE

    entries: list[EntryModel]
    next: str | None


@router.get("/v1/users", summary="List the users", dependencies=_MANAGE, responses=documented(*_BODY_PROBLEMS[1:2]))
def list_users(service: TheService, limit: Limit = 50, after: After = "") -> UserListModel:
    """Users with their roles and keys, by name."""
    found = service.access.users(limit + 1, _storable(after))
    following = _next("/v1/users", limit, found[limit - 1].name) if len(found) > limit else None
    return UserListModel(users=[UserModel.of(user) for user in found[:limit]], next=following)


@router.get(
    "/v1/users/{user_id}", summary="Read a user", dependencies=_MANAGE, responses=documented(ProblemKind.UNKNOWN_USER)
)
def read_user(user_id: str, response: Response, service: TheService) -> UserModel:
    """A user with its roles and keys."""
    view = service.access.user(_known(user_id))
    if view is None:
        raise _unknown_user(user_id)
    response.headers["ETag"] = f'"{view.tag}"'
    return UserModel.of(view)


@router.put(
    "/v1/users/{user_id}",
    summary="Set the roles of a user",
    dependencies=_MANAGE,
    responses=documented(*_BODY_PROBLEMS, ProblemKind.STALE, ProblemKind.NO_MATCH_GIVEN)
    | {201: {"model": UserModel, "description": "The user is new."}},
)
def set_roles(
    user_id: str,
    wanted: RolesModel,
    response: Response,
    service: TheService,
    actor: TheActor,
    if_match: Annotated[
        str | None, Header(max_length=200, description="The `ETag` of the user; without it, the user must be new.")
    ] = None,
) -> UserModel:
    """Add a user with roles, or replace all roles of a user; a disabled user is enabled again."""
    tag = if_match.strip('"') if if_match is not None else None
    view, is_new = service.access.set_roles(user_id, wanted.roles, tag, actor)
    response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    response.headers["ETag"] = f'"{view.tag}"'
    return UserModel.of(view)


@router.delete(
    "/v1/users/{user_id}",
    summary="End all access of a user",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    dependencies=_MANAGE,
    responses=documented(ProblemKind.UNKNOWN_USER),
)
def end_access(user_id: str, service: TheService, actor: TheActor) -> Response:
    """End all roles, keys and sessions of a user; the user stays in the list and in the audit log."""
    if service.access.user(_known(user_id)) is None:
        raise _unknown_user(user_id)
    service.access.revoke_role(user_id, None, actor)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/v1/users/{user_id}/links",
    summary="Make a one-time link",
    status_code=status.HTTP_201_CREATED,
    dependencies=_MANAGE,
    responses=documented(ProblemKind.UNKNOWN_USER, ProblemKind.INPUT_FAULTS),
)
def make_link(user_id: str, service: TheService, actor: TheActor) -> LinkModel:
    """A link that signs the user in once in a browser; earlier links of the user become invalid."""
    if service.access.user(_known(user_id)) is None:
        raise _unknown_user(user_id)
    return LinkModel(path=link_address("", service.sessions.new_link(user_id, actor)))


@router.get("/v1/keys", summary="List the keys", dependencies=_MANAGE, responses=documented(*_BODY_PROBLEMS[1:2]))
def list_keys(service: TheService, limit: Limit = 50, after: After = "") -> KeyListModel:
    """Keys of all users by their begin, without their secrets."""
    found = service.access.keys(limit + 1, _storable(after))
    following = _next("/v1/keys", limit, found[limit - 1].prefix) if len(found) > limit else None
    return KeyListModel(keys=[KeyModel.of(key) for key in found[:limit]], next=following)


@router.post(
    "/v1/keys",
    summary="Make a key",
    status_code=status.HTTP_201_CREATED,
    dependencies=_MANAGE,
    responses=documented(*_BODY_PROBLEMS),
)
def make_key(wanted: WantedKeyModel, service: TheService, actor: TheActor) -> NewKeyModel:
    """Make a key of a user. Only this answer contains the whole key."""
    lifetime = timedelta(days=wanted.days)
    secret, view = service.access.add_key(wanted.user, wanted.role, set(wanted.lines), lifetime, actor)
    return NewKeyModel(secret=secret, key=KeyModel.of(view))


@router.delete(
    "/v1/keys/{key_id}",
    summary="Revoke a key",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    dependencies=_MANAGE,
    responses=documented(ProblemKind.INPUT_FAULTS),
)
def revoke_key(key_id: str, service: TheService, actor: TheActor) -> Response:
    """Revoke a key by its begin, together with the sessions that it began."""
    service.access.revoke_key(_known(key_id), actor)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get(
    "/v1/audit",
    summary="Read the audit log",
    dependencies=[Depends(Require(Action.READ_AUDIT))],
    responses=documented(ProblemKind.INVALID_REQUEST),
)
def read_audit(
    service: TheService,
    limit: Limit = 50,
    before: Annotated[
        int | None, Query(alias="cursor", ge=1, le=2**31 - 1, description="`cursor` of the address in `next`.")
    ] = None,
) -> AuditModel:
    """Entries of the audit log, newest first. `headwatt audit verify` proves the chain of the hashes."""
    found = service.audit.newest(limit + 1, before)
    following = _next("/v1/audit", limit, str(found[limit - 1].number)) if len(found) > limit else None
    return AuditModel(entries=[EntryModel.of(entry) for entry in found[:limit]], next=following)


def _next(path: str, limit: int, cursor: str) -> str:
    return f"{path}?limit={limit}&cursor={quote(cursor, safe='')}"


def _unknown_user(user_id: str) -> ProblemError:
    return ProblemError(ProblemKind.UNKNOWN_USER, f"No user has the name {user_id[:80]!r}.")


def _known(name: str) -> str:
    """A name as the database can hold it; an impossible name becomes one that no user has."""
    return name if name.isprintable() and len(name) <= LONGEST_NAME else ""


def _storable(cursor: str) -> str:
    if cursor and not _known(cursor):
        raise ProblemError(ProblemKind.INVALID_REQUEST, "The cursor did not come from an earlier answer.")
    return cursor
