"""`/health`: whether the process answers, and whether the service can do its work."""

from fastapi import APIRouter, Depends

from api.access.roles import Action
from api.http.access import Require, without_key
from api.http.models import HealthModel, LiveModel, ReadyModel
from api.http.problems import documented
from api.http.service import TheService
from api.problems import ProblemError, ProblemKind
from api.services.health import Health
from api.version import headwatt_version

router = APIRouter(tags=["health"])


@router.get(
    "/health",
    summary="Check the service",
    dependencies=[Depends(Require(Action.READ_SERVICE))],
    responses=documented(ProblemKind.UNAVAILABLE),
)
def health(service: TheService) -> HealthModel:
    """The number of jobs by status."""
    return jobs_by_status(service.health)


def jobs_by_status(found: Health) -> HealthModel:
    """The number of jobs by status."""
    return HealthModel(status="ok", version=headwatt_version(), jobs=found.jobs())


@router.get("/health/live", summary="Check the process", dependencies=[Depends(without_key)])
async def live() -> LiveModel:
    """The process answers; a supervisor of processes restarts it if it does not."""
    return LiveModel(status="live")


@router.get(
    "/health/ready",
    summary="Check database, workers and disk",
    dependencies=[Depends(Require(Action.READ_SERVICE))],
    responses=documented(ProblemKind.NOT_READY),
)
def ready(service: TheService) -> ReadyModel:
    """The service can do its work; otherwise the problem names what is missing."""
    readiness = service.health.readiness()
    if not readiness.is_ready:
        raise ProblemError(
            ProblemKind.NOT_READY, " ".join(readiness.faults), [{"detail": fault} for fault in readiness.faults]
        )
    return ReadyModel(status="ready")
