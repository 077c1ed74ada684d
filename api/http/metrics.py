"""`/metrics` for Prometheus: requests, jobs, event streams, plans and the age of telemetry."""

import time
from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from api.access.roles import Action
from api.http.access import Require
from api.http.exposure import Exposure
from api.http.identify import METRICS
from api.ingest.receiver import Receiver
from api.problems import ProblemError, ProblemKind
from api.services.figures import Figures
from energy_models.telemetry.store.store import open_store

router = APIRouter(tags=["health"])
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_JOB_S = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0)


class Metrics:
    """The metrics of this process, and those that are read from the database when somebody reads the metrics."""

    def __init__(self, figures: Figures, receiver: Receiver | None) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "headwatt_http_request_seconds", "Time of an answer by route and status.", ("method", "route", "status"),
            buckets=_REQUEST_S, registry=self.registry,
        )  # fmt: skip
        self.streams = Gauge("headwatt_event_streams", "Open streams of events.", registry=self.registry)
        self._jobs = Histogram(
            "headwatt_job_seconds", "Time from the start to the end of a job.", ("kind", "status"), buckets=_JOB_S,
            registry=self.registry,
        )  # fmt: skip
        self._figures = figures
        self.registry.register(_Stored(figures))
        if receiver is not None:
            self.registry.register(_Telemetry(receiver))

    def text(self) -> bytes:
        """The metrics in the text format of Prometheus. Raises the error of a database that does not answer."""
        for ended in self._figures.newly_ended():
            self._jobs.labels(ended.kind, ended.status).observe(ended.seconds)
        return generate_latest(self.registry)


class _Stored(Collector):
    """What the database has at the time of reading."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def describe(self) -> list[Metric]:
        """Nothing, so that the registration reads no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The present values."""
        found = self._figures.present()
        jobs = GaugeMetricFamily("headwatt_jobs", "Jobs by lane and status.", labels=("lane", "status"))
        for (lane, status), count in found.jobs.items():
            jobs.add_metric((lane, status), count)
        yield jobs
        yield GaugeMetricFamily(
            "headwatt_oldest_waiting_job_seconds", "Age of the oldest job in the queue; 0 without one.",
            value=found.oldest_waiting_s,
        )  # fmt: skip
        yield GaugeMetricFamily("headwatt_workers", "Workers that live.", value=found.workers)
        saving = GaugeMetricFamily(
            "headwatt_plan_saving_percent", "Saving of the newest plan of a line that succeeded.", labels=("line",)
        )
        gap = GaugeMetricFamily(
            "headwatt_plan_gap_closed_ratio", "Share of the gap to the lower bound that this plan closes.",
            labels=("line",),
        )  # fmt: skip
        for line, figures in found.newest_plans.items():
            for family, name in ((saving, "saving_percent"), (gap, "share_of_gap_closed")):
                if isinstance(figures.get(name), int | float):
                    family.add_metric((line,), figures[name])
        yield saving
        yield gap


class _Telemetry(Collector):
    """The age of the newest row by line; the store is opened anew, so that readers do not wait for the receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self._store = open_store(receiver.store.root)

    def describe(self) -> list[Metric]:
        """Nothing, so that the registration reads no store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The present values."""
        newest_ms: dict[str, int] = {}
        for file in self._store.state.files:
            last_ms = max((last for _, last, _ in file.vehicles.values()), default=0)
            newest_ms[file.line] = max(newest_ms.get(file.line, 0), last_ms)
        age = GaugeMetricFamily(
            "headwatt_telemetry_age_seconds", "Time since the newest row of telemetry of a line.", labels=("line",)
        )
        for line, last_ms in newest_ms.items():
            age.add_metric((line,), time.time() - last_ms / 1000.0)
        yield age


@router.get(
    METRICS,
    summary="Read the metrics",
    dependencies=[Depends(Require(Action.READ_METRICS))],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "The text format of Prometheus."}},
)
def read_metrics(request: Request) -> Response:
    """Requests, jobs, event streams, newest plans, and the age of telemetry, of every line."""
    metrics, exposure = request.app.state.metrics, request.app.state.exposure
    assert isinstance(metrics, Metrics)
    assert isinstance(exposure, Exposure)
    if exposure.metrics == "off":
        raise ProblemError(ProblemKind.UNKNOWN_PATH, "The setting metrics.access is off.")
    return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
