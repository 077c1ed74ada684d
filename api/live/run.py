"""Runs the process of a live line, with a virtual line and a broker beside it if they are wanted."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.live.broker_beside import broker_beside
from api.live.clock import LineClock
from api.live.hub import Hub
from api.live.live_plan import LivePlan
from api.live.place import LivePlace
from api.live.recoveries import recoveries_beside
from api.live.virtual_settings import COMMAND, VirtualSettings, as_line
from api.process_memory import settle_memory
from api.state.database import Database
from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.controller_name import ControllerName

if TYPE_CHECKING:
    from api.ingest.live_gtfs_realtime import GtfsRealtimeFeeds
    from api.live.stored_records import StoredRecords

PREPARED_S = 6
"""Motions from this below to this above the planned running times are computed before the start."""


@dataclass(frozen=True)
class LiveSettings:
    """How a live line runs; `virtual` is the virtual line to start beside it, None for a real line, and for a virtual
    line that runs elsewhere (`is_virtual`). Without `broker`, rows arrive by HTTP only."""

    controller: ControllerName
    zone: str
    broker: str | None = None
    virtual: VirtualSettings | None = None
    is_virtual: bool = False
    feeds: "GtfsRealtimeFeeds | None" = None
    store: Path | None = None


def run_live(
    plan: LivePlan, settings: LiveSettings, database: Database, data: Path,
    told: Callable[[str], None],
) -> None:  # fmt: skip
    """Run a live line until Ctrl-C or SIGTERM. Raises `InputFaults` if another process runs the line."""
    place = LivePlace(data, plan.scenario.name)
    with ExitStack() as beside:
        broker = settings.broker
        if settings.virtual is not None and broker is None and settings.virtual.service is None:
            broker = beside.enter_context(broker_beside(place.folder / "broker"))
        factory = regulators_named(settings.controller, plan.scenario, plan.stock)
        prepare(plan, told)
        is_virtual = settings.is_virtual or settings.virtual is not None
        hub = Hub(
            plan, place, database, lambda: None if factory is None else factory.for_day(plan.timetable),
            settings.controller, LineClock(settings.zone), is_virtual=is_virtual,
            records=None if settings.store is None else _records(place, settings.store, settings.zone),
        )  # fmt: skip
        if settings.virtual is not None:
            virtual = replace(settings.virtual, broker=broker, day=datetime.now(UTC).date().isoformat())
            beside.enter_context(virtual_beside(virtual))
            told(f"The virtual line sends by {f'MQTT to {broker}' if broker else f'HTTP to {virtual.service}'}.")
        beside.enter_context(recoveries_beside(plan, place))
        settle_memory()
        asyncio.run(_run(hub, broker, settings.feeds))


def _records(place: LivePlace, store: Path, zone: str) -> "StoredRecords":
    """The records of recorders for a telemetry store; only lines with a store import what it needs."""
    from api.live.stored_records import StoredRecords  # noqa: PLC0415
    from energy_models.telemetry.store.store import create_store  # noqa: PLC0415

    return StoredRecords(create_store(store, zone), place.line_id, place.folder / "stored.json")


async def _run(hub: Hub, broker: str | None, feeds: "GtfsRealtimeFeeds | None") -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    found = None
    if broker is not None:
        from api.ingest.mqtt import broker_at  # noqa: PLC0415

        found = broker_at(broker, f"headwatt-live-{hub.place.line_id}")
    await hub.run(stop, found, feeds)


def prepare(plan: LivePlan, told: Callable[[str], None] = lambda _: None) -> None:
    """Compute what the line needs every second: energies as planned, and the motions around the planned ones."""
    began = time.monotonic()
    told("1 of 2: energy of the timetable as planned. On a new machine, this compiles the models: one to two minutes.")
    _ = plan.planned_kwh, plan.baseline_kwh
    wanted: dict[int, set[tuple[str, int, float, float, str]]] = {}
    for trip in plan.timetable.trips:
        library, first = plan.library_of(trip.vehicle), plan.first_section(trip)
        keys = wanted.setdefault(id(library), set())
        for k, (planned_s, load, strategy) in enumerate(
            zip(trip.running_times_s, trip.passengers, trip.driving, strict=True)
        ):
            if strategy not in ("optimal", "speed_cap"):
                continue
            shortest_s = plan.shortest_s(trip, k, load)
            keys.update(
                (trip.direction, first + k, float(running_s), library.load_class(load), strategy)
                for running_s in range(max(shortest_s, planned_s - PREPARED_S), planned_s + PREPARED_S + 1)
            )
    told(f"2 of 2: {sum(map(len, wanted.values())):,} motions of trains ({time.monotonic() - began:.0f} s so far).")
    for library in {id(one): one for one in (plan.line.library, *plan.line.others.values())}.values():
        library.prepare(wanted.get(id(library), set()))
    told(f"Ready after {time.monotonic() - began:.0f} s; the regulator is prepared while the line runs.")


@contextmanager
def virtual_beside(settings: VirtualSettings) -> Iterator[None]:
    """The process of a virtual line; it ends with this block."""
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    process.stdin.write(as_line(settings))
    process.stdin.flush()
    try:
        yield
    finally:
        process.stdin.close()
        ends = time.monotonic() + 5.0
        while process.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        if process.poll() is None:
            process.kill()
        process.wait()
