"""The report opened from a file, without any server: every chart draws, and nothing is asked of the network."""

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from api.report.render import render_report
from api.result import result_of


@pytest.fixture
def report(tmp_path: Path) -> Path:
    from scenarios.load import load_scenario
    from simulation.experiment import PlanRequest, run_plan_experiment

    experiment = run_plan_experiment(PlanRequest(load_scenario("tutorial_line"), replications=2, time_limit_s=2.0))
    file = tmp_path / "report.html"
    file.write_text(render_report(experiment, result_of(experiment)), encoding="utf-8")
    return file


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
        assert len(page.pdf()) > 20_000
        browser.close()
    assert wrong == []
