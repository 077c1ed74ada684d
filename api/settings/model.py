"""Every setting with its meaning, its limits and its default value. The name of a setting is `section.name`."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from api.access.principal import Principal
from api.access.roles import EVERY_LINE, Role
from api.jobs.port import Limits


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServerSettings(_Part):
    """Where the service listens, and how it is reached."""

    host: str = Field(default="127.0.0.1", description="Address of the service.", min_length=1)
    port: int = Field(default=8740, ge=0, le=65535, description="Port; 0 selects a free port.")
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Names under which browsers and programs address the service, besides addresses and localhost.",
    )
    tls_certificate: Path | None = Field(default=None, description="Certificate chain in PEM format.")
    tls_key: Path | None = Field(default=None, description="Private key of the certificate.")
    behind_tls_proxy: bool = Field(default=False, description="Whether a proxy with TLS passes on all requests.")


class WorkerSettings(_Part):
    """The worker of a machine."""

    at_once: int = Field(default=1, ge=1, le=64, description="Jobs computed at the same time, in each lane.")
    beside: bool = Field(default=True, description="Whether `headwatt serve` starts a worker.")


class TelemetrySettings(_Part):
    """The receiver of telemetry over HTTP."""

    store: Path | None = Field(default=None, description="Folder of the telemetry store.")
    mappings: tuple[Path, ...] = Field(default=(), description="Mapping files of the recorders that send telemetry.")


class SessionSettings(_Part):
    """How long sessions of browsers and one-time links are valid."""

    idle_minutes: int = Field(
        default=60, ge=1, le=10_080, description="Minutes without a request after which a session ends."
    )
    longest_hours: int = Field(default=12, ge=1, le=720, description="Hours after which a session ends in any case.")
    link_minutes: int = Field(default=30, ge=1, le=1440, description="Minutes after which a one-time link expires.")


class OidcSettings(_Part):
    """Bearer tokens of an OpenID Connect provider."""

    issuer: str | None = Field(default=None, description="Address of the provider, as its tokens contain it (`iss`).")
    audience: str | None = Field(default=None, description="Audience of the tokens for this service (`aud`).")
    user_claim: str = Field(
        default="sub", min_length=1, description="Claim with the user; never given to another user later."
    )
    roles_claim: str = Field(
        default="roles", min_length=1, description="Claim with the roles; dots lead into nested objects."
    )
    roles: dict[str, tuple[str, ...]] = Field(
        default={}, description="For each role of the provider, the roles here as `role:line`; `*` is every line."
    )

    @field_validator("issuer")
    @classmethod
    def _is_https(cls, issuer: str | None) -> str | None:
        if issuer is not None:
            parts = urlsplit(issuer)
            if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
                raise ValueError("an address with https; http only on this machine")
        return issuer

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, roles: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for given in (one for several in roles.values() for one in several):
            role, _, line = given.partition(":")
            if role not in list(Role) or not line:
                raise ValueError(f"`role:line` with one of {', '.join(Role)}, such as planner:beijing_yizhuang")
        return roles

    @model_validator(mode="after")
    def _are_complete(self) -> Self:
        if (self.issuer is None) != (self.audience is None):
            raise ValueError("oidc.issuer and oidc.audience, or neither")
        if self.issuer is not None and not self.roles:
            raise ValueError("oidc.roles with at least one role of the provider")
        return self


class LogSettings(_Part):
    """The log on the standard error output."""

    form: Literal["text", "json"] = Field(default="text", description="`json` writes one JSON object a line.")
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="Least level; `info` contains a line for each request."
    )


class MetricsSettings(_Part):
    """The metrics for Prometheus at `/metrics`."""

    access: Literal["role", "open", "off"] = Field(
        default="role",
        description="`role` needs a key with a role on every line, `open` needs no key, `off` has no metrics.",
    )


class RetentionSettings(_Part):
    """What `headwatt data prune` keeps; plans that were approved, scenarios and the audit log are always kept."""

    jobs_days: int = Field(default=90, ge=1, description="Days for which ended jobs other than plans are kept.")
    plans_days: int = Field(default=365, ge=1, description="Days for which plans that were never approved are kept.")
    live_records_days: int = Field(
        default=30, ge=1, description="Days for which messages and frames of live lines are kept."
    )
    live_history_days: int = Field(
        default=730, ge=1, description="Days for which power, events and logs of live lines are kept."
    )


class JobLimits(_Part):
    """Limits of the jobs of a user with a role."""

    waiting: int = Field(default=100, ge=0, le=100_000, description="Jobs in the queue.")
    at_once: int = Field(default=4, ge=1, le=1000, description="Jobs at once, in each lane.")
    seconds: Annotated[float, Field(gt=0)] | None = Field(default=None, description="Seconds of computation of a job.")
    replications: Annotated[int, Field(ge=1)] | None = Field(default=None, description="Simulated days of a job.")

    def as_limits(self) -> Limits:
        """The limits as the jobs need them."""
        return Limits(self.waiting, self.at_once, self.seconds, self.replications)


class LimitSettings(_Part):
    """Limits of the jobs by role of the user on the line."""

    viewer: JobLimits = JobLimits()
    controller: JobLimits = JobLimits()
    planner: JobLimits = JobLimits()
    engineer: JobLimits = JobLimits()
    admin: JobLimits = JobLimits()

    def of(self, role: Role) -> Limits:
        """The limits of a role."""
        found = getattr(self, role.value)
        assert isinstance(found, JobLimits)
        return found.as_limits()

    def of_user(self, principal: Principal, line_id: str) -> Limits:
        """The limits of a user on a line, by the role on this line or by that on every line."""
        roles = principal.grants.roles
        return self.of(roles.get(line_id) or roles.get(EVERY_LINE) or Role.VIEWER)

    def largest(self) -> Limits:
        """Limits that are not below those of any role; the limits of a single order are those of its user."""
        return Limits(at_once=max(self.of(role).at_once for role in Role))


class Settings(_Part):
    """The settings of an installation."""

    data: Path | None = Field(default=None, description="Data folder; without it, the user's state folder.")
    database: SecretStr | None = Field(
        None, description="Address of PostgreSQL; without it, SQLite in the data folder."
    )
    dask: str | None = Field(
        default=None, description="Address of a Dask scheduler, whose workers simulate the days of jobs."
    )
    server: ServerSettings = ServerSettings()
    worker: WorkerSettings = WorkerSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    sessions: SessionSettings = SessionSettings()
    oidc: OidcSettings = OidcSettings()
    logs: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    limits: LimitSettings = LimitSettings()
    retention: RetentionSettings = RetentionSettings()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
