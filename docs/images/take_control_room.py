"""Take the pictures of the control-room guide: a service and a virtual line are started, with a held train.

Run as `make picture`; the pictures are written beside this file.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LINE = "beijing_yizhuang"
RUN_MS, INCIDENT_MS, START_MS = 60_000, 40_000, 600_000
START = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"
VIEWS = {
    "control-room.png": (1366, 768, "?", "dark"),
    "control-room-light.png": (1366, 768, "?", "light"),
    "control-room-wall.png": (1920, 1080, "?wall", "dark"),
}


def take(address: str, browser: str) -> None:
    """Wait for the line, hold a train, and take each view."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_default_timeout(START_MS)
        page.goto(f"{address}/control-room/")
        page.wait_for_selector("#room:not([hidden])", timeout=START_MS)
        page.wait_for_timeout(RUN_MS)
        line = f"{address}/v1/live/{LINE}"
        running = [one for one in page.request.get(line).json()["trains"] if one["state"] in ("running", "standing")]
        incident = {"kind": "hold train", "train_id": running[len(running) // 2]["train_id"], "duration_s": 900}
        page.request.post(f"{line}/incidents", data=incident, headers={"Content-Type": "application/json"})
        page.wait_for_timeout(INCIDENT_MS)
        page.close()
        for name, (width_px, height_px, query, theme) in VIEWS.items():
            page = chromium.new_page(viewport={"width": width_px, "height": height_px})
            page.set_default_timeout(START_MS)
            page.add_init_script(f"localStorage.setItem('headwatt.theme.control_room', '{theme}')")
            page.goto(f"{address}/control-room/{query}")
            page.wait_for_selector("#room:not([hidden])")
            page.wait_for_timeout(4000)
            page.screenshot(path=FOLDER / name, animations="disabled")
            print(f"{FOLDER / name} is written.", file=sys.stderr)
        _take_shift(chromium, address)
        chromium.close()


def _take_shift(chromium: Browser, address: str) -> None:
    """Compare recoveries, and read the handover of the shift."""
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(START_MS)
    page.goto(f"{address}/control-room/")
    page.wait_for_selector("#room:not([hidden])")
    page.keyboard.press("x")
    page.click("#disruption button.primary")
    page.wait_for_selector("#disruption .recommended", timeout=START_MS)
    page.wait_for_timeout(8000)
    page.screenshot(path=FOLDER / "control-room-disruption.png", animations="disabled")
    page.goto(f"{address}/control-room/handover/?line={LINE}")
    page.wait_for_selector("#content h2")
    page.screenshot(path=FOLDER / "control-room-handover.png", animations="disabled")
    print("The pictures of disruption and handover are written.", file=sys.stderr)


def main() -> int:
    """Start the service and the line, take the pictures, end both."""
    named = os.environ.get("HEADWATT_CHROMIUM")
    browser = next((path for name in ([named] if named else BROWSERS) if (path := shutil.which(name))), None)
    if browser is None:
        print("There is no Chromium: apt-get install chromium, or name it by HEADWATT_CHROMIUM.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as data:
        base = (sys.executable, "-c", START)
        options = ("--port", "0", "--no-worker", "--data", data)
        serve = subprocess.Popen((*base, "serve", *options), stderr=subprocess.PIPE, text=True)
        live = None
        try:
            assert serve.stderr is not None
            found = next(match for line in serve.stderr if (match := re.search(r"http://\S+", line)))
            command = (*base, "live", LINE, "--virtual", "--speed", "10", "--controller", "energy", "--data", data)
            live = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            take(found.group().rstrip("/"), browser)
        finally:
            for process in (live, serve):
                if process is not None:
                    process.send_signal(signal.SIGINT)
                    process.wait(timeout=60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
