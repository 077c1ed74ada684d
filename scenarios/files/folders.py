"""What a folder holds, by the names of its files: the one place that tells a scenario's folder from a plan's.

Commands that need one kind of folder name the kind that was given instead of listing the files that are missing.
"""

from dataclasses import dataclass
from pathlib import Path

from energy_models.faults import Fault, InputFaults

SCENARIO_FILE = "scenario.yaml"
MANIFEST_FILE = "manifest.json"
"""The list of a plan folder's files with their checksums."""
_LINES = Path(__file__).parents[1] / "lines"
_PLANS_TOLD = 5
_NAMES_TOLD = 4


@dataclass(frozen=True)
class _Kind:
    """One kind of folder: all of `files` are in it; `words` name it and `remedy` says how to go on."""

    files: tuple[str, ...]
    words: str
    remedy: str


_PLAN_MARKS = ((MANIFEST_FILE, "timetable.csv"), ("scenario.json", "timetable.csv"), ("scenario.json", "result.json"),
               ("scenario.json", "headways.csv"), (MANIFEST_FILE, "result.json"))  # fmt: skip
"""Two files of a plan are enough to recognise it: a plan folder that lacks a file stays a plan folder."""

_OTHERS = (
    _Kind(("run.json",), "a folder that `headwatt simulate --trace` wrote", "`headwatt replay` reads it"),
    _Kind(("order.json",), "a folder of a job of `headwatt serve`", "a finished job has its plan in {folder}/plan"),
    _Kind(("summary.csv", "trips.csv"), "tables that `headwatt export --format csv` wrote", "give the plan's folder"),
    _Kind(("table.csv", "report.html"), "a folder that `headwatt sweep` wrote", "give the folder of the sweep's plan"),
    _Kind(("routes.txt", "trips.txt"), "a GTFS feed", "`headwatt scenario new DIR --from-gtfs` makes a scenario of it"),
)


def is_plan(folder: Path) -> bool:
    """Whether a folder holds a plan, complete or not."""
    return any(all((folder / name).is_file() for name in marks) for marks in _PLAN_MARKS)


def is_scenario(folder: Path) -> bool:
    """Whether a folder holds a scenario."""
    return (folder / SCENARIO_FILE).is_file()


def require_plan(folder: Path) -> None:
    """Raise `InputFaults` with one fault that says what the folder is, where it is not a plan's."""
    if is_plan(folder):
        return
    allowed = "a folder that `headwatt plan` wrote"
    is_bundled = not folder.exists() and is_scenario(_LINES / folder.name) and folder.name == str(folder)
    if is_scenario(folder):
        allowed = f"the folder of a plan: plan this scenario first with `headwatt plan {folder}`"
    elif plans := [*_plans_in(folder), *_plans_named(folder)]:
        allowed += ", such as " + " or ".join(str(plan) for plan in plans)
    elif is_bundled:
        allowed += f"; {folder} is a bundled line: plan it first with `headwatt plan {folder}`"
    elif remedy := _remedy(folder):
        allowed += f"; {remedy}"
    raise InputFaults([Fault(str(folder), "", "", described(folder), allowed)])


def scenario_fault(folder: Path) -> Fault:
    """The fault of a folder that is given as a scenario and holds none."""
    allowed = f"the name of a bundled line, or a folder with a file {SCENARIO_FILE}"
    if is_plan(folder):
        allowed += f"; to plan again from this plan: `headwatt plan SCENARIO --from {folder}`"
    elif remedy := _remedy(folder):
        allowed += f"; {remedy}"
    return Fault(str(folder), "", "", described(folder), allowed)


def described(folder: Path) -> str:
    """What a path is, in words: "this is a scenario's folder"."""
    if not folder.is_dir():
        return "this is a file, not a folder" if folder.exists() else "no such folder"
    if is_plan(folder):
        return "this is a plan's folder, not a scenario's"
    if is_scenario(folder):
        return "this is a scenario's folder, not a plan's"
    kind = _other(folder)
    return f"this is {kind.words}" if kind is not None else _described_by_names(folder)


def _described_by_names(folder: Path) -> str:
    names = sorted(entry.name for entry in folder.iterdir())
    if not names:
        return "this folder is empty"
    if any(name.startswith("days-") and name.endswith(".parquet") for name in names):
        return "this is a data set of simulated days"
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    return f"this folder holds neither a plan nor a scenario, but {', '.join(names[:_NAMES_TOLD])}{more}"


def _other(folder: Path) -> _Kind | None:
    """The kind of a folder that holds neither a plan nor a scenario, if it is known."""
    return next((kind for kind in _OTHERS if all((folder / name).is_file() for name in kind.files)), None)


def _remedy(folder: Path) -> str:
    """How to go on from a folder of another kind; empty where nothing can be said."""
    kind = _other(folder) if folder.is_dir() else None
    return kind.remedy.format(folder=folder) if kind is not None else ""


def _plans_named(folder: Path) -> list[Path]:
    """Where a plan that is given by its name alone stands, if it does: `headwatt plan` and `make plan` write there."""
    if folder.exists():
        return []
    return [place for place in (Path("plans") / folder.name, Path("out") / folder.name) if is_plan(place)]


def _plans_in(folder: Path) -> list[Path]:
    """The plans' folders directly in a folder, a few of them."""
    if not folder.is_dir():
        return []
    return [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and is_plan(entry)][:_PLANS_TOLD]
