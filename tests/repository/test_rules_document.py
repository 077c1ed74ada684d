"""docs/rules.md lists exactly the rules of the checker, in their own words."""

import re
from pathlib import Path

from dispatch.checker.rules import registered

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"


def test_document_has_every_rule_with_its_modes_and_sentence() -> None:
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    registered_rows = [
        (entry.rule, "both" if len(entry.modes) == 2 else entry.modes[0], entry.sentence) for entry in registered()
    ]
    assert rows == registered_rows
