"""The fleet page in a real browser on the real service: its main task with mouse and keyboard, every state."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessible_pages import violations
from playwright.sync_api import Browser, Page, expect
from prepared_data import prepared_data
from published_fleet import LINE, VEHICLES, checked_days, history, publish_check, publish_models
from served_app import app_in, served_app

from api.services.installation import open_installation

pytestmark = pytest.mark.many_cases
OTHER = "beijing_yizhuang"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with models of eight days of one line, and nothing of the others."""
    data = prepared_data(tmp_path_factory.mktemp("data"))
    installation = open_installation(data)
    installation.prepare(lambda _line: None)
    installation.use_telemetry(data / "store")
    publish_models(installation.database, data, history())
    publish_check(installation.database, data, checked_days())
    installation.close()
    with served_app(app_in(data)) as port:
        yield f"http://127.0.0.1:{port}/fleet/"


def test_an_alarm_leads_to_the_history_of_its_parameter(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}?line={LINE}")
    alarms = page.locator(".alarms li")
    expect(alarms.first).to_contain_text(f"{VEHICLES[2]}: Auxiliaries")
    expect(alarms.first).to_contain_text("27 Nov 2026")
    expect(alarms.first.locator(".cost")).to_contain_text("kWh a day")
    alarms.first.get_by_role("link").click()
    history = page.locator(".history")
    expect(history.get_by_role("heading", name="History: Auxiliaries")).to_be_visible()
    expect(page.locator("svg.history rect.point, svg.history rect.present")).to_have_count(8)
    expect(page.locator("svg.history .change-sign").first).to_be_visible()
    expect(page).to_have_url(re.compile(f"vehicle={VEHICLES[2]}.*parameter=auxiliary_kw"))
    page.reload()
    expect(page.locator(".history").get_by_role("heading", name="History: Auxiliaries")).to_be_visible()
    for name in ("alarms", "ranking", f"model-{VEHICLES[2]}", f"history-{VEHICLES[2]}"):
        with page.expect_download() as download:
            page.locator(f"[data-key^='csv-{name}']").click()
        download.value.save_as(tmp_path / name)
        assert len((tmp_path / name).read_text(encoding="utf-8").splitlines()) >= 2
    assert (tmp_path / "ranking").read_text(encoding="utf-8").count(VEHICLES[0]) == 1
    page.get_by_text("As a table").click()
    expect(page.locator(".graph-table tbody tr")).to_have_count(8)


def test_vehicles_are_found_and_ordered_and_the_focus_stays(page: Page, address: str) -> None:
    page.goto(f"{address}?line={LINE}")
    rows = page.locator(".ranking tbody tr")
    expect(rows).to_have_count(3)
    first = rows.first.locator("th").inner_text()
    page.get_by_label("Order").select_option("thirsty")
    expect(rows.last.locator("th")).to_have_text(first)
    words = page.get_by_label("Find a vehicle")
    words.focus()
    page.keyboard.type("car-02")
    expect(rows).to_have_count(1)
    expect(words).to_be_focused()
    expect(words).to_have_value("car-02")
    page.keyboard.type("9")
    expect(page.get_by_text("No vehicle fits.")).to_be_visible()


def test_the_calendar_is_read_with_the_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}?line={LINE}")
    tab = page.get_by_role("tab", name="Vehicles")
    expect(tab).to_be_visible()
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Telemetry")).to_be_focused()
    cells = page.locator(".calendar button")
    expect(cells).to_have_count(24)
    chosen = page.locator(".calendar button[aria-pressed=true]")
    chosen.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_accessible_name(re.compile(rf"{VEHICLES[1]}, 28 Nov 2026, findings.*refused"))
    expect(chosen).to_have_text("▲✕")
    shown = page.locator(".day-view")
    expect(shown).to_contain_text("Voltage: does not change while the train moves")
    expect(shown).to_contain_text("420 s without a change")
    expect(page.locator(".calendar .gaps button")).to_have_text("◐")
    expect(page.locator(".calendar .none button")).to_have_text("–")
    expect(page.locator(".quarantine")).to_contain_text("vehicle is blank")
    page.get_by_role("link", name=f"Model of {VEHICLES[1]}").press("Enter")
    expect(page.locator(".vehicle h2")).to_contain_text(VEHICLES[1])


def test_a_plan_is_ordered_with_the_versions_that_are_shown(page: Page, address: str) -> None:
    page.goto(f"{address}?line={LINE}")
    sent = []

    def answer(route: object) -> None:
        sent.append(route.request.post_data_json)  # type: ignore[attr-defined]
        route.fulfill(status=202, json={"id": "20261201-000000-000000-abcdef"})  # type: ignore[attr-defined]

    page.route("**/v1/plans", answer)
    button = page.get_by_role("button", name="Use these models in a plan")
    expect(button).to_be_enabled()
    button.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Order the plan")).to_be_focused()
    dialog.get_by_role("checkbox").first.uncheck()
    dialog.get_by_role("button", name="Order the plan").press("Enter")
    expect(dialog.get_by_role("link", name="Open the plan")).to_be_focused()
    (order,) = sent
    assert (order["scenario"], list(order["fleet_versions"])) == (LINE, list(VEHICLES[1:]))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_job_is_ordered_shown_and_stopped(page: Page, address: str) -> None:
    page.goto(f"{address}?line={LINE}")
    page.get_by_role("button", name="Check the telemetry").click()
    told = page.locator("#job")
    expect(told).to_contain_text("waiting for its turn")
    expect(page.get_by_role("button", name="Calibrate now")).to_be_disabled()
    page.reload()  # the job is still there
    expect(told).to_contain_text("waiting for its turn")
    told.get_by_role("button", name="Stop").click()
    expect(told).to_contain_text("Stopped before it was done.")
    expect(page.get_by_role("button", name="Calibrate now")).to_be_enabled()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_state_is_accessible_and_fits_a_phone(
    browser: Browser, address: str, colours: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_init_script(
        f"localStorage.setItem('headwatt.theme', '{colours}'); localStorage.setItem('headwatt.language', '{language}')"
    )
    page = context.new_page()
    states = {
        f"?line={LINE}&vehicle={VEHICLES[2]}&parameter=auxiliary_kw": ".history svg.history",
        f"?line={LINE}&vehicle=nobody": ".vehicle .problem",
        f"?line={LINE}&view=telemetry&day=2026-11-28&of={VEHICLES[1]}": ".day-view .findings",
        f"?line={OTHER}": ".empty .steps",
    }
    for search, present in states.items():
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(f"{address}{search}")
        expect(page.locator(present).first).to_be_visible()
        assert violations(page) == [], search
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), search
    page.goto(f"{address}?line={LINE}")
    page.get_by_role("button", name=re.compile("Use these models|将这些模型")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    context.close()


def test_an_error_is_shown_and_the_page_reads_again(browser: Browser, address: str) -> None:
    page = browser.new_page()
    problem = {"title": "The service cannot reach its database", "status": 503, "detail": "Try later."}
    page.route("**/v1/lines/*/vehicles", lambda route: route.fulfill(status=503, json=problem))
    page.goto(f"{address}?line={LINE}")
    expect(page.locator("#panel .problem")).to_contain_text("cannot reach its database")
    assert violations(page) == []
    page.unroute("**/v1/lines/*/vehicles")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".ranking tbody tr")).to_have_count(3)
    page.close()
