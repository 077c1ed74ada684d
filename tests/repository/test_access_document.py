"""docs/access.md has the table of roles and actions of the code."""

from pathlib import Path

from api.access.roles import markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


def test_the_document_has_the_table_of_the_code() -> None:
    assert f"\n{markdown()}\n" in DOCUMENT.read_text(encoding="utf-8")
