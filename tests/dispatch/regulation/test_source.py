"""The key of stored days contains all code that decides an advice."""

import ast
from pathlib import Path

import dispatch
from dispatch.regulation.energy import CODE


def test_the_key_of_a_regulated_day_contains_every_imported_file_of_dispatch() -> None:
    root = Path(dispatch.__file__).parent
    imported = {
        f"{node.module.removeprefix('dispatch.').replace('.', '/')}.py"
        for file in (root / "regulation").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("dispatch.")
    }
    missing = {name for name in imported if not name.startswith((*CODE, "plans/"))}
    assert not missing
