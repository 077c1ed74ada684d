"""A commented folder to start one's own line from: a copy of the tutorial line under a new name."""

import re
import shutil
from pathlib import Path

from energy_models.faults import Fault, InputFaults
from scenarios.load import FILE, LINES

TUTORIAL = "tutorial_line"


def write_starter(folder: Path, name: str | None = None) -> tuple[Path, ...]:
    """Write scenario.yaml and its tables into a new or empty folder; the name defaults to the folder's.

    Raises InputFaults when the folder holds something already or the name cannot be one.
    """
    name = scenario_name(folder, name)
    make_empty(folder)
    written = []
    for source in sorted((LINES / TUTORIAL).iterdir()):
        if source.name == FILE:
            text = source.read_text(encoding="utf-8")
            text = text.replace(f"name: {TUTORIAL}\n", f"name: {name}\n").replace(f"{TUTORIAL}+", f"{name}+")
            (folder / FILE).write_text(text, encoding="utf-8")
        elif source.suffix == ".csv":
            shutil.copyfile(source, folder / source.name)
        else:
            continue
        written.append(folder / source.name)
    return tuple(written)


def scenario_name(folder: Path, name: str | None) -> str:
    """The name asked for, or one made of the folder's. Raises InputFaults when it cannot be a scenario's name."""
    name = name or re.sub(r"[^a-z0-9_-]+", "_", folder.resolve().name.lower()).strip("_") or "line"
    if not re.fullmatch(r"[a-z0-9_-]{1,80}", name):
        raise InputFaults([Fault("", "", "name", name, "small letters, digits, _ and -")])
    return name


def make_empty(folder: Path) -> None:
    """Make the folder. Raises InputFaults when it holds something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputFaults([Fault(str(folder), "", "", "not empty", "a new or an empty folder")])
    folder.mkdir(parents=True, exist_ok=True)
