"""Take the pictures of the planner's guide or the engineer's guide from a running service.

Run as `python docs/images/take_page_pictures.py http://127.0.0.1:8740 PLAN`, for a plan that succeeded; or with
`--line beijing_yizhuang` instead of the plan, for a line that is described for 600 passengers and traced. The pictures
are written into `pages/` beside this file.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).with_name("pages")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VIEWS = {"graph": ("light", ".train-graph canvas"), "edit": ("dark", ".edit-grid"), "approval": ("light", ".states")}
"""The views with their colours, and what must be there before the picture is taken."""
ENGINEER = {
    "scenario": ("?part=train_types", "light", ".schema-form input", ".bar"),
    "line": ("?passengers=600&section=2", "light", ".chart-figure >> nth=4", "h2 >> nth=1"),
    "power": ("?t=28800", "dark", ".second + div svg", "h2 >> nth=0"),
}
"""The engineer's views with their state, colours, what must be there, and the element at the top of the picture."""
_PATIENCE_MS = 60_000


def take(address: str, plan: str, browser_path: str) -> None:
    """Write a picture of each view."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for view, (colours, present) in VIEWS.items():
            page = browser.new_page(viewport={"width": 1366, "height": 860}, locale="en-GB")
            page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
            page.goto(f"{address}/#{plan}/{view}")
            page.locator(present).first.wait_for(timeout=_PATIENCE_MS)
            page.wait_for_timeout(1500)
            page.screenshot(path=FOLDER / f"{view}.png", animations="disabled")
            page.close()
        browser.close()


def chromium() -> str | None:
    """The path of a browser; without one, the way to get one is printed."""
    named = os.environ.get("HEADWATT_CHROMIUM")
    found = next((path for name in ([named] if named else BROWSERS) if (path := shutil.which(name))), None)
    if found is None:
        print("There is no Chromium: apt-get install chromium, or name it by HEADWATT_CHROMIUM.", file=sys.stderr)
    return found


def take_engineer(address: str, line: str, browser_path: str) -> None:
    """Write a picture of each view of the engineer's page."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for view, (state, colours, present, top) in ENGINEER.items():
            page = browser.new_page(viewport={"width": 1366, "height": 860}, locale="en-GB")
            page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
            page.goto(f"{address}/engineer/#{view}/{line}{state}")
            page.locator(present).first.wait_for(timeout=_PATIENCE_MS)
            page.wait_for_timeout(1500)
            page.locator(f"main {top}").evaluate("at => at.scrollIntoView({ block: 'start' })")
            page.screenshot(path=FOLDER / f"engineer-{view}.png", animations="disabled")
            page.close()
        browser.close()


def main() -> int:
    """Read the arguments, find the browser, take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of the planner's or the engineer's guide.")
    parser.add_argument("address", help="address of the service")
    parser.add_argument("plan", nargs="?", help="id of a plan that succeeded")
    parser.add_argument("--line", help="take the pictures of the engineer's guide for this line")
    arguments = parser.parse_args()
    browser = chromium()
    if browser is None:
        return 2
    address = arguments.address.rstrip("/")
    if arguments.line:
        take_engineer(address, arguments.line, browser)
    elif arguments.plan:
        take(address, arguments.plan, browser)
    else:
        parser.error("a plan or --line is needed")
    print(f"{FOLDER} is written.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
