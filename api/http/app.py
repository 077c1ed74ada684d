"""The FastAPI application: routes, problems, the web page, and what starts and ends with the application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.access.roles import Action
from api.http import (
    approvals,
    fleet,
    health,
    jobs,
    live,
    live_shift,
    metrics,
    plan_studies,
    plans,
    scenarios,
    sessions,
    studies,
    telemetry,
    users,
)
from api.http.access import Require
from api.http.answer_headers import PAGE_HEADERS
from api.http.exposure import Exposure
from api.http.metrics import Metrics
from api.http.problems import document_problems, register_problems
from api.http.security import PageFiles, secure
from api.http.service import Service
from api.ingest.receiver import Receiver
from api.process_memory import settle_memory
from api.version import headwatt_version

PAGES = Path(__file__).parents[1] / "pages"
_DESCRIPTION = """Plans the day of a subway line with less electricity.

Order a plan with `POST /v1/plans`, poll the address in `Location` until the plan has ended, then read `result` or the
report. Every error is `application/problem+json` (RFC 9457) with a stable `code`, `whose_fault`, and all faults in
`errors`. The name of each number ends with its unit; `result` contains the metering point of the energies."""


def _nothing() -> None:
    """Nothing starts or ends with the application."""


def create_app(
    service: Service,
    receiver: Receiver | None = None,
    start: Callable[[], None] = _nothing,
    stop: Callable[[], None] = _nothing,
    exposure: Exposure | None = None,
) -> FastAPI:
    """The application on the services of an installation, with a receiver of telemetry if there is a store.

    `start` runs before the first answer, `stop` after the last one. `exposure` is how the service can be reached;
    without it, each request needs a key.
    """
    exposure = exposure or Exposure()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await run_in_threadpool(start)
        settle_memory()
        try:
            yield
        finally:
            await run_in_threadpool(stop)

    # The interactive documentation of FastAPI loads scripts from elsewhere; this service works without the internet.
    app = FastAPI(
        title="Headwatt",
        version=headwatt_version(),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # generated clients name their functions so
    )
    app.state.service = service
    app.state.receiver = receiver
    app.state.exposure = exposure
    app.state.metrics = Metrics(service.figures, receiver)
    register_problems(app)
    for routes in (
        plans, plan_studies, approvals, scenarios, studies, jobs, telemetry, health, sessions, metrics, users,
        live, fleet, live_shift,
    ):  # fmt: skip
        app.include_router(routes.router)

    @app.get("/", include_in_schema=False, dependencies=[Depends(Require(Action.READ_SERVICE))])
    def page() -> FileResponse:
        return FileResponse(PAGES / "index.html", headers=PAGE_HEADERS)

    @app.get("/control-room/", include_in_schema=False, dependencies=[Depends(Require(Action.READ_SERVICE))])
    def control_room() -> FileResponse:
        return FileResponse(PAGES / "control_room.html", headers=PAGE_HEADERS)

    @app.get("/fleet/", include_in_schema=False, dependencies=[Depends(Require(Action.READ_SERVICE))])
    def fleet_page() -> FileResponse:
        return FileResponse(PAGES / "fleet.html", headers=PAGE_HEADERS)

    @app.get("/engineer/", include_in_schema=False, dependencies=[Depends(Require(Action.READ_SERVICE))])
    def engineer() -> FileResponse:
        return FileResponse(PAGES / "engineer.html", headers=PAGE_HEADERS)

    @app.get("/control-room/handover/", include_in_schema=False, dependencies=[Depends(Require(Action.READ_SERVICE))])
    def handover() -> FileResponse:
        return FileResponse(PAGES / "handover.html", headers=PAGE_HEADERS)

    document_problems(app)
    secure(app, service, exposure, app.state.metrics)
    app.mount("/pages", PageFiles(directory=PAGES), name="pages")
    return app
