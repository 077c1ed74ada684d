"""The action of each route, and the checks of role and line before the route runs."""

from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.access.principal import Principal
from api.access.roles import Action
from api.http.service import principal_of, service_of
from api.problems import ProblemError, ProblemKind


@dataclass(frozen=True)
class Require:
    """The dependency of a route that names its action; raises `ProblemError` if the user may not do the action.

    The line is the one of the address, or that of the plan or the job of the address. A line that the user may not read
    is left to the services, which do not find it.
    """

    action: Action

    async def __call__(self, request: Request) -> None:
        """Check the user of the request."""
        principal = principal_of(request)
        if not principal.may_somewhere(self.action):
            raise role_missing(self.action)
        if principal.lines(self.action) == principal.lines(Action.READ_PLANS):
            return  # the services find only the lines that the user may read
        line_id, plan_id = request.path_params.get("line_id"), request.path_params.get("plan_id")
        job_id = request.path_params.get("job_id")
        if plan_id is not None:
            line_id = (await run_in_threadpool(service_of(request).plans.read, plan_id)).line_id
        if job_id is not None:
            line_id = (await run_in_threadpool(service_of(request).jobs.read, job_id)).job.line_id
        if line_id is not None:
            require_on(principal, self.action, line_id)


async def without_key() -> None:
    """The dependency of a route that answers without a key; `api.http.identify` lists its address."""


def require_on(principal: Principal, action: Action, line_id: str) -> None:
    """Raise `ProblemError` if the user may read a line but not do an action on it."""
    if principal.may(Action.READ_PLANS, line_id) and not principal.may(action, line_id):
        raise role_missing(action)


def role_missing(action: Action) -> ProblemError:
    """The problem of a user without a role for an action."""
    return ProblemError(ProblemKind.ROLE_MISSING, f"Your roles do not allow this action: {action.value}.")
