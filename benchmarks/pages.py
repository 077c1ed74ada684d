"""Drawing cost of the train graph in Chromium without a GPU: first draw, pan, zoom, hover, three layers together.

    python benchmarks/pages.py

Prints one JSON line a case. Each figure is over 300 frames; a frame ends when its pixels can be read back. The trips
are those of a synthetic line (assumed: 14 and 28 stations, two directions, even headways over 19 hours).
"""

import functools
import http.server
import json
import os
import shutil
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

API = Path(__file__).parents[1] / "api"
CASES = ((368, 14), (1400, 28))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
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


def main() -> None:
    """Measure each case and print it."""
    browser_path = os.environ.get("HEADWATT_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(API)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1680, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        for trips, stations in CASES:
            print(json.dumps(measure(page, trips, stations)), flush=True)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
