"""The key of kept simulated days covers the source that a day runs through, and nothing that decides or checks."""

import ast
from pathlib import Path

from simulation.runs.source_hash import ROOMS


def imported_files(root: Path, start: list[Path]) -> set[str]:
    """Source files of ours that importing some files brings in, as paths below the root."""
    seen: set[Path] = set()
    waiting = list(start)
    while waiting:
        file = waiting.pop()
        if file in seen or not file.exists():
            continue
        seen.add(file)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                for name in names:
                    place = root.joinpath(*name.split("."))
                    waiting += [place.with_suffix(".py"), place / "__init__.py"]
    return {file.relative_to(root).as_posix() for file in seen}


def test_the_key_covers_every_file_of_a_day(root: Path) -> None:
    reached = imported_files(root, [root / "simulation/day/model.py", root / "simulation/runs/replications.py"])
    assert "dispatch/plans/timetable.py" in reached
    packages = {"dispatch/__init__.py", "simulation/__init__.py"}
    assert [
        file for file in sorted(reached - packages) if not file.startswith(tuple(f"{room}/" for room in ROOMS))
    ] == []


def test_a_changed_decider_or_checker_keeps_the_days(root: Path) -> None:
    deciders = [
        path.name
        for path in (root / "dispatch").iterdir()
        if path.is_dir() and path.name not in ("plans", "__pycache__")
    ]
    assert {"timing", "planner", "headways", "checker"} <= set(deciders)
    assert not {f"dispatch/{room}" for room in deciders} & set(ROOMS)
    assert "dispatch" not in ROOMS
