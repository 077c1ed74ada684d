"""The replay in a real browser, offline: it plays, the user can control it, and it shows the content of the trace."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from accessible_pages import violations
from playwright.sync_api import Page, expect, sync_playwright
from typer.testing import CliRunner

from api.cli.main import app
from api.replay.render import render_replay
from energy_models.faults import InputFaults
from simulation.day.trace import Trace, read_trace

DATA = re.compile(r'id="data">([^<]+)<')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a disturbed day of the tutorial line, and its page."""
    folder = tmp_path_factory.mktemp("replay") / "trace"
    line = ["simulate", "tutorial_line", "--replications", "2", "--workers", "1", "--trace", str(folder)]
    traced = CliRunner().invoke(app, line)
    assert traced.exit_code == 0, traced.output
    played = CliRunner().invoke(app, ["replay", str(folder)])
    assert played.exit_code == 0, played.output
    return folder


@pytest.fixture(scope="module")
def trace(folder: Path) -> Trace:
    return read_trace(folder)


@pytest.fixture
def page(folder: Path, chromium: str) -> Iterator[Page]:
    wrong: list[str] = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto((folder / "replay.html").as_uri())
        page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        yield page
        browser.close()
    assert wrong == []


def second_of(clock: str) -> int:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def seek(page: Page, trace: Trace, time_s: int) -> None:
    """Move the scrubber as a person does."""
    begin_s = int(trace.supply["time_s"].iloc[0])
    page.get_by_label("Time", exact=True).fill(str(time_s - begin_s))


def test_the_page_shows_what_the_trace_contains(page: Page, trace: Trace) -> None:
    seconds = trace.trains["time_s"].value_counts()
    busiest_s = int(seconds.index[0])
    seek(page, trace, busiest_s)
    assert second_of(page.locator("#clock").inner_text()) == busiest_s
    now = trace.supply[trace.supply["time_s"] == busiest_s]
    watts = float(now[[name for name in now if name.startswith("power_w.")]].to_numpy().sum())
    shown = float(page.locator("#total").inner_text().split()[0])
    assert shown == pytest.approx(watts / 1e6, abs=0.006)
    running, standing = page.locator("#count").inner_text().split(", ")
    assert int(running) == int(seconds.iloc[0])
    assert int(standing) >= 0
    lowest = float(page.locator("#lowest").inner_text().split()[0])
    trains_v = trace.trains[trace.trains["time_s"] == busiest_s]["voltage_v"]
    assert lowest <= float(trains_v.min()) + 1.0
    page.keyboard.press("End")
    kwh = float(re.sub(r"[^\d.]", "", page.locator("#energy").inner_text()))
    assert kwh == pytest.approx(trace.run.energy_kwh, rel=0.01)


def test_it_plays_stops_and_is_steered_by_keys(page: Page) -> None:
    clock = page.locator("#clock")
    page.keyboard.press("Home")
    begin = second_of(clock.inner_text())
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert second_of(clock.inner_text()) == begin + 70
    page.keyboard.press("ArrowUp")
    assert page.get_by_label("Speed").input_value() == "60"
    page.get_by_role("button", name="Play").click()
    # The policy of the page refuses a condition as text, which `wait_for_function` would evaluate in the page.
    while page.evaluate("Number(document.getElementById('scrubber').value)") <= 70 + 60:
        page.wait_for_timeout(20)
    page.get_by_role("button", name="Pause").click()
    stopped = clock.inner_text()
    page.wait_for_timeout(150)
    assert clock.inner_text() == stopped
    page.keyboard.press("End")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_trains_are_drawn_and_tell_their_figures(page: Page, trace: Trace) -> None:
    """The pixels where a drawing train is have the colour of drawing, and pointing there names the train."""
    rows = trace.trains[(trace.trains["power_w"] > 600e3) & (trace.trains["direction"] == "up")]
    row = rows.iloc[len(rows) // 2]
    seek(page, trace, int(row["time_s"]))
    spot = page.evaluate(
        """() => {
          const canvas = document.getElementById('line');
          const pen = canvas.getContext('2d');
          const { data, width } = pen.getImageData(0, 0, canvas.width, canvas.height);
          const found = [];
          for (let i = 0; i < data.length; i += 4)
            if (data[i] === 0xd1 && data[i + 1] === 0x48 && data[i + 2] === 0x0f) found.push(i / 4);
          return found.length ? { count: found.length, x: found[0] % width, y: Math.floor(found[0] / width) } : null;
        }"""
    )
    assert spot is not None
    assert spot["count"] > 50
    low = min(place.chainage_m for place in trace.run.stations)
    high = max(place.chainage_m for place in trace.run.stations)
    box = page.locator("#line").bounding_box()
    assert box is not None
    across = 46 + (float(row["chainage_m"]) - low) / (high - low) * (box["width"] - 46 - 72)
    page.mouse.move(box["x"] + across, box["y"] + 118)
    expect(page.get_by_role("tooltip")).to_contain_text(str(row["trip"]))
    expect(page.get_by_role("tooltip")).to_contain_text("km/h")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#graph .told")).to_contain_text(str(row["trip"]))


def test_storages_are_drawn_with_their_charge(page: Page, trace: Trace) -> None:
    """The page shows power and charge of the storages of the trace."""
    (storage,) = trace.run.storages
    row = trace.supply.iloc[len(trace.supply) // 2]
    seek(page, trace, int(row["time_s"]))
    power, charge = page.locator("#storages").inner_text().split(" MW, ")
    assert float(power) == pytest.approx(float(row[f"storage_power_w.{storage.name}"]) / 1e6, abs=0.006)
    assert float(charge.split()[0]) == pytest.approx(100.0 * row[f"storage_charge_share.{storage.name}"], abs=0.51)
    expect(page.locator("#charge")).to_be_visible()
    low = min(place.chainage_m for place in trace.run.stations)
    high = max(place.chainage_m for place in trace.run.stations)
    box = page.locator("#line").bounding_box()
    assert box is not None
    across = 46 + (storage.chainage_m - low) / (high - low) * (box["width"] - 46 - 72) + 14 + 6
    page.mouse.move(box["x"] + across, box["y"] + box["height"] - 24 - 20)
    expect(page.get_by_role("tooltip")).to_contain_text(f"Storage {storage.name}")


@pytest.mark.many_cases
def test_the_train_graph_has_each_trip_as_planned_and_as_run(page: Page, trace: Trace) -> None:
    graph = page.locator("#graph")
    graph.get_by_role("button", name="Whole day").click()
    graph.get_by_text("As a table").click()
    expect(graph.get_by_text("trips in view")).to_be_visible()
    calls = trace.events[trace.events["event"].isin(["arrives", "departs"])]
    trip = str(calls["trip"].iloc[0])
    rows = graph.locator(f"tr[data-trip='{trip}']")
    expect(rows).to_have_count(2)
    of_trip = calls[calls["trip"] == trip]
    late_s = float(of_trip["late_s"].iloc[-1])
    arrival_s = {"actual": float(of_trip["time_s"].iloc[-1]), "plan": float(of_trip["time_s"].iloc[-1]) - late_s}
    for name, time_s in arrival_s.items():
        cells = rows.filter(has_text=name).locator("td").all_inner_texts()
        assert second_of(cells[6]) == pytest.approx(time_s, abs=1.0)
    # The keys of the graph move the graph, and not the moment of the replay.
    clock = page.locator("#clock").inner_text()
    graph.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    assert page.locator("#clock").inner_text() == clock
    graph.get_by_label("Colours of the lines").select_option("power")
    expect(graph.locator(".graph-key")).to_contain_text("returns energy")
    assert violations(page) == []
    with page.expect_download() as download:
        graph.get_by_role("button", name="SVG").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.many_cases
def test_what_befell_the_day_is_reported_when_it_does(trace: Trace, tmp_path: Path, chromium: str) -> None:
    """The page lists an outage between two times from its begin on, and not before it."""
    at_s = int(trace.supply["time_s"].iloc[0]) + 600
    row = {"time_s": float(at_s), "clock": "", "vehicle": "", "trip": "", "direction": "",
           "event": "goes out of service", "station": "UNI"}  # fmt: skip
    events = pd.concat([trace.events, pd.DataFrame([row])], ignore_index=True)
    file = tmp_path / "outage.html"
    file.write_text(render_replay(replace(trace, events=events)), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.goto(file.as_uri())
        page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        seek(page, trace, at_s - 1)
        expect(page.locator("#befell")).not_to_contain_text("UNI")
        seek(page, trace, at_s + 5)
        expect(page.locator("#befell")).to_contain_text("goes out of service, UNI")
        browser.close()


def test_a_window_is_smaller_than_the_day(folder: Path, tmp_path: Path) -> None:
    window = tmp_path / "window.html"
    line = ["replay", str(folder), "--from", "07:00", "--to", "07:20", "--out", str(window)]
    assert CliRunner().invoke(app, line).exit_code == 0
    part, whole = (len(DATA.findall(file.read_text("utf-8"))[0]) for file in (window, folder / "replay.html"))
    assert part < 0.3 * whole
    outside = CliRunner().invoke(app, ["replay", str(folder), "--from", "47:00"])
    assert outside.exit_code == 2
    assert "a window within" in " ".join(outside.output.split())
    assert CliRunner().invoke(app, ["replay", str(folder), "--from", "noon"]).exit_code == 2
    assert CliRunner().invoke(app, ["replay", str(tmp_path / "nothing")]).exit_code == 2
    with pytest.raises(InputFaults):
        read_trace(tmp_path)
