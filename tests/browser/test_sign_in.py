"""Signing in in a real browser: with the link of the first start, which works once, and with a key."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from prepared_data import prepared_data
from served_process import HEADWATT


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def link(data: Path) -> Iterator[str]:
    """The link that the first start behind a proxy prints, with the address of the service without the proxy."""
    options = ("--port", "0", "--data", str(data), "--host", "0.0.0.0", "--behind-tls-proxy", "--no-worker")
    process = subprocess.Popen((*HEADWATT, "serve", *options), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(r"http://\S+(/sign-in\S+)", line)
            if found is not None:
                port = re.search(r":(\d+)/", found.group())
                assert port is not None
                yield f"http://localhost:{port.group(1)}{found.group(1)}"
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@pytest.mark.many_cases
def test_a_person_signs_in_with_the_link_and_with_a_key(browser: Browser, link: str, data: Path) -> None:
    """Browsers accept a cookie with `Secure` for localhost, so that the cookie behind a proxy is tried without one."""
    address = link.partition("/sign-in")[0]
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(address) else None)
    page.on("console", lambda message: wrong.append(message.text) if "Policy" in message.text else None)
    page.goto(address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Key").fill("hw_00000000_" + 43 * "a")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("unknown")

    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Sign in with the link").click()
    expect(page.locator("#user")).to_have_text("admin")
    assert "hwl_" not in page.url
    (cookie,) = context.cookies(address)
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-headwatt", True, True)
    assert cookie["sameSite"] == "Strict"
    assert page.evaluate("document.cookie") == ""

    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#plan .status")).to_have_text("stopped", timeout=60_000)
    page.reload()
    expect(page.locator("#user")).to_have_text("admin")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert context.cookies(address) == []
    page.goto(address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Sign in with the link").click()
    expect(page.get_by_role("alert")).to_contain_text("was used")

    made = subprocess.run(
        (*HEADWATT, "access", "add", "ada", "--role", "viewer", "--data", str(data)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    page.get_by_label("Key").fill(made.stdout.strip())
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#user")).to_have_text("ada")
    page.get_by_label("Line").select_option("tutorial_line")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#order-problem")).to_contain_text("no role")
    context.close()
    assert wrong == []
