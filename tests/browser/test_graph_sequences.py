"""500 random sequences of zoom, pan, edit and live update on the real canvas: the view moves only for the hand."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import api

pytestmark = pytest.mark.many_cases

SEQUENCES = 500
PAGE = "<!doctype html><html lang='en'><link rel='stylesheet' href='/pages/page.css'><div id='host'></div></html>"
RUN = """async ([sequences, seed]) => {
  const { TrainGraph } = await import("/pages/train_graph.js");
  let state = seed;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32);
  const line = Array.from({ length: 8 }, (_, k) => ({ name: `station ${k}`, chainage_m: 1500 * k }));
  const made = (shift) => Array.from({ length: 60 }, (_, i) => {
    let time_s = 21600 + 600 * i + (shift[i] ?? 0);
    const stops = line.map((_, k) => {
      const stop = [i % 2 ? 7 - k : k, time_s, time_s + 30];
      time_s = stop[2] + 90;
      return stop;
    });
    return { trip_id: `t${i}`, direction: i % 2 ? "down" : "up", stops };
  });
  const host = document.getElementById("host");
  host.style.width = "900px";
  host.style.height = "400px";
  const graph = new TrainGraph(host, { label: "graph" });
  await new Promise((go) => setTimeout(go, 200));
  const [plan, live] = [{ name: "plan", form: "plan", trips: made({}) }, { name: "actual", form: "actual", trips: [] }];
  graph.show(line, [plan, { ...live, isLive: true }]);
  const day = { ...graph.state.view };
  const box = graph.canvas.getBoundingClientRect();
  const wheel = (x, y, more) => graph.canvas.dispatchEvent(
    new WheelEvent("wheel", { bubbles: true, cancelable: true, clientX: box.x + x, clientY: box.y + y, ...more }));
  const wrong = [];
  const shift = {};
  let actual = 0;
  for (let one = 0; one < sequences; one += 1) {
    const selected = `t${20 + Math.floor(20 * random())}`;
    graph.select(selected);
    for (let step = 0; step < 12; step += 1) {
      const before = JSON.stringify(graph.state.view);
      const kind = Math.floor(5 * random());
      const [x, y] = [150 + 700 * random(), 20 + 340 * random()];
      if (kind === 0) wheel(x, y, { deltaY: 400 * (random() - 0.5), ctrlKey: true, shiftKey: random() < 0.3 });
      else if (kind === 1) graph.zoom(0.5 + random());
      else if (kind === 2) graph.pan(random() - 0.5, random() - 0.5);
      else {
        if (kind === 3) {
          const other = 1 + Math.floor(58 * random());
          if (`t${other}` !== selected) shift[other] = Math.round(120 * (random() - 0.5));
          graph.update("plan", made(shift));
        } else {
          actual = Math.min(60, actual + 1);
          graph.update("actual", made({}).slice(0, actual));
          graph.setNow(21600 + 600 * actual);
        }
        if (JSON.stringify(graph.state.view) !== before) wrong.push([one, step, kind, "the view moved"]);
      }
      const { view } = graph.state;
      const isInTime = view.from_s >= day.from_s - 1e-6 && view.to_s <= day.to_s + 1e-6;
      const isInside = isInTime && view.low_m >= day.low_m - 1e-6 && view.high_m <= day.high_m + 1e-6;
      if (!isInside) wrong.push([one, step, kind, "outside of the day", view]);
      if (graph.state.selected !== selected) wrong.push([one, step, kind, "another train is selected"]);
    }
    if (one % 50 === 0) await new Promise(requestAnimationFrame);
  }
  graph.look("day");
  const after = graph.state.view;
  const isChanged = Object.keys(day).some((key) => Math.abs(after[key] - day[key]) > 1e-6);
  if (isChanged) wrong.push(["the day changed", day, after]);
  graph.centre();
  graph.paint();
  return wrong.slice(0, 5);
}"""


class _Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing for a request."""


@pytest.fixture
def files() -> Iterator[str]:
    """The address of the files of the pages without a service."""
    folder = str(Path(api.__file__).parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_selected_train_stays_and_the_day_does_not_change(browser: Browser, files: str) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 500})
    page.set_default_timeout(600_000)
    page.goto(files)
    assert page.evaluate(RUN, [SEQUENCES, 17]) == []
    page.close()
