"""What the routes use of the application: its services, and the actor of a request."""

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from api.access.principal import LOCAL, Principal
from api.access.roles import Action
from api.services.access import Access
from api.services.approvals import Approvals
from api.services.audit import Audit
from api.services.availability import Caller
from api.services.changes import Changes
from api.services.figures import Figures
from api.services.fleet import Fleet
from api.services.health import Health
from api.services.installation import Installation
from api.services.jobs import JobList
from api.services.lines import Lines
from api.services.live import Live
from api.services.plans import Plans
from api.services.scenarios import Scenarios
from api.services.sessions import Sessions
from api.services.studies import Studies
from api.services.telemetry_log import TelemetryLog
from api.settings.model import LimitSettings


@dataclass(frozen=True)
class Service:
    """The services of an installation."""

    plans: Plans
    approvals: Approvals
    lines: Lines
    jobs: JobList
    studies: Studies
    scenarios: Scenarios
    changes: Changes
    health: Health
    access: Access
    sessions: Sessions
    figures: Figures
    audit: Audit
    limits: LimitSettings
    telemetry_log: TelemetryLog
    live: Live
    fleet: Fleet

    @staticmethod
    def of(installation: Installation) -> "Service":
        """The services of an installation for callers that may see every line."""
        return Service(**{part.name: getattr(installation, part.name) for part in fields(Service)})

    def for_caller(self, caller: Caller, principal: Principal) -> "Service":
        """The services with only the lines, and with the limits, of a caller."""
        return replace(
            self,
            plans=self.plans.for_caller(caller),
            approvals=self.approvals.for_caller(caller),
            lines=self.lines.for_caller(caller),
            jobs=self.jobs.for_caller(caller),
            studies=self.studies.for_caller(caller, partial(self.limits.of_user, principal)),
            scenarios=self.scenarios.for_caller(caller),
            health=self.health.for_caller(caller),
            access=self.access.for_caller(caller),
            sessions=self.sessions.for_caller(caller),
            live=self.live.for_caller(caller),
            fleet=self.fleet.for_caller(caller),
        )


def service_of(request: Request) -> Service:
    """The services for the user of a request."""
    found = request.app.state.service
    assert isinstance(found, Service)
    principal = principal_of(request)
    request_id = getattr(request.state, "request_id", "")
    caller = Caller(principal.actor_id, request_id, principal.lines(Action.READ_PLANS))
    return found.for_caller(caller, principal)


def caller_of(request: Request) -> Caller:
    """The user and the id of a request, for the audit log."""
    return Caller(principal_of(request).actor_id, getattr(request.state, "request_id", ""))


def principal_of(request: Request) -> Principal:
    """The user of a request."""
    found = getattr(request.state, "principal", LOCAL)
    assert isinstance(found, Principal)
    return found


# Dependencies that are not coroutines would each run in another thread.
async def _service(request: Request) -> Service:
    return service_of(request)


async def _principal(request: Request) -> Principal:
    return principal_of(request)


async def _actor(request: Request) -> str:
    return principal_of(request).actor_id


TheService = Annotated[Service, Depends(_service)]
ThePrincipal = Annotated[Principal, Depends(_principal)]
TheActor = Annotated[str, Depends(_actor)]
