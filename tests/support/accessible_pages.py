"""What axe finds on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS = {"preload": False}
"""axe would load the style sheets again as inline styles, which the policy of the pages refuses with an error."""


def violations(page: Page) -> list[str]:
    """The violations of a page, in short: the rule and the place of each."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]
