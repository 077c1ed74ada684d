"""The sign-in page loads only files that answer without a key."""

import re
from importlib.resources import files

from api.http.identify import WITHOUT_KEY

PAGES = files("api") / "pages"


def loaded(name: str) -> set[str]:
    """A file of the pages and all modules that it imports."""
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += re.findall(r'from "\./([\w/.]+)"', (PAGES / one).read_text(encoding="utf-8"))
    return found


def test_each_file_of_the_sign_in_page_answers_without_a_key() -> None:
    page = (PAGES / "sign_in.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:href|src)="/pages/([\w/.]+)"', page)
    needed = {f"/pages/{module}" for name in named for module in (loaded(name) if name.endswith(".js") else {name})}
    assert len(needed) >= 6
    assert needed <= set(WITHOUT_KEY)
