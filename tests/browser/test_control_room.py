"""The control room on the real service with a virtual line: seen, operated by keyboard alone, restarted, stale."""

import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from accessible_pages import violations
from playwright.sync_api import Browser, Page, expect
from prepared_data import prepared_data
from served_process import HEADWATT

pytestmark = pytest.mark.many_cases
PATIENCE_MS = 240_000


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass
class Railway:
    """A service and a virtual line, each a process that a test can end and start again."""

    data: Path
    port: int = field(default_factory=_free_port)
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str, *arguments: str) -> None:
        command = (*HEADWATT, *arguments, "--data", str(self.data))
        self.processes[name] = subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True)

    def serve(self) -> None:
        self.start("serve", "serve", "--port", str(self.port), "--no-worker")
        until(self._answers)

    def live(self) -> None:
        self.start("live", "live", "tutorial_line", "--virtual", "--speed", "10", "--controller", "track")

    def _answers(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def until(is_so: Callable[[], bool], wait_s: float = 120) -> None:
    """Wait until something is so."""
    end = time.monotonic() + wait_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.fixture(scope="module")
def railway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Railway]:
    found = Railway(prepared_data(tmp_path_factory.mktemp("data")))
    found.serve()
    try:
        yield found
    finally:
        for name in list(found.processes):
            found.end(name)
        shutil.rmtree(found.data, ignore_errors=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    page.close()
    assert wrong == []


def opened(page: Page, railway: Railway, query: str = "") -> Page:
    """The page with the line on it; the first start of a line prepares its motions."""
    if "live" not in railway.processes:
        railway.live()
    page.goto(f"{railway.address}/control-room/{query}")
    expect(page.locator("#room")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#stale")).to_be_hidden(timeout=PATIENCE_MS)
    return page


def state(page: Page, railway: Railway) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(f"{railway.address}/v1/live/tutorial_line").json()
    return found


def test_a_line_that_starts_appears_without_a_reload(page: Page, railway: Railway) -> None:
    page.goto(f"{railway.address}/control-room/")
    expect(page.locator("#state")).to_contain_text("headwatt live beijing_yizhuang --virtual --speed 10")
    assert violations(page) == []
    railway.live()
    expect(page.locator("#room")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#mode")).to_have_text("Advice only")
    expect(page.locator("#virtual")).to_have_text("virtual, ×10")
    expect(page.locator("#feeds li")).to_have_count(3)
    before = page.locator("#clock").text_content() or ""
    expect(page.locator("#clock")).not_to_have_text(before)
    page.locator("#mimic").get_by_role("button", name="Table").click()
    expect(page.locator("#mimic tbody tr").first).to_contain_text(re.compile(r"running|standing|turning"))


def test_everything_is_done_by_keyboard_alone(page: Page, railway: Railway) -> None:
    opened(page, railway)
    page.keyboard.press("3")
    expect(page.locator("#mimic-canvas")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("train="))
    expect(page.locator("#train")).to_contain_text("km/h")
    page.keyboard.press("t")
    expect(page.locator("#advice-off")).to_have_text(re.compile("stopped for (?!the line)"), timeout=PATIENCE_MS)
    page.keyboard.press("s")
    expect(page.locator("#advice-off")).to_contain_text("stopped for the line", timeout=PATIENCE_MS)
    assert state(page, railway)["advising"]["is_on"] is False
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#advice-off")).to_have_text(re.compile("stopped for (?!the line)"), timeout=PATIENCE_MS)
    page.keyboard.press("t")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#advice-off")).to_be_hidden(timeout=PATIENCE_MS)
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("wall"))
    page.keyboard.press("w")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Wall mode on and off")
    page.keyboard.press("Escape")
    page.keyboard.press("5")
    expect(page.locator("#headways-canvas")).to_be_focused()


def test_the_view_stays_and_the_line_comes_back_after_a_restart_of_the_server(page: Page, railway: Railway) -> None:
    opened(page, railway, "?from=07:00:00&to=09:00:00")
    page.keyboard.press("3")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("train="))
    before = page.url
    railway.end("serve")
    expect(page.locator("#stale")).to_contain_text("not the state of now", timeout=30_000)
    expect(page.locator("#graph-drawing")).to_have_class(re.compile("hatched"))
    railway.serve()
    expect(page.locator("#stale")).to_be_hidden(timeout=60_000)
    assert page.url == before
    expect(page.locator("#train")).to_contain_text("km/h")


def test_views_do_not_move_unless_the_clock_is_followed(page: Page, railway: Railway) -> None:
    opened(page, railway, "?from=08:00:00&to=09:00:00&station=nowhere")
    clock = page.locator("#clock").text_content() or ""
    expect(page.locator("#clock")).not_to_have_text(clock)
    expect(page).to_have_url(re.compile(r"from=08%3A00%3A00&to=09%3A00%3A00"))
    expect(page.get_by_role("button", name="Follow the clock")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Follow the clock")).to_have_attribute("aria-pressed", "true")
    expect(page).not_to_have_url(re.compile("from="))


@pytest.mark.parametrize(
    ("width", "height", "query"), [(1366, 768, ""), (1920, 1080, "?wall"), (683, 384, ""), (390, 844, "")]
)
def test_no_state_has_a_violation_or_is_wider_than_its_screen(
    browser: Browser, railway: Railway, width: int, height: int, query: str
) -> None:
    for theme in ("dark", "light"):
        for language in ("en", "zh"):
            page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page.add_init_script(
                f"localStorage.setItem('headwatt.theme.control_room', '{theme}');"
                f"localStorage.setItem('headwatt.language', '{language}')"
            )
            opened(page, railway, query)
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            page.close()


def test_recoveries_are_compared_by_keyboard_alone(page: Page, railway: Railway) -> None:
    opened(page, railway)
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog", name="Disruption: compare recoveries")
    dialog.get_by_label("What happened").select_option("section blocked")
    assert violations(page) == []
    dialog.get_by_label("Lasts, min").press("Enter")
    expect(dialog.locator(".recommended")).to_contain_text("Recommended, advice only", timeout=PATIENCE_MS)
    expect(dialog.locator("tbody tr")).to_have_count(4)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("x")
    expect(dialog.locator("tbody tr.best")).to_have_count(1)


def test_a_moment_of_the_past_is_shown_and_marked_and_takes_no_orders(page: Page, railway: Railway) -> None:
    opened(page, railway)
    before = page.locator("#clock").text_content() or ""
    expect(page.locator("#clock")).not_to_have_text(before)
    page.keyboard.press("r")
    expect(page.locator("#replay-text")).to_contain_text("not live", timeout=PATIENCE_MS)
    expect(page).to_have_url(re.compile("replay="))
    shown = page.locator("#clock").text_content() or ""
    page.wait_for_timeout(1500)
    expect(page.locator("#clock")).to_have_text(shown)
    assert violations(page) == []
    page.keyboard.press("x")
    expect(page.locator("#news")).to_contain_text("takes no orders")
    page.keyboard.press("r")
    expect(page.locator("#replay")).to_be_hidden(timeout=PATIENCE_MS)
    expect(page.locator("#clock")).not_to_have_text(shown)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_handover_is_a_sheet_that_prints(browser: Browser, railway: Railway, language: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.add_init_script(f"localStorage.setItem('headwatt.language', '{language}')")
    opened(page, railway)
    page.goto(f"{railway.address}/control-room/handover/?line=tutorial_line")
    expect(page.locator("#content h2")).to_have_count(7)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.pdf().startswith(b"%PDF")
    page.close()


def test_an_incident_raises_an_alarm_that_is_acknowledged_and_shelved(page: Page, railway: Railway) -> None:
    """The last test but one of this file, because the meters stay silent."""
    opened(page, railway)
    page.keyboard.press("i")
    page.get_by_label("What happens").select_option("silent meters")
    page.get_by_label("For, s").fill("7200")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#alarm-list li[data-open]").first).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("a")
    expect(page.locator("#alarm-list li:not([data-open])").first).to_contain_text(
        "acknowledged by", timeout=PATIENCE_MS
    )
    page.locator("#alarm-list summary").first.click()
    page.locator("#alarm-list").get_by_role("button", name="Shelve").first.click()
    page.get_by_label("Reason").fill("The meters are replaced today")
    page.get_by_role("button", name="Shelve", exact=True).last.click()
    expect(page.locator("#shelved")).to_contain_text("Shelved: ", timeout=PATIENCE_MS)


def test_the_end_of_the_live_process_cannot_be_missed(page: Page, railway: Railway) -> None:
    if "live" not in railway.processes:
        railway.live()
    page.goto(f"{railway.address}/control-room/")
    expect(page.locator("#room")).to_be_visible(timeout=PATIENCE_MS)
    railway.end("live")
    expect(page.locator("#stale")).to_contain_text(re.compile("ended|not the state of now"), timeout=60_000)
    expect(page.locator("body")).to_have_class(re.compile("old"))
    expect(page.locator("#feeds li.old")).to_have_count(3)
    assert violations(page) == []
