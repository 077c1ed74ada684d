"""The report opened from a file, without a server: every chart is drawn, without network requests."""

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from api.experiment_result import result_of
from api.report.render import render_report


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


@pytest.mark.many_cases
def test_every_chart_draws_offline(report: Path, chromium: str) -> None:
    wrong: list[str] = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(report.as_uri())
        for name in ("levers", "power", "train_graph", "service", "driving", "convergence"):
            chart = page.locator(f"[data-chart={name}]")
            chart.scroll_into_view_if_needed()
            expect(chart.locator(".main-svg").first).to_be_visible()
            expect(chart.locator(".legendtext, .bartext").first).to_be_visible()
        range_before = page.evaluate("document.querySelector('[data-chart=train_graph]').layout.xaxis.range[0]")
        page.get_by_role("button", name="Whole day").click()
        page.wait_for_function(
            "before => document.querySelector('[data-chart=train_graph]').layout.xaxis.range[0] !== before",
            arg=range_before,
        )
        expect(page.get_by_role("group", name="Time range").get_by_role("button", pressed=True)).to_have_text(
            "Whole day"
        )
        page.get_by_role("button", name="Plan, coloured by power").click()
        # The two groups do not touch each other: the time range stays chosen.
        expect(page.get_by_role("group", name="Time range").get_by_role("button", pressed=True)).to_have_text(
            "Whole day"
        )
        page.get_by_label("Border of periods").select_option("08:30")
        page.wait_for_function(
            "document.querySelector('[data-chart=train_graph]').layout.xaxis.range[0] === (8.5 - 0.75) * 3600000"
        )
        expect(page.get_by_role("group", name="Time range").get_by_role("button", pressed=True)).to_have_count(0)
        page.get_by_role("navigation", name="Contents").get_by_role("link", name="Borders of periods").click()
        expect(page.get_by_role("heading", name="Departures at the borders of periods")).to_be_in_viewport()
        for width in (1400, 800, 390):
            page.set_viewport_size({"width": width, "height": 900})
            # Charts follow the window a moment later.
            page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
        assert len(page.pdf()) > 20_000
        browser.close()
    assert wrong == []
