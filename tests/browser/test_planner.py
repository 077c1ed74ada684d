"""The planner's views of a plan in a real browser, on the real service with a real plan: with mouse and keyboard."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from english_left import english_left
from finished_plans import finished, opened
from playwright.sync_api import Browser, Page, expect
from served_process import served

from scenarios.files.load import LINES
from simulation.experiment import PlanExperiment

pytestmark = pytest.mark.many_cases

PATIENCE_MS = 240_000
STATE = """async () => {
  const { stateOf } = await import("/pages/graph_view.js");
  return stateOf(location.hash.split("/").slice(2).join("/"));
}"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def plans(data: Path, experiment: PlanExperiment) -> list[str]:
    """Two plans that succeeded before the service started."""
    database = opened(data)
    made = [finished(database, data, experiment, owner) for owner in ("local", "ada", "grace")]
    database.close()
    return made


@pytest.fixture(scope="module")
def address(data: Path, plans: list[str]) -> Iterator[str]:
    del plans
    with served(data) as address:
        yield address


def graph_of(page: Page, address: str, plan: str) -> None:
    """Open the train graph of a plan and wait until its lines are drawn."""
    page.goto(f"{address}/#{plan}/graph")
    expect(page.locator(".train-graph canvas")).to_be_visible()
    expect(page.get_by_label("plan", exact=True)).to_be_checked()


def until(page: Page, condition: str) -> None:
    """Wait until a condition of the page holds; the policy of the page forbids Playwright's own way to wait for it."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def pixels(page: Page) -> int:
    """The number of colours in the canvas of the train graph: one for an empty canvas."""
    colours = page.evaluate(
        """() => {
          const canvas = document.querySelector(".train-graph canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    assert isinstance(colours, int)
    return colours


def test_the_train_graph_is_zoomed_and_panned_and_its_address_restores_it(
    page: Page, address: str, plans: list[str]
) -> None:
    graph_of(page, address, plans[0])
    page.wait_for_timeout(300)
    assert pixels(page) > 20
    box = page.locator(".train-graph canvas").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.move(*middle)
    page.mouse.wheel(0, 300)
    until(page, "scrollY > 0")  # the wheel alone scrolls the page
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    until(page, "location.hash.split('/').length > 2")
    zoomed = page.evaluate(STATE)
    page.mouse.down()
    page.mouse.move(middle[0] - 120, middle[1])
    page.mouse.up()
    until(page, f"!location.hash.includes('{round(zoomed['view']['from_s'])}~')")
    panned = page.evaluate(STATE)
    span = [view["view"]["to_s"] - view["view"]["from_s"] for view in (zoomed, panned)]
    assert abs(span[0] - span[1]) <= 1
    assert panned["view"]["from_s"] > zoomed["view"]["from_s"]
    page.reload()
    expect(page.locator(".train-graph canvas")).to_be_visible()
    assert page.evaluate(STATE) == panned


def test_a_train_is_found_centred_and_read_with_the_keyboard_alone(
    page: Page, address: str, plans: list[str], experiment: PlanExperiment
) -> None:
    trip = experiment.plan.timetable.of("up")[5]
    graph_of(page, address, plans[0])
    page.get_by_label("Find a train").fill(trip.trip_id)
    expect(page.locator(".graph-tools output")).to_have_text("1 of 1")
    page.keyboard.press("Enter")
    expect(page.locator("#plan-panel .train")).to_contain_text(trip.trip_id)
    expect(page.locator(".train-graph .told")).to_contain_text(f"train {trip.trip_id}")
    page.wait_for_timeout(400)
    view = page.evaluate(STATE)
    assert view["selected"] == trip.trip_id
    assert view["view"]["from_s"] < trip.start_s < view["view"]["to_s"]
    page.locator(".train-graph canvas").focus()
    page.keyboard.press("n")
    expect(page.locator(".train-graph .told")).not_to_contain_text(f"train {trip.trip_id},")
    page.keyboard.press("Escape")
    expect(page.locator("#plan-panel .train")).to_be_hidden()
    page.get_by_text("As a table").click()
    rows = page.get_by_role("grid").locator("tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() <= 200


def test_layers_are_switched_with_the_keyboard_and_the_box_keeps_the_focus(
    page: Page, address: str, plans: list[str]
) -> None:
    graph_of(page, address, plans[0])
    for name in ("today", "plan", "difference"):
        box = page.get_by_label(name, exact=True)
        before = box.is_checked()
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked(checked=not before)
        expect(box).to_be_focused()
    assert sorted(page.evaluate(STATE)["hidden"]) == ["plan", "today"]
    expect(page.locator(".graph-key")).to_contain_text("later (dashed)")


def test_what_is_seen_is_saved_as_picture_and_table(page: Page, address: str, plans: list[str], tmp_path: Path) -> None:
    graph_of(page, address, plans[0])
    for kind, begin in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("CSV", b"\xef\xbb\xbflayer,trip_id")):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind, exact=True).click()
        saved = tmp_path / kind
        download.value.save_as(saved)
        assert saved.read_bytes().startswith(begin)
    assert b"<path" in (tmp_path / "SVG").read_bytes()


def test_each_view_of_a_plan_is_reached_with_the_arrows_and_has_its_content(
    page: Page, address: str, plans: list[str]
) -> None:
    page.goto(f"{address}/#{plans[0]}")
    page.get_by_role("tab", name="Result").focus()
    for view, words in (
        ("Train graph", "by layer"), ("Headways and loads", "By hour"), ("Power and savings", "Substations"),
        ("Explain and compare", "Judge again"), ("Edit", "No train is moved."), ("Approval", "The checker proved"),
    ):  # fmt: skip
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=view)).to_be_focused()
        expect(page.get_by_role("tabpanel")).to_contain_text(words, timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_edit_is_checked_while_typing_and_undone(
    page: Page, address: str, plans: list[str], experiment: PlanExperiment
) -> None:
    first, second = experiment.plan.timetable.of("up")[3:5]
    page.goto(f"{address}/#{plans[0]}/edit")
    told = page.locator(".edit-told")
    expect(told).to_have_text("No train is moved.", timeout=PATIENCE_MS)
    field = page.get_by_label(f"Departure of {first.trip_id}", exact=True)
    planned = field.input_value()
    field.fill(f"+{second.start_s - first.start_s - 1}")
    expect(told).to_contain_text("Violations", timeout=PATIENCE_MS)
    expect(page.locator(f"tr[data-trip='{second.trip_id}'] .rules")).to_contain_text("▲")
    expect(page.get_by_role("button", name="Save and judge")).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(told).to_have_text("No train is moved.")
    expect(field).to_have_value(planned)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Redo").click()
    expect(told).to_contain_text("Violations")


def test_a_plan_is_approved_activated_and_rolled_back(page: Page, address: str, plans: list[str]) -> None:
    page.goto(f"{address}/#{plans[1]}/approval")
    present = page.locator("[role=tabpanel] .states [aria-current]")
    for before, button, after in (
        ("judged", "Approve", "approved"),
        ("approved", "Activate", "active"),
        ("active", "Roll back to the plan before", "superseded"),
    ):
        expect(present).to_have_text(before)
        page.get_by_label("Note").fill(f"note of {after}")
        page.get_by_role("button", name=button, exact=True).click()
        expect(present).to_have_text(after)
    expect(page.get_by_role("tabpanel")).to_contain_text("note of active")
    page.get_by_role("tab", name="Edit").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("cannot be edited")


def test_plans_are_searched_and_filtered(page: Page, address: str, plans: list[str]) -> None:
    page.goto(address)
    entries = page.locator("#plans a")
    expect(entries).to_have_count(3)
    page.get_by_label("Search plans").fill("tutorial ada")
    expect(entries).to_have_count(1)
    expect(entries.first).to_have_attribute("href", f"#{plans[1]}")
    page.get_by_label("Search plans").fill("no such plan")
    expect(page.get_by_text("No plan fits.")).to_be_visible()
    page.get_by_label("Search plans").fill("")
    page.get_by_label("Which plans").select_option("mine")
    expect(entries).to_have_count(1)


def test_stops_and_headways_are_typed_and_pasted(
    page: Page, address: str, plans: list[str], experiment: PlanExperiment
) -> None:
    trip = experiment.plan.timetable.of("up")[3]
    page.goto(f"{address}/#{plans[0]}/edit")
    told = page.locator(".edit-told")
    expect(told).to_have_text("No train is moved.", timeout=PATIENCE_MS)
    headway = page.get_by_label(f"Headway before {trip.trip_id}, s", exact=True)
    before = int(headway.input_value())
    headway.fill(str(before + 7))
    expect(page.locator(f"tr[data-trip='{trip.trip_id}'] td").nth(3)).to_have_text("+7")
    expect(page.get_by_role("heading", name=f"Stops of train {trip.trip_id}")).to_be_visible()
    arrival = page.locator(".edit-stops tbody tr").nth(1).locator("input").first
    moved = arrival.input_value()
    arrival.fill("+600")
    expect(told).to_contain_text("Violations", timeout=PATIENCE_MS)
    page.keyboard.press("Control+z")
    expect(arrival).to_have_value(moved)
    arrival.evaluate(
        """(field, text) => {
          const data = new DataTransfer();
          data.setData("text", text);
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        "+1\t+2\nsoon\t",
    )
    expect(page.locator(".edit-stops input.changed")).to_have_count(2)
    expect(page.get_by_text("row 2: soon")).to_be_visible()


def test_edits_are_kept_on_the_version_of_a_second_editor(
    page: Page, address: str, plans: list[str], experiment: PlanExperiment
) -> None:
    mine, theirs = experiment.plan.timetable.of("up")[3:5]
    page.goto(f"{address}/#{plans[2]}/edit")
    expect(page.locator(".edit-told")).to_have_text("No train is moved.", timeout=PATIENCE_MS)
    field = page.get_by_label(f"Departure of {mine.trip_id}", exact=True)
    field.fill("+15")
    wanted = field.input_value()
    at = f"{address}/v1/plans/{plans[2]}"
    json = {"Content-Type": "application/json", "If-Match": page.request.get(at).headers["etag"]}
    edit = {"moves": [{"trip": theirs.trip_id, "by_s": 1}, {"trip": mine.trip_id, "by_s": 4}], "unproven": True}
    assert page.request.post(f"{at}/versions", data=edit, headers=json).ok
    page.get_by_role("button", name="Keep my changes").click(timeout=PATIENCE_MS)
    expect(page.get_by_text("Both changed these trains")).to_contain_text(mine.trip_id, timeout=PATIENCE_MS)
    expect(page.locator(f"tr[data-trip='{mine.trip_id}'] td").nth(3)).to_have_text("+11")
    assert wanted == "+15"


def test_a_second_editor_sees_the_conflict(page: Page, address: str, plans: list[str]) -> None:
    page.goto(f"{address}/#{plans[0]}/edit")
    expect(page.locator(".edit-told")).to_have_text("No train is moved.", timeout=PATIENCE_MS)
    at = f"{address}/v1/plans/{plans[0]}"
    tag = page.request.get(at).headers["etag"]
    json = {"Content-Type": "application/json", "If-Match": tag}
    assert page.request.post(f"{at}/approval", data={"step": "approve"}, headers=json).ok
    expect(page.get_by_role("alert").filter(has_text="Somebody else")).to_contain_text("approved", timeout=30_000)
    page.get_by_role("button", name="Show the present plan").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("cannot be edited")


def test_a_train_is_explained_and_two_plans_are_compared(
    page: Page, address: str, plans: list[str], experiment: PlanExperiment
) -> None:
    trip = experiment.plan.timetable.of("up")[5].trip_id
    graph_of(page, address, plans[0])
    page.get_by_label("Find a train").fill(trip)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Explain this train").click()
    expect(page.get_by_role("heading", name=f"Why train {trip} runs here")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Explain and compare").click()
    page.get_by_role("combobox", name=re.compile("^With")).select_option(plans[1])
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("Trips that differ: 0")).to_be_visible(timeout=PATIENCE_MS)


def test_a_faulty_folder_is_led_fault_by_fault(browser: Browser, address: str, tmp_path: Path) -> None:
    page = browser.new_page()
    made = tmp_path / "line.zip"
    with zipfile.ZipFile(made, "w") as archive:
        for file in sorted((LINES / "tutorial_line").iterdir()):
            if file.is_file():
                text = file.read_text(encoding="utf-8")
                archive.writestr(file.name, text.replace("capacity:", "capacitance:") if "yaml" in file.name else text)
    page.goto(f"{address}/#import")
    page.get_by_role("main").get_by_label("File").set_input_files(made)
    page.get_by_label("Id of the line").fill("tutorial_two")
    page.get_by_role("button", name="Only check").click()
    expect(page.get_by_text("Faults to mend")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#plan .problem li").first).to_be_visible()
    page.close()


NAMES = (
    "Tutorial line, Harbour to Airfield", "Beijing Subway Yizhuang line", "Harbour", "Airfield", "west", "east",
    "local", "grace", "headwatt", "from,to,headway_s", "trips: [up-010]", "spare_trains",
    "Shanghai Metro Line 8, PES to SFM", "ada", "Market", "University", "Park",
)  # fmt: skip


@pytest.mark.parametrize("view", ["result", "graph", "service", "power", "trips", "edit", "approval"])
def test_no_english_is_left_on_the_chinese_page(browser: Browser, address: str, plans: list[str], view: str) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page.goto(f"{address}/#{plans[0]}/{view}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tutorial line")
    expect(page.get_by_text("加载中。")).to_have_count(0)
    left = english_left(page, NAMES)
    files = re.compile(
        r"^(headways|timetable|profiles)\.csv$|^(result|scenario)\.json$|^report\.html$|(up|down)-\d|[a-z]+_[a-z_]+"
    )
    assert [text for text in left if not files.search(text)] == []
    page.close()
