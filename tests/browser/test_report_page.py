"""The report opened from a file, without a server: every chart is drawn, without network requests."""

import re
from pathlib import Path

import pytest
from accessible_pages import violations
from english_left import english_left
from playwright.sync_api import Page, expect, sync_playwright

from api.experiment_result import result_of
from api.report.render import render_report
from simulation.experiment import PlanExperiment


@pytest.fixture
def report(tmp_path: Path) -> Path:
    from scenarios.files.load import load_scenario
    from simulation.experiment import PlanRequest, run_plan_experiment

    experiment = run_plan_experiment(
        PlanRequest(load_scenario("tutorial_line"), replications=2, effort=0.02, workers=1)
    )
    file = tmp_path / "report.html"
    file.write_text(render_report(experiment, result_of(experiment)), encoding="utf-8")
    return file


def check_train_graph(page: Page) -> None:
    """The train graph: its layers, power, borders, table, keys and files, without a server."""
    graph = page.locator("[data-chart=train_graph]")
    graph.scroll_into_view_if_needed()
    canvas = graph.get_by_role("application")
    expect(canvas).to_be_visible()
    seen = drawn(page)
    graph.get_by_label("difference").check()
    graph.get_by_label("Colours of the lines").select_option("power")
    expect(graph.locator(".graph-key")).to_contain_text("returns energy")
    assert drawn(page) != seen
    graph.get_by_text("As a table").click()
    rows = graph.get_by_role("row")
    graph.get_by_role("button", name="Whole day").click()
    expect(graph.get_by_text("trips in view")).to_be_visible()
    whole = rows.count()
    graph.get_by_label("Border of periods").select_option("08:30")
    expect(rows).not_to_have_count(whole)
    for clock in rows.locator("td:nth-child(5)").all_inner_texts():
        assert clock < "09:15:00"
    graph.get_by_role("button", name="Busiest hour and a half").click()
    canvas.focus()
    page.keyboard.press("n")
    expect(graph.locator(".told")).to_contain_text("train")
    for kind, begin in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("CSV", b"\xef\xbb\xbflayer,trip_id")):
        with page.expect_download() as download:
            graph.get_by_role("button", name=kind).click()
        assert download.value.path().read_bytes().startswith(begin)


def drawn(page: Page) -> str:
    """The picture of the train graph."""
    script = "new Promise((go) => setTimeout(() => go(document.querySelector('.train-graph canvas').toDataURL()), 400))"
    return str(page.evaluate(script))


@pytest.mark.many_cases
def test_every_chart_draws_offline(report: Path, chromium: str) -> None:
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(report.as_uri())
        for name in ("levers", "power", "service", "driving", "convergence"):
            chart = page.locator(f"[data-chart={name}]")
            chart.scroll_into_view_if_needed()
            expect(chart.locator(".main-svg").first).to_be_visible()
            expect(chart.locator(".legendtext, .bartext").first).to_be_visible()
        check_train_graph(page)
        assert violations(page) == []
        page.get_by_role("navigation", name="Contents").get_by_role("link", name="Borders of periods").click()
        expect(page.get_by_role("heading", name="Departures at the borders of periods")).to_be_in_viewport()
        for width in (1400, 800, 390):
            page.set_viewport_size({"width": width, "height": 900})
            # Charts follow the window a moment later. The policy refuses a condition as text in `wait_for_function`.
            while page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                page.wait_for_timeout(50)
        assert len(page.pdf()) > 20_000
        browser.close()
    assert wrong == []


NAMES = (
    "Tutorial line, Harbour to Airfield", "tutorial_line", "Harbour", "Market", "University", "Park", "Airfield",
    "west", "east", "headwatt", "result.json", "made up for the tutorial", "made by a test", "compare", "explain",
    "replay", "--seed",
)  # fmt: skip


def test_the_report_is_chinese_for_a_chinese_reader(chromium: str, experiment: PlanExperiment, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_report(experiment, result_of(experiment)), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="en-GB")
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(file.as_uri())
        expect(page.locator("h2").first).not_to_have_text("前后对比")
        page.click("#other-language")
        expect(page.get_by_role("heading", name="前后对比")).to_be_visible()
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        for chart in page.locator("[data-chart]").all():
            chart.scroll_into_view_if_needed()
        expect(page.locator("#power .xtick").first).to_be_visible()
        left = english_left(page, NAMES)
        assert [text for text in left if not re.search(r"(up|down)-\d|result\.json", text)] == []
        assert wrong == []
        browser.close()
