"""The page in a real browser: a person orders a plan, watches it, reads the report, finds it again, stops another."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from prepared_data import prepared_data
from served_process import served

pytestmark = pytest.mark.many_cases

PATIENCE_MS = 240_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = prepared_data(tmp_path_factory.mktemp("data"))
    with served(data) as address:
        yield address


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
    # A request that is under way when the page goes on is aborted by the browser itself: that is no fault.
    aborted = ": net::ERR_ABORTED"
    assert [line for line in wrong if not line.startswith(("data:", "blob:")) and not line.endswith(aborted)] == []


def service_of(page: Page) -> Locator:
    """The choice of the service; plans whose names hold the word are in another choice."""
    return page.get_by_role("combobox", name=re.compile("^Service"))


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

    expect(page.locator("#plans a[aria-current]")).to_contain_text(re.compile(r"% saved.*2 days.*by local"))

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the report").click()
    report = opened.value
    expect(report.get_by_role("heading", level=1)).to_contain_text("Tutorial line")
    report.locator("#driving").scroll_into_view_if_needed()
    expect(report.locator("[data-chart=driving] .main-svg").first).to_be_visible()
    before = report.locator("#driving-text").text_content()
    report.get_by_label("Next section").click()
    expect(report.locator("#driving-text")).not_to_have_text(before or "")

    report.close()
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
    shares: list[float] = []
    while not shares or shares[-1] < 0.1:
        value = page.get_by_role("progressbar").evaluate("bar => bar.value", timeout=PATIENCE_MS)
        shares.append(value)
        page.wait_for_timeout(300)
    assert shares == sorted(shares)
    expect(page.locator("#stage")).to_contain_text("left")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#plan .status")).to_have_text("stopped", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.many_cases
def test_a_search_is_ended_with_its_best_plan_and_another_choice_is_planned(page: Page, address: str) -> None:
    """Headways by demand from the form, an exhaustive search, and a click on another row of the trade."""
    page.goto(address)
    page.get_by_label("Line").select_option("tutorial_line")
    service_of(page).select_option("demand-led")
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


@pytest.mark.many_cases
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
    service_of(page).select_option("demand-led")
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


def test_the_plan_button_is_in_the_first_view_and_few_tabs_away(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(address)
    expect(page.get_by_role("button", name="Plan", exact=True)).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Changes of the line")).to_be_visible()  # the lines are there
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Line")).to_be_focused()
    for _ in range(7):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Plan", exact=True)).to_be_focused()


def test_changes_are_collapsed_explained_and_exclusive(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Line").select_option("beijing_yizhuang")
    expect(page.get_by_text("air conditioning")).to_be_hidden()
    page.get_by_text("Changes of the line (0 of 12)").click()
    expect(page.get_by_text("air conditioning")).to_be_visible()
    page.get_by_label("summer", exact=True).check()
    page.get_by_label("winter", exact=True).check()
    expect(page.get_by_label("summer", exact=True)).not_to_be_checked()
    page.get_by_label("substation out", exact=True).check()
    expect(page.get_by_text("Changes of the line (2 of 12)")).to_be_visible()


def test_the_progress_never_falls(page: Page, address: str) -> None:
    """Stages that run beside each other, and a stage that is reported twice."""
    page.goto(address)
    shares = page.evaluate(
        """async () => {
          const { advanced, BEGINNING } = await import("/pages/plan_progress.js");
          const reports = [["preparing", 0], ["headways", 0.5], ["patterns", 0.4],
            ["simulated days", 0.2], ["trips", 0.1], ["patterns", 0], ["unknown", 1],
            ["trips", 0], ["check", 0], ["simulated days", 1], ["writing the plan", 1]];
          let progress = BEGINNING;
          return reports.map(([stage, share]) => (progress = advanced(progress, stage, share)).whole);
        }"""
    )
    assert shares == sorted(shares)
    assert len(set(shares)) >= 7
    assert shares[-1] == pytest.approx(1)


@pytest.mark.many_cases
def test_a_plan_of_another_user_appears_and_changes_without_a_reload(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_label("Line")).to_have_value(re.compile("."))
    before = len(page.request.get(f"{address}/v1/plans").json()["plans"])
    expect(page.locator("#plans a")).to_have_count(before)
    page.get_by_label("Days simulated").focus()
    order = {"scenario": "tutorial_line", "replications": 3, "seed": 77}
    made = page.request.post(f"{address}/v1/plans", data=order, headers={"Content-Type": "application/json"}).json()
    entry = page.locator(f"#plans a[href='#{made['id']}']")
    expect(entry).to_contain_text("seed 77", timeout=PATIENCE_MS)
    expect(page.locator("#plans a")).to_have_count(before + 1)
    page.request.post(f"{address}{made['links']['cancel']}", headers={"Content-Type": "application/json"})
    expect(entry).to_contain_text("stopped", timeout=PATIENCE_MS)
    expect(page.get_by_label("Days simulated")).to_be_focused()
    expect(page.get_by_role("heading", name="Active plan")).to_be_visible()


def test_the_interface_for_programs_is_readable(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Interface for programs").click()
    expect(page.get_by_role("heading", name="POST /v1/plans", exact=True)).to_be_visible(timeout=PATIENCE_MS)


def test_colours_and_language_are_switched_and_kept(page: Page, address: str) -> None:
    page.goto(address)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate(ground)
    assert dark != light
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("button", name="开始计划")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.evaluate(ground) == dark
    page.emulate_media(color_scheme="dark")
    page.get_by_label("配色").select_option("system")
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("width", [1366, 683, 390])
def test_each_control_has_a_name_and_a_size(page: Page, address: str, width: int) -> None:
    """Also at 200 % zoom of 1366 pixels, and with forced colours and reduced motion."""
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 768})
    page.goto(address)
    page.get_by_text("Limits and fixes").click()
    page.locator("#changes-title").click()
    service_of(page).select_option("demand-led")
    faults = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button, a, summary")]
          .filter((one) => one.checkVisibility() && !one.matches(".skip"))
          .filter((one) => {
            const labels = [...(one.labels ?? [])].map((label) => label.textContent.trim()).join("");
            const name = one.getAttribute("aria-label") || one.textContent.trim() || labels;
            const target = one.closest("label") ?? one;
            const { width, height } = target.getBoundingClientRect();
            return !name || width < 24 || height < 20;
          }).map((one) => one.outerHTML)"""
    )
    assert faults == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
