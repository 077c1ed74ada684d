"""Measure the control room in a browser: script time of a state, growth of the heap, states missed, time to the screen.

Line states of 40 trains and 12 substations are computed here and sent as server-sent events at a multiple of one a
second, because eight hours of a live line last eight hours. Chromium runs without a GPU, as in the tests.
"""

import argparse
import asyncio
import json
import math
import shutil
import statistics
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from playwright.async_api import async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api.http.answer_headers import PAGE_HEADERS
from api.http.app import PAGES

STATIONS, SUBSTATIONS, TRAINS_A_WAY = 14, 12, 20
SPACING_M, RUN_S, DWELL_S, HEADWAY_S = 1_700.0, 100, 30, 90
DAY_FROM_S = 7 * 3600
KWH_A_SECOND = 3
MOST_CORE_PERCENT, MOST_HEAP_MB, MOST_WAIT_MS = 10.0, 20.0, 300.0
WATCH = """
  window.measured = { received: 0, gaps: 0, last: null, waits: [] };
  const came = new Map();
  const Plain = window.EventSource;
  window.EventSource = class extends Plain {
    constructor(address) {
      super(address);
      this.addEventListener("state", (event) => {
        const id = Number(event.lastEventId), m = window.measured;
        if (m.last !== null && id !== m.last + 1) m.gaps += 1;
        m.last = id;
        m.received += 1;
        came.set(id, performance.now());
      });
    }
  };
  addEventListener("DOMContentLoaded", () => {
    const list = document.getElementById("figures");
    // The energy of today contains the number of the state. A task after the frame runs when the frame is painted.
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
      const texts = [...list.querySelectorAll(".value")].map((one) => Number(one.textContent.replace(/[^0-9]/g, "")));
      for (const id of [...came.keys()]) {
        if (!texts.includes(KWH * id)) continue;
        window.measured.waits.push(performance.now() - came.get(id));
        for (const before of [...came.keys()]) if (before <= id) came.delete(before);
      }
    }))).observe(list, { childList: true, characterData: true, subtree: true });
  });
""".replace("KWH", str(KWH_A_SECOND))


def timetable() -> dict[str, Any]:
    """Trips of both directions over ten hours."""
    stations = [{"station_id": f"S{n}", "name": f"Station {n}", "chainage_m": SPACING_M * n} for n in range(STATIONS)]
    trips = []
    for direction, order in (("up", range(STATIONS)), ("down", range(STATIONS - 1, -1, -1))):
        for number in range(10 * 3600 // HEADWAY_S):
            start = DAY_FROM_S - 3600 + number * HEADWAY_S
            stops = [
                [at, start + k * (RUN_S + DWELL_S), start + k * (RUN_S + DWELL_S) + DWELL_S]
                for k, at in enumerate(order)
            ]
            trips.append({"trip_id": f"{direction}-{number}", "direction": direction, "duty": None, "stops": stops})
    return {"stations": stations, "trips": trips, "today": None}


def trains(time_s: int) -> list[dict[str, Any]]:
    """The newest 20 trains of each direction."""
    found = []
    for direction in ("up", "down"):
        newest = (time_s - DAY_FROM_S + 3600) // HEADWAY_S
        for number in range(newest - TRAINS_A_WAY + 1, newest + 1):
            since = time_s - (DAY_FROM_S - 3600 + number * HEADWAY_S)
            leg, within = divmod(since, RUN_S + DWELL_S)
            stop = min(leg, STATIONS - 1)
            is_running = within > DWELL_S and stop < STATIONS - 1
            length_m = SPACING_M * (STATIONS - 1)
            along = SPACING_M * (stop + ((within - DWELL_S) / RUN_S if is_running else 0))
            at = stop if direction == "up" else STATIONS - 1 - stop
            found.append({
                "train_id": f"T{number % 99:02d}", "vehicle": f"V{number % 99}", "trip_id": f"{direction}-{number}",
                "direction": direction, "chainage_m": along if direction == "up" else length_m - along,
                "speed_km_h": 60.0 if is_running else 0.0, "state": "running" if is_running else "standing",
                "last_event": {"kind": "departed" if is_running else "arrived", "station_id": f"S{at}",
                               "time_s": time_s - within + (DWELL_S if is_running else 0)},
                "age_s": 1.0, "lateness_s": 40.0 * math.sin(number), "headway_ahead_s": HEADWAY_S * 1.0,
                "planned_headway_s": HEADWAY_S * 1.0, "load": 500, "capacity": 1400, "next_station_id": None,
                "power_kw": 100.0, "running_time_s": None, "is_advised": number % 5 == 0,
            })  # fmt: skip
    return found


def snapshot(sequence: int) -> dict[str, Any]:
    """The state of a second."""
    time_s = DAY_FROM_S + sequence
    powers = [max(0.0, 900 + 800 * math.sin(time_s / 17 + k)) for k in range(SUBSTATIONS)]
    advice = [
        {"advice_id": f"a{k}-{time_s // 60}", "train_id": f"T{k}", "trip_id": f"up-{k}", "station_id": "S3", "stop": 3,
         "action": "hold", "hold_until_s": time_s // 60 * 60 + 90, "running_time_s": None, "reason": "energy",
         "saved_kwh": 2.0, "delay_s": 5.0, "expires_s": time_s // 60 * 60 + 120, "confidence": 0.9, "differs": True,
         "status": "open", "by": None}
        for k in range(4)
    ]  # fmt: skip
    alarms = [
        {"alarm_id": f"x{k}-{time_s // 300}", "kind": "gap", "priority": 1 + k % 3, "since_s": time_s // 300 * 300,
         "what": f"Gap {k}", "cause": "c", "consequence": "q", "action": "a", "respond_within_s": 300, "place": "S1",
         "count": 1, "status": "open", "by": None, "until_s": None}
        for k in range(6)
    ]  # fmt: skip
    return {
        "sequence": sequence, "line_id": "line", "line_name": "Line", "day": "2026-12-01", "time_s": time_s,
        "wall_time": f"2026-12-01T00:00:00.{sequence}Z", "speed": 1.0, "is_virtual": True, "is_stale": False,
        "controller": "energy", "plan": None,
        "feeds": [{"name": name, "age_s": 1.0, "period_s": 1.0, "is_stale": False}
                  for name in ("train events", "vehicle telemetry", "substation meters")],
        "trains": trains(time_s),
        "substations": [{"substation_id": f"P{k}", "name": f"P{k}", "chainage_m": 2000.0 * k, "model_kw": one,
                         "meter_kw": one, "limit_kw": 2500.0, "mean_15min_kw": 900.0} for k, one in enumerate(powers)],
        "energy": {"power_kw": sum(powers), "mean_15min_kw": 10_800.0, "contract_kw": 12_000.0, "minutes_left": None,
                   "energy_kwh": float(KWH_A_SECOND * sequence), "planned_energy_kwh": 0.0, "baseline_energy_kwh": None,
                   "saving_kwh": None, "since_s": DAY_FROM_S, "until_s": time_s, "is_modelled": True,
                   "braking_used_kw": 1.0, "braking_burnt_kw": 1.0,
                   "braking_used_kwh": 1.0, "braking_burnt_kwh": 1.0, "lowest_voltage_v": 650.0,
                   "lowest_voltage_at_m": 100.0},
        "advice": advice, "alarms": alarms,
        "advising": {"is_on": True, "off_trains": [], "silent_because": None},
    }  # fmt: skip


def application(rate_hz: float, count: int) -> Starlette:
    """The pages, and a live line that sends `count` states at a rate."""
    sent = 0

    async def events(request: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            nonlocal sent
            while sent < count:
                sent += 1
                yield f"id: {sent}\nevent: state\ndata: {json.dumps(snapshot(sent))}\n\n"
                await asyncio.sleep(1 / rate_hz)
            await asyncio.sleep(3600)

        del request
        return StreamingResponse(stream(), media_type="text/event-stream")

    async def lines(request: Request) -> Response:
        del request
        return JSONResponse({"lines": [{"line_id": "line"}]})

    async def newest(request: Request) -> Response:
        del request
        return JSONResponse(snapshot(sent))

    async def day(request: Request) -> Response:
        del request
        return JSONResponse(timetable())

    async def history(request: Request) -> Response:
        del request
        return JSONResponse({"times_s": [], "power_kw": [], "substations": {}, "saving_kwh": [], "train_events": []})

    async def session(request: Request) -> Response:
        del request
        return JSONResponse({"user": "local", "csrf_token": None})

    async def page(request: Request) -> Response:
        del request
        return FileResponse(PAGES / "control_room.html", headers=PAGE_HEADERS)

    routes = [
        Route("/control-room/", page), Route("/v1/session", session), Route("/v1/live", lines),
        Route("/v1/live/line", newest), Route("/v1/live/line/timetable", day), Route("/v1/live/line/history", history),
        Route("/v1/live/line/events", events), Mount("/pages", StaticFiles(directory=PAGES)),
    ]  # fmt: skip
    return Starlette(routes=routes)


async def measure(rate_hz: float, seconds: int) -> None:
    """Send the states of so many seconds of a line and print what the browser needed."""
    config = uvicorn.Config(application(rate_hz, seconds), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--js-flags=--expose-gc"]
        )
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        await page.add_init_script(WATCH)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")

        async def metrics() -> dict[str, float]:
            await page.evaluate("window.gc()")
            found = await session.send("Performance.getMetrics")
            return {one["name"]: one["value"] for one in found["metrics"]}

        async def received(count: int) -> None:
            while await page.evaluate("window.measured.received") < count:
                await asyncio.sleep(0.5)

        await page.goto(f"http://127.0.0.1:{port}/control-room/")
        warm = min(120, seconds // 4)
        await received(warm)
        before, first = await metrics(), await page.evaluate("window.measured.received")
        await received(seconds)
        after, found = await metrics(), await page.evaluate("window.measured")
        await browser.close()
    server.should_exit = True
    await serving
    states = found["received"] - first
    script_ms = 1000 * (after["ScriptDuration"] - before["ScriptDuration"]) / states
    task_ms = 1000 * (after["TaskDuration"] - before["TaskDuration"]) / states
    heap_mb = (after["JSHeapUsedSize"] - before["JSHeapUsedSize"]) / 1e6
    waits = sorted(found["waits"])
    p99_ms = waits[int(0.99 * len(waits))]
    missed = found["gaps"] + seconds - found["received"]
    core_percent = script_ms / 10
    results = (
        ("seconds missed", f"{missed} of {seconds}", "0", missed == 0),
        ("script, of a core at one state a second", f"{core_percent:.1f} %", "10 %", core_percent <= MOST_CORE_PERCENT),
        ("all tasks of the page, of a core", f"{task_ms / 10:.1f} %", "", True),
        ("heap growth", f"{heap_mb:.1f} MB", "20 MB", heap_mb <= MOST_HEAP_MB),
        ("receipt to screen, median", f"{statistics.median(waits):.0f} ms of {len(waits)} shown", "", True),
        ("receipt to screen, p99", f"{p99_ms:.0f} ms", "300 ms", p99_ms <= MOST_WAIT_MS),
        ("receipt to screen, highest", f"{waits[-1]:.0f} ms", "", True),
        ("errors of the console", f"{len(errors)}", "0", not errors),
    )  # fmt: skip
    for name, value, bar, holds in results:
        verdict = f"at most {bar}: {'holds' if holds else 'MISSED'}" if bar else ""
        print(f"{name:42s}{value:24s}{verdict}", flush=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="states sent in a second")
    parser.add_argument("--seconds", type=int, default=28_800, help="seconds of the line")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.rate, arguments.seconds))


if __name__ == "__main__":
    main()
