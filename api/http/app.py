"""The FastAPI application: routes, problems, the web page, and the start and stop of the supervisor."""

from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.http import plans, scenarios, telemetry
from api.http.models import HealthModel
from api.http.plans import TheStore
from api.http.problems import document_problems, register_problems
from api.http.security import PAGE_HEADERS, PageFiles, secure
from api.ingest.receiver import Receiver
from api.jobs.supervisor import Supervisor
from api.version import headwatt_version

PAGES = Path(__file__).parents[1] / "pages"
_DESCRIPTION = """Plans the day of a subway line with less electricity.

Order a plan with `POST /v1/plans`, poll the address in `Location` until the plan has ended, then read `result` or the
report. Every error is `application/problem+json` (RFC 9457) with a stable `code`, `whose_fault`, and all faults in
`errors`. The name of each number ends with its unit; `result` contains the metering point of the energies."""


def create_app(supervisor: Supervisor, receiver: Receiver | None = None, hosts: Collection[str] = ()) -> FastAPI:
    """The application with a supervisor, which it starts and stops, and a receiver of telemetry if there is a store.

    `hosts` are the names of the service besides addresses of machines and `localhost`.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        supervisor.start()
        yield
        await run_in_threadpool(supervisor.stop)

    # The interactive documentation of FastAPI loads scripts from elsewhere; this service works without the internet.
    app = FastAPI(
        title="Headwatt",
        version=headwatt_version(),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.supervisor = supervisor
    app.state.receiver = receiver
    register_problems(app)
    app.include_router(plans.router)
    app.include_router(scenarios.router)
    app.include_router(telemetry.router)

    @app.get("/health", tags=["service"], summary="Check the service")
    def health(store: TheStore) -> HealthModel:
        """The number of plans by status; the route answers while the service runs."""
        return HealthModel(
            status="ok", version=headwatt_version(), jobs=dict(Counter(job.status for job in store.all()))
        )

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(PAGES / "index.html", headers=PAGE_HEADERS)

    document_problems(app)
    secure(app, hosts)
    app.mount("/pages", PageFiles(directory=PAGES), name="pages")
    return app
