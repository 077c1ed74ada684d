"""Take the pictures of the planner's guide from a running service with a plan that succeeded.

Run as `python docs/images/take_page_pictures.py http://127.0.0.1:8740 PLAN`; the pictures are written into `pages/`
beside this file.
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


def main() -> int:
    """Read the arguments, find the browser, take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of the planner's guide.")
    parser.add_argument("address", help="address of the service")
    parser.add_argument("plan", help="id of a plan that succeeded")
    arguments = parser.parse_args()
    browser = chromium()
    if browser is None:
        return 2
    take(arguments.address.rstrip("/"), arguments.plan, browser)
    print(f"{FOLDER} is written.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
