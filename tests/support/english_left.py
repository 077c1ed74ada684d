"""English words on a page that is shown in Chinese, apart from names, units and what is marked as English."""

import re
from collections.abc import Iterable

from playwright.sync_api import Page

TEXTS = """() => {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    const shown = node.parentElement;
    if (!shown || shown.closest("script, style, code, [lang=en], [hidden]")) continue;
    found.add(node.textContent.replace(/\\s+/g, " ").trim());
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const one of document.querySelectorAll(`[${name}]`)) found.add(one.getAttribute(name));
  }
  return [...found];
}"""
UNITS = {
    "kWh", "EUR", "CNY", "CSV", "PNG", "SVG", "GTFS", "XLSX", "CO2", "IEC", "UTC", "ATO", "Alt", "Ctrl", "Shift",
    "Headwatt", "English", "Python", "PLAN", "JSON",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*")


def english_left(page: Page, names: Iterable[str] = ()) -> list[str]:
    """Texts with a Latin word of three letters or more, after `names`, units and texts in ` ` are taken away."""
    left = []
    for text in page.evaluate(TEXTS):
        rest = re.sub(r"`[^`]*`", "", text)
        for name in names:
            rest = rest.replace(name, "")
        if [word for word in _WORD.findall(rest) if len(word) > 2 and word not in UNITS]:
            left.append(text)
    return left
