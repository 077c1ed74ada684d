"""Take the README's picture: the top of a report, as a browser shows it, without what is in HIDDEN.

Run as `make picture`, which passes the report in OUT; the picture is written beside this file.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).with_name("report.png")
HIDDEN = ".sentences, #inputs, #figures, #savings, #trade, #regeneration, #power, #substations"
"""Left to the report, so that the saving by lever and the train graph are in the picture."""
DRAWN = "[...document.querySelectorAll('.js-plotly-plot')].every(one => one._fullLayout)"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def take(report: Path, picture: Path, browser: str, width_px: int, height_px: int) -> None:
    """Open a report and write what the first screen shows, once its plots have been drawn."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": width_px, "height": height_px}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.evaluate("parts => { for (const one of document.querySelectorAll(parts)) one.hidden = true; }", HIDDEN)
        page.locator(".train-graph canvas").wait_for(timeout=120_000)
        # The policy of the report refuses a condition as text, which `wait_for_function` would evaluate in the page.
        while not page.evaluate(DRAWN):
            page.wait_for_timeout(100)
        page.screenshot(path=picture, animations="disabled")
        chromium.close()


def main() -> int:
    """Read the arguments, find the browser, take the picture."""
    parser = argparse.ArgumentParser(description="Take the README's picture from a report.")
    parser.add_argument("report", type=Path, help="report.html of a plan")
    parser.add_argument("--width", type=int, default=1280, help="width of the screen in pixels")
    parser.add_argument("--height", type=int, default=1760, help="height of the screen in pixels")
    arguments = parser.parse_args()
    if not arguments.report.is_file():
        print(f"There is no {arguments.report}: make plan writes it.", file=sys.stderr)
        return 2
    named = os.environ.get("HEADWATT_CHROMIUM")
    browser = next((path for name in ([named] if named else BROWSERS) if (path := shutil.which(name))), None)
    if browser is None:
        print("There is no Chromium: apt-get install chromium, or name it by HEADWATT_CHROMIUM.", file=sys.stderr)
        return 2
    take(arguments.report, PICTURE, browser, arguments.width, arguments.height)
    print(f"{PICTURE} is written.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
