"""Take the pictures of the fleet guide from a running service with a line whose vehicles have models.

Run as `python docs/images/take_fleet_pictures.py http://127.0.0.1:8740 LINE VEHICLE PARAMETER`; the pictures are
written into `pages/` beside this file.
"""

import argparse
import sys
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright
from take_page_pictures import FOLDER, chromium

_PATIENCE_MS = 60_000


def take(address: str, line: str, vehicle: str, parameter: str, browser_path: str) -> None:
    """Write a picture of each view."""
    FOLDER.mkdir(exist_ok=True)
    views = {
        "fleet": ({"line": line, "vehicle": vehicle, "parameter": parameter}, "light", ".history .point"),
        "fleet-telemetry": ({"line": line, "view": "telemetry"}, "dark", ".calendar .wrong button"),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, (view, colours, present) in views.items():
            page = browser.new_page(viewport={"width": 1366, "height": 860}, locale="en-GB")
            page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
            page.goto(f"{address}/fleet/?{urlencode(view)}")
            page.locator(present).first.wait_for(timeout=_PATIENCE_MS)
            if "telemetry" in name:
                page.locator(present).first.click()
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", full_page="telemetry" not in name)
            page.close()
        browser.close()


def main() -> int:
    """Read the arguments, find the browser, take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of the fleet guide.")
    for name, words in (
        ("address", "address of the service"),
        ("line", "line whose vehicles have models"),
        ("vehicle", "vehicle that is shown"),
        ("parameter", "parameter whose history is shown"),
    ):
        parser.add_argument(name, help=words)
    given = parser.parse_args()
    browser = chromium()
    if browser is None:
        return 2
    take(given.address.rstrip("/"), given.line, given.vehicle, given.parameter, browser)
    print(f"{FOLDER} is written.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
