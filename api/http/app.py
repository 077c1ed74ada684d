"""The FastAPI application: routes, problems, the page, and the supervisor's life."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from api.http import plans, scenarios
from api.http.models import HealthModel
from api.http.plans import TheStore
from api.http.problems import document_problems, register_problems
from api.jobs.supervisor import Supervisor
from api.version import headwatt_version

PAGES = Path(__file__).parents[1] / "pages"
_DESCRIPTION = """Plans a subway line's day with less electricity.

Order a plan with `POST /v1/plans`, follow `Location` until it has ended, then read `result` or the report. Every
error is `application/problem+json` (RFC 9457) with a stable `code`, `whose_fault`, and every single fault in `errors`.
Every name of a number ends in its unit; energies are at the metering point that the result names."""


def create_app(supervisor: Supervisor) -> FastAPI:
    """The application over a supervisor, which it starts and stops with itself."""

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
    register_problems(app)
    app.include_router(plans.router)
    app.include_router(scenarios.router)

    @app.get("/health", tags=["service"], summary="Is the service there?")
    def health(store: TheStore) -> HealthModel:
        """Answers while the service lives; counts the plans by status."""
        return HealthModel(
            status="ok", version=headwatt_version(), jobs=dict(Counter(job.status for job in store.all()))
        )

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(PAGES / "index.html", headers={"Cache-Control": "no-cache"})

    document_problems(app)
    app.mount("/pages", StaticFiles(directory=PAGES), name="pages")
    return app
