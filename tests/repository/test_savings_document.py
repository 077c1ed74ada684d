"""docs/savings.md lists exactly the savings that Headwatt prints for a plan, in their own words."""

import re
from pathlib import Path

from api.savings import KINDS

DOCUMENT = Path(__file__).parents[2] / "docs" / "savings.md"


def test_document_has_every_saving_with_its_basis() -> None:
    rows = re.findall(r"^\| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    listed = [tuple(row.split(" | ")) for row in rows if row.count(" | ") == 5]
    kinds = [
        (kind.title, kind.days, kind.supply_model, kind.baseline, kind.differs, kind.shown_in)
        for kind in KINDS.values()
    ]
    assert listed[2:] == kinds
