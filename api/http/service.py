"""What the routes use of the application: its services, and the actor of a request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.services.approvals import Approvals
from api.services.changes import Changes
from api.services.health import Health
from api.services.lines import Lines
from api.services.plans import Plans

LOCAL_ACTOR = "local"


@dataclass(frozen=True)
class Service:
    """The services of an installation."""

    plans: Plans
    approvals: Approvals
    lines: Lines
    changes: Changes
    health: Health


def _service_of(request: Request) -> Service:
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def _actor_of(request: Request) -> str:
    """The id of the user of a request."""
    actor = getattr(request.state, "actor_id", LOCAL_ACTOR)
    assert isinstance(actor, str)
    return actor


TheService = Annotated[Service, Depends(_service_of)]
TheActor = Annotated[str, Depends(_actor_of)]
