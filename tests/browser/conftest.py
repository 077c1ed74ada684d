"""What the tests of the pages share: a browser, a small real experiment, and patience on a loaded machine."""

from collections.abc import Iterator

import pytest
from driven_experiment import driven_experiment
from playwright.sync_api import Browser, Page, expect, sync_playwright

from simulation.experiment import PlanExperiment

expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def experiment() -> PlanExperiment:
    """The tutorial line driven optimally instead of under a speed cap, judged on three days."""
    return driven_experiment()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser without a graphics processor."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which every error of a script and every message of the console fails the test."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert wrong == []
