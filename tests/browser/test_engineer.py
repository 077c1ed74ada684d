"""The engineer's page in a real browser, on the real service with a worker: with mouse, and with the keyboard alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessible_pages import violations
from playwright.sync_api import Page, expect
from served_process import served

pytestmark = pytest.mark.many_cases

LINE = "tutorial_line"
PATIENCE_MS = 300_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    with served(data) as found:
        yield f"{found.rstrip('/')}/engineer/"


@pytest.fixture
def page(page: Page) -> Page:
    """The page of these tests, which waits for computed results."""
    page.set_default_timeout(PATIENCE_MS)
    return page


def require_accessible(page: Page) -> None:
    """No violation in light and in dark colours."""
    for theme in ("dark", "light"):
        page.get_by_label("Colours").select_option(theme)
        assert violations(page) == [], theme


def focus_with_tab(page: Page, script: str, most: int = 150) -> None:
    """Press Tab until a condition on the focused element holds."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"(() => {{ const at = document.activeElement; return {script}; }})()"):
            return
    raise AssertionError(script)


def compute(page: Page, result: str) -> None:
    """Order the computation of a view, unless it exists, and wait for its result."""
    expect(page.get_by_role("button", name="Compute").or_(page.get_by_text(result)).first).to_be_visible()
    if page.get_by_role("button", name="Compute").count():
        page.get_by_role("button", name="Compute").click()
    expect(page.get_by_text(result).first).to_be_visible(timeout=PATIENCE_MS)


def test_a_scenario_is_changed_checked_and_saved_with_the_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}#scenario/{LINE}?part=outside_temperature_c")
    field = page.locator('[data-path="outside_temperature_c"]')
    expect(field).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Engineer")).to_have_attribute("aria-current", "page")
    require_accessible(page)
    focus_with_tab(page, 'at.dataset.path === "outside_temperature_c"')
    page.keyboard.press("Control+A")
    page.keyboard.type("99")
    expect(page.locator(".fault:visible")).to_contain_text("too high")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+A")
    page.keyboard.type("-20")
    expect(page.get_by_text("Changes that are not saved: 1")).to_be_visible()
    # A value that the form cannot refuse: the check of the service places its fault.
    focus_with_tab(page, 'at.textContent.startsWith("name")', 400)
    page.keyboard.press("Enter")
    title = page.get_by_role("button", name="title", exact=True)
    focus_with_tab(page, 'at.textContent === "title"')
    page.keyboard.press("Enter")
    expect(title).to_have_attribute("aria-current", "true")
    focus_with_tab(page, 'at.textContent.startsWith("stations")')
    page.keyboard.press("Enter")
    table = page.get_by_label("stations.csv")
    expect(table).to_be_visible()
    text = table.input_value()
    focus_with_tab(page, 'at.dataset.file === "stations.csv" && at.tagName === "TEXTAREA"')
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text.replace("Market", "", 1))
    focus_with_tab(page, 'at.textContent === "Check"')
    page.keyboard.press("Enter")
    link = page.locator(".fault-link").first
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    expect(link).to_contain_text("stations.csv")
    expect(page.locator(".schema-form .fault").first).to_be_visible()
    require_accessible(page)
    focus_with_tab(page, 'at.className === "fault-link"')
    page.keyboard.press("Enter")
    focus_with_tab(page, 'at.dataset.file === "stations.csv" && at.tagName === "TEXTAREA"')
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text.replace("Market", "Old Market", 1))
    focus_with_tab(page, 'at.closest(".buttons") && at.tagName === "INPUT"')
    page.keyboard.press("Control+A")
    page.keyboard.type("colder_line")
    focus_with_tab(page, 'at.textContent === "Check and save"')
    page.keyboard.press("Enter")
    expect(page.get_by_text("colder_line, version 1, is stored")).to_be_visible(timeout=PATIENCE_MS)
    focus_with_tab(page, 'at.textContent === "Open the new version"')
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_have_value("colder_line")
    temperature = page.get_by_role("button", name="outside_temperature_c")
    expect(temperature).to_be_visible(timeout=PATIENCE_MS)
    temperature.focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="outside_temperature_c"]')).to_have_value("-20")


def test_overrides_are_differences(page: Page, address: str) -> None:
    page.goto(f"{address}#scenario/beijing_yizhuang")
    table = page.get_by_role("region", name="Overrides: what each changes")
    expect(table).to_be_visible(timeout=PATIENCE_MS)
    row = table.get_by_role("row").filter(has_text="summer").first
    expect(row).to_contain_text("outside_temperature_c")
    expect(row.locator("del")).to_have_text("18")
    expect(row.locator("ins")).to_have_text("33")


def test_the_line_shows_speed_and_power_of_a_section(page: Page, address: str) -> None:
    page.goto(f"{address}#line/{LINE}")
    expect(page.get_by_role("button", name="Compute")).to_be_visible()
    require_accessible(page)
    compute(page, "Running times")
    expect(page.get_by_role("img", name="Speed, km/h")).to_be_visible()
    require_accessible(page)
    page.get_by_label("Section").select_option("1")
    expect(page).to_have_url(re.compile(r"section=1"))
    driving = page.get_by_role("combobox", name=re.compile("^Driving"))
    driving.select_option(index=1)
    expect(page).to_have_url(re.compile(r"run=\d+"))
    chosen = driving.input_value()
    page.reload()
    expect(page.get_by_label("Section")).to_have_value("1")
    expect(page.get_by_role("combobox", name=re.compile("^Driving"))).to_have_value(chosen)
    page.get_by_label("Direction").select_option(index=1)
    expect(page).to_have_url(re.compile(r"direction=down"))
    with page.expect_download() as saved:
        page.locator("section", has_text="Optimal runs with").last.get_by_role("button", name="CSV").click()
    rows = Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("direction,from,to,length_m")
    assert len(rows) > 30


def test_each_second_of_the_day_is_reached_by_keys_and_address(page: Page, address: str) -> None:
    page.goto(f"{address}#power/{LINE}?t=25200")
    compute(page, "Voltage and power along the line in one second")
    clock = page.locator("output.clock")
    expect(clock).to_have_text("07:00:00")
    slider = page.get_by_label("Second of the day")
    slider.focus()
    steps = {
        "ArrowRight": "07:00:01", "Shift+ArrowRight": "07:00:11", "PageUp": "07:01:11", "ArrowLeft": "07:01:10",
    }  # fmt: skip
    for key, wanted in steps.items():
        page.keyboard.press(key)
        expect(clock).to_have_text(wanted)
    expect(page).to_have_url(re.compile(r"t=25270"))
    expect(page.get_by_role("img", name="Voltage along the line, V")).to_be_visible()
    page.locator("#panel > section details.graph-table").last.locator("summary").click()
    expect(page.get_by_role("region", name="Substations")).to_be_visible()
    page.get_by_role("textbox", name="Time").fill("08:15")
    page.keyboard.press("Tab")
    expect(clock).to_have_text("08:15:00")
    require_accessible(page)
    page.reload()
    expect(clock).to_have_text("08:15:00")


def test_the_replay_plays_inside_the_service(page: Page, address: str) -> None:
    page.goto(f"{address}#replay/{LINE}")
    compute(page, "Open the replay in its own tab")
    frame = page.frame_locator("iframe.replay")
    expect(frame.locator("#clock")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"), timeout=PATIENCE_MS)
    before = frame.locator("#clock").text_content()
    frame.get_by_role("button", name="Play").click()
    expect(frame.locator("#clock")).not_to_have_text(before or "")
    require_accessible(page)


def test_studies_are_ordered_and_read_with_their_intervals(page: Page, address: str) -> None:
    page.goto(f"{address}#studies/{LINE}")
    expect(page.get_by_text("There is no study of this line yet.")).to_be_visible()
    require_accessible(page)
    forms = page.locator("form.study-form")
    forms.nth(0).get_by_label("Days simulated").fill("2")
    forms.nth(0).get_by_role("button", name="Simulate").press("Enter")
    expect(page.get_by_role("region", name="Means with their 95 % intervals")).to_be_visible(timeout=PATIENCE_MS)
    forms.nth(1).get_by_label("Levels").fill("0, 2")
    forms.nth(1).get_by_label("Days simulated").fill("2")
    forms.nth(1).get_by_role("button", name="Sweep", exact=True).press("Enter")
    expect(page.get_by_label("Measure")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Measure").select_option("mean_waiting_s")
    region = page.get_by_role("region", name="Mean waiting, s").last
    expect(region.get_by_role("row")).to_have_count(3)
    require_accessible(page)


def test_an_unknown_line_and_a_refused_study_are_explained(page: Page, address: str) -> None:
    page.goto(f"{address}#line/none")
    expect(page.get_by_text("does not exist")).to_be_visible()
    require_accessible(page)
    page.goto(f"{address}#studies/{LINE}")
    form = page.locator("form.study-form").nth(1)
    form.get_by_role("combobox", name="Factor").fill("no.such.value")
    form.get_by_role("button", name="Sweep", exact=True).click()
    expect(form.locator(".problem")).to_contain_text("no.such.value", timeout=PATIENCE_MS)
    require_accessible(page)


def test_the_tabs_are_reached_by_arrow_keys_and_the_page_fits_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}#studies/{LINE}")
    page.get_by_role("tab", name="Studies").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Replay")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_role("tab", name="Scenario")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".parts")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("tab", name="场景")).to_be_visible()
    assert violations(page) == []
