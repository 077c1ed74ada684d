"""The page in a real browser: a person orders a plan, watches it, reads the report, finds it again, stops another."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

START = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"
PATIENCE_MS = 240_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    command = (sys.executable, "-c", START, "serve", "--port", "0", "--data", str(data))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None
        yield found.group()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which every error of a script and every request to elsewhere fails the test."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if "127.0.0.1" not in request.url else None)
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}"))
    yield page
    page.wait_for_load_state("load")
    page.close()
    # A report that is still on its way when the page goes on is aborted by the browser itself: that is no fault.
    aborted = "/report: net::ERR_ABORTED"
    assert [line for line in wrong if not line.startswith(("data:", "blob:")) and not line.endswith(aborted)] == []


@pytest.mark.many_cases
def test_a_plan_is_ordered_followed_and_read(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address)
    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_label("Days simulated").fill("2")
    page.get_by_label("Search effort").select_option("quick")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tutorial line")
    expect(page.locator("#plan .status")).to_have_text("done", timeout=PATIENCE_MS)
    expect(page.locator(".verdict strong")).to_have_text(re.compile(r"^-?\d+\.\d % saved$"))
    expect(page.locator("#plans a[aria-current]")).to_contain_text("done")

    report = page.frame_locator("iframe")
    expect(report.get_by_role("heading", level=1)).to_contain_text("Tutorial line")
    report.locator("#driving").scroll_into_view_if_needed()
    expect(report.locator("[data-chart=driving] .main-svg").first).to_be_visible()
    before = report.locator("#driving-text").text_content()
    report.get_by_label("Next section").click()
    expect(report.locator("#driving-text")).not_to_have_text(before or "")

    with page.expect_download() as download:
        page.get_by_role("link", name="timetable.csv").click()
    saved = tmp_path / "timetable.csv"
    download.value.save_as(saved)
    assert saved.read_text().startswith("trip_id,")

    page.reload()
    expect(page.locator("#plan .status")).to_have_text("done")


@pytest.mark.many_cases
def test_a_plan_is_stopped(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Line").select_option("beijing_yizhuang")
    page.get_by_label("Days simulated").fill("1000")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#plan .status")).to_have_text("stopped", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.many_cases
def test_a_search_is_ended_with_its_best_plan_and_another_choice_is_planned(page: Page, address: str) -> None:
    """Headways by demand from the form, an exhaustive search, and a click on another row of the trade."""
    page.goto(address)
    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_label("Service").select_option("demand-led")
    page.get_by_label("To save").select_option("cost")
    page.get_by_label("Its number").fill("2")
    page.get_by_label("Days simulated").fill("2")
    page.get_by_label("Search effort").select_option("exhaustive")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="End the search, keep the best").click()
    expect(page.locator("#plan .status")).to_have_text("done", timeout=PATIENCE_MS)
    expect(page.get_by_role("main")).to_contain_text("for cost, number 2 of the set")
    expect(page.get_by_role("main")).to_contain_text("The search was cancelled")
    expect(page.locator("tr.chosen td").first).to_have_text("2")
    page.locator("tbody tr").nth(4).get_by_role("button", name="Plan this").click()
    expect(page.get_by_role("main")).to_contain_text("number 4 of the set")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#plan .status")).to_have_text("stopped", timeout=PATIENCE_MS)


def test_faults_of_fixes_are_shown_beside_the_form(browser: Browser, address: str) -> None:
    page = browser.new_page()  # not the strict page: the browser itself logs the 422
    page.goto(address)
    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_text("Limits and fixes").click()
    page.get_by_label("What stays fixed").fill("trips: [up-999]\nspare_trains: 900")
    page.get_by_role("button", name="Plan", exact=True).click()
    alert = page.get_by_role("alert")
    # The first order waits until the process that checks orders has started.
    expect(alert).to_contain_text("fixes, line 1, trips[0]: up-999", timeout=PATIENCE_MS)
    expect(alert).to_contain_text("fixes, line 2, spare_trains: 900")
    page.close()


@pytest.mark.many_cases
def test_reasons_of_an_infeasible_plan_are_sentences(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_text("Limits and fixes").click()
    page.get_by_label("What stays fixed").fill("spare_trains: 4")
    page.get_by_label("Days simulated").fill("2")
    page.get_by_label("Search effort").select_option("quick")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#plan .status")).to_have_text("cannot be met", timeout=PATIENCE_MS)
    reasons = page.locator("#plan .problem li")
    expect(reasons.first).to_contain_text("trains")
    expect(page.locator("#plan")).not_to_contain_text("undefined")


def test_fields_of_the_other_mode_are_hidden(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_text("Limits and fixes").click()
    longer = page.get_by_label("Trips may take longer")
    expect(longer).to_be_visible()
    expect(page.get_by_text("Which headways")).to_be_hidden()
    page.get_by_label("Service").select_option("demand-led")
    expect(longer).to_be_hidden()
    expect(page.get_by_text("Which headways")).to_be_visible()


def test_the_page_fits_a_narrow_screen(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    expect(page.get_by_role("button", name="Plan", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_plan_that_is_not_there_is_reported(browser: Browser, address: str) -> None:
    page = browser.new_page()  # not the strict page: the browser itself logs the 404
    page.goto(f"{address}/#20990101-nothing")
    expect(page.get_by_role("main")).to_contain_text("There is no plan with this id")
    page.close()
