"""A report behind the policy of the service: its charts are drawn, and the browser refuses nothing of it."""

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect, sync_playwright

from api.experiment_result import result_of
from api.http.answer_headers import report_policy
from api.report.render import render_report
from scenarios.files.load import load_scenario
from simulation.experiment import PlanRequest, run_plan_experiment


@pytest.fixture
def report(tmp_path: Path) -> Path:
    request = PlanRequest(load_scenario("tutorial_line"), replications=2, effort=0.01, workers=1)
    experiment = run_plan_experiment(request)
    file = tmp_path / "report.html"
    file.write_text(render_report(experiment, result_of(experiment)), encoding="utf-8")
    return file


@pytest.mark.many_cases
def test_the_policy_allows_the_report_and_nothing_else(report: Path, chromium: str) -> None:
    policy = report_policy(report)
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "sandbox" in policy
    wrong: list[str] = []

    def answer(route: Route) -> None:
        added = "<script>document.title = 'injected'</script><img src=x onerror=\"document.title = 'injected'\">"
        text = report.read_text(encoding="utf-8").replace("</main>", added + "</main>")
        is_changed = route.request.url.endswith("changed")
        route.fulfill(
            body=text if is_changed else report.read_text(encoding="utf-8"),
            headers={"content-type": "text/html; charset=utf-8", "content-security-policy": policy},
        )

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.route("**/*", answer)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto("http://127.0.0.1/report", timeout=120_000)
        for name in ("levers", "driving"):
            chart = page.locator(f"[data-chart={name}]")
            chart.scroll_into_view_if_needed()
            expect(chart.locator(".main-svg").first).to_be_visible(timeout=60_000)
        graph = page.locator("[data-chart=train_graph]")
        graph.scroll_into_view_if_needed()
        graph.get_by_label("Colours of the lines").select_option("power", timeout=60_000)
        with page.expect_download() as download:
            graph.get_by_role("button", name="SVG").click()
        assert download.value.path().read_text(encoding="utf-8").startswith("<svg")
        assert wrong == []
        page.goto("http://127.0.0.1/changed", timeout=120_000)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Tutorial line")
        assert page.title().startswith("Headway plan")
        browser.close()
    assert any("inline script" in line for line in wrong)
