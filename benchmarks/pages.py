"""Cost of the pages in Chromium without a GPU: drawing the train graph, and the first view of each page.

    python benchmarks/pages.py

Prints one JSON line a case. Drawing (first draw, pan, zoom, hover, three layers together): each figure is over 300
frames; a frame ends when its pixels can be read back. The trips are those of a synthetic line (assumed: 14 and 28
stations, two directions, even headways over 19 hours). First view: a browser without a cache opens a page of a service
with the bundled lines and waits until what the user needs first is visible; the transfer is what came until
0.5 s later.
Bars: 2 s, 300 kB, no errors of the console. `--address` and `--plan` measure a running service and one of its plans.
"""

import argparse
import functools
import http.server
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

API = Path(__file__).parents[1] / "api"
CASES = ((368, 14), (1400, 28))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_OPENED, _MOST_MS, _MOST_KB = 5, 2000, 300
_FIRST = {
    "/": ".home .card p:not(:empty)",
    "/sign-in": "button:visible",
    "/engineer/": "main .bar",
    "/fleet/": "main h2, main h1",
    "/control-room/": "#state h2",
    "/control-room/handover/": "#state:not(:empty)",
}
"""What the user needs first on each page of an installation without plans, telemetry and live line."""
_OF_PLAN = {
    "result": ".verdict",
    "graph": ".train-graph canvas",
    "power": "table",
    "service": "svg",
    "edit": ".edit-grid",
}
_PAGE = "<!doctype html><html lang='en'><link rel='stylesheet' href='/pages/page.css'><div id='host'></div></html>"
_MEASURE = """async ([trips, stations]) => {
  const { TrainGraph } = await import("/pages/train_graph.js");
  const line = Array.from({ length: stations }, (_, k) => ({ name: `station ${k}`, chainage_m: 1600 * k }));
  const made = (shift_s) => Array.from({ length: trips }, (_, i) => {
    const up = i % 2 === 0;
    let time_s = Math.round(5 * 3600 + (i * 19 * 3600) / trips) + shift_s;
    const stops = line.map((_, k) => {
      const stop = [up ? k : stations - 1 - k, time_s, time_s + (k === 0 || k === stations - 1 ? 0 : 30)];
      time_s = stop[2] + 105;
      return stop;
    });
    return { trip_id: `t${i}`, direction: up ? "up" : "down", duty: `v${i % 40}`, stops,
      power_kw: line.slice(1).map((_, k) => 100 * ((i + k) % 9) - 100) };
  });
  const [plan, today] = [made(0), made(40)];
  const host = document.getElementById("host");
  host.style.width = "1600px";
  host.style.height = "800px";
  const graph = new TrainGraph(host, { label: "graph" });
  const sync = () => graph.pen.getImageData(0, 0, 1, 1);
  const layers = [
    { name: "today", form: "today", trips: today }, { name: "plan", form: "plan", trips: plan },
    { name: "difference", form: "difference", trips: plan, before: today }];
  await new Promise(requestAnimationFrame);
  const timed = (call) => { const from = performance.now(); call(); sync(); return performance.now() - from; };
  const first = timed(() => graph.show(line, layers));
  const box = graph.canvas.getBoundingClientRect();
  const frames = async (count, call) => {
    const times = [];
    for (let k = 0; k < count; k += 1) {
      await new Promise(requestAnimationFrame);
      times.push(timed(() => { call(k); graph.paint(); }));
    }
    return times.sort((a, b) => a - b);
  };
  const send = (event) => graph.canvas.dispatchEvent(event);
  const wheel = (k) => send(new WheelEvent("wheel", { deltaY: k % 60 < 30 ? -60 : 60, ctrlKey: true, bubbles: true,
    cancelable: true, clientX: box.x + 700, clientY: box.y + 300 }));
  const move = (k) => send(new PointerEvent("pointermove", { pointerId: 9, bubbles: true,
    clientX: box.x + 200 + 4 * k, clientY: box.y + 100 + 2 * k }));
  const hover = await frames(300, move);
  const zoom = await frames(300, wheel);
  graph.look({ from_s: 7 * 3600, to_s: 17 * 3600 });
  await new Promise((go) => setTimeout(go, 1500));
  const pan = await frames(300, (k) => graph.pan(k % 100 < 50 ? 0.006 : -0.006, 0));
  const at = (times, share) => Math.round(10 * times[Math.min(299, Math.floor(share * 300))]) / 10;
  const both = (times) => ({ median_ms: at(times, 0.5), p95_ms: at(times, 0.95), highest_ms: at(times, 1) });
  return { trips, stations, first_draw_ms: Math.round(first), pan: both(pan), zoom: both(zoom), hover: both(hover) };
}"""


class _Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(_PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing for a request."""


def measure(page: Page, trips: int, stations: int) -> dict[str, object]:
    """The drawing cost of a line with three layers of trips, in ms."""
    page.reload()
    found: dict[str, object] = page.evaluate(_MEASURE, [trips, stations])
    return found


@contextmanager
def service() -> Iterator[str]:
    """A service with a new data folder and no worker; yields its address."""
    start = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"
    with tempfile.TemporaryDirectory() as data:
        command = (sys.executable, "-c", start, "serve", "--port", "0", "--no-worker", "--data", data)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            yield (
                next(match for line in process.stderr if (match := re.search(r"http://\S+", line))).group().rstrip("/")
            )
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def first_view(browser: Browser, address: str, present: str) -> dict[str, object]:
    """Median time to the first useful view over `_OPENED` openings, in ms, its transfer in kB, and the errors."""
    times_ms, transfers_kb, errors = [], [], 0
    for _ in range(_OPENED):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        page.on("console", lambda one, wrong=wrong: wrong.append(one.text) if one.type == "error" else None)
        sizes: list[float] = []
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", lambda one, sizes=sizes: sizes.append(one["encodedDataLength"]))
        began = time.monotonic()
        page.goto(address, wait_until="commit")
        page.locator(present).first.wait_for()
        times_ms.append(1000 * (time.monotonic() - began))
        page.wait_for_timeout(500)
        transfers_kb.append(sum(sizes) / 1000)
        errors += len(wrong)
        context.close()
    median_ms, most_kb = round(statistics.median(times_ms)), round(max(transfers_kb))
    holds = median_ms <= _MOST_MS and most_kb <= _MOST_KB and not errors
    return {
        "first_view_ms": median_ms,
        "highest_ms": round(max(times_ms)),
        "kb": most_kb,
        "errors": errors,
        "holds": holds,
    }


def first_views(browser: Browser, address: str, plan: str | None) -> None:
    """Measure every page of a service and print it."""
    views = dict(_FIRST)
    if plan is not None:
        views |= {f"/#{plan}/{view}": present for view, present in _OF_PLAN.items()}
    for path, present in views.items():
        print(json.dumps({"page": path, **first_view(browser, address + path, present)}), flush=True)


def main() -> None:
    """Measure each case and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="address of a running service (default: a new one is started)")
    parser.add_argument("--plan", help="id of a plan of that service that succeeded")
    parser.add_argument("--only", choices=("drawing", "first-view"), help="measure one part only")
    arguments = parser.parse_args()
    browser_path = os.environ.get("HEADWATT_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(API)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1680, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        for trips, stations in CASES if arguments.only != "first-view" else ():
            print(json.dumps(measure(page, trips, stations)), flush=True)
        if arguments.only != "drawing":
            with nullcontext(arguments.address.rstrip("/")) if arguments.address else service() as address:
                first_views(browser, address, arguments.plan)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
