"""A new scenario folder with comments: a copy of the tutorial line under a new name."""

import re
import shutil
from pathlib import Path

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import FILE, LINES

TUTORIAL = "tutorial_line"


def write_starter(folder: Path, name: str | None = None) -> tuple[Path, ...]:
    """Write scenario.yaml and its tables into a new or empty folder; the default name is the name of the folder.

    Raises InputFaults if the folder is not empty or the name is not valid.
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
    """The given name, or a name from the name of the folder. Raises InputFaults if the name is not valid."""
    name = name or re.sub(r"[^a-z0-9_-]+", "_", folder.resolve().name.lower()).strip("_") or "line"
    if not re.fullmatch(r"[a-z0-9_-]{1,80}", name):
        raise InputFaults([Fault("", "", "name", name, "small letters, digits, _ and -")])
    return name


def make_empty(folder: Path) -> None:
    """Create the folder. Raises InputFaults if the folder is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputFaults([Fault(str(folder), "", "", "not empty", "a new or an empty folder")])
    folder.mkdir(parents=True, exist_ok=True)
