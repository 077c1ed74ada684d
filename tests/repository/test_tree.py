"""The tree: nothing of one machine in it, names a newcomer would guess, and a wheel that carries every file."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

LAYERS = ("energy_models", "scenarios", "dispatch", "simulation", "api")
MADE = {"out", "plans", "site", "dist", "build", "__pycache__"}
# Written in pieces, so that this file does not find itself.
FOREIGN = {
    "a folder of one machine": re.compile(r"(?<![\w.~$}])/(?:" + "home|root|Users|work|opt" + r")/\w"),
    "a registry's address": re.compile(
        "pypi" + r"\.org|python" + r"hosted|npm" + r"js\.|index" + "-url", re.IGNORECASE
    ),
    "a content network": re.compile("un" + r"pkg\.com|jsdel" + r"ivr|cdn" + r"js|google" + "apis", re.IGNORECASE),
}


def foreign(text: str) -> list[str]:
    """What a text holds that belongs to one machine or to the network, with its line number."""
    return [
        f"{number}: {what}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FOREIGN.items()
        for found in pattern.finditer(line)
    ]


def tracked(root: Path) -> list[Path]:
    """Files of the repository: what git tracks, or without git all that was not made from it."""
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
        return [root / name for name in listing.split("\0") if name and (root / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        folders = {path: set(path.relative_to(root).parts[:-1]) for path in root.rglob("*") if path.is_file()}
        hidden = {".ci"}
        return [
            path
            for path, parts in folders.items()
            if not parts & MADE and not any(part.startswith(".") for part in parts - hidden)
        ]


def texts(root: Path) -> list[tuple[Path, str]]:
    """Path within the repository and content of each text file."""
    found = []
    for path in tracked(root):
        try:
            found.append((path.relative_to(root), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_holds_what_belongs_to_one_machine(root: Path) -> None:
    everything = texts(root)
    assert {"Makefile", "run", "pyproject.toml", "README.md"} <= {path.name for path, _ in everything}
    switches = {Path("Makefile")}  # it names the resolver's switches that keep addresses out of the locks
    assert [f"{path}:{line}" for path, text in everything if path not in switches for line in foreign(text)] == []


@pytest.mark.parametrize(
    "line",
    [
        'DATA = "/' + 'home/anna/line.yaml"',
        "--extra-index" + "-url somewhere",
        "see https://py" + "pi.org/simple",
        '<script src="https://un' + 'pkg.com/plotly">',
    ],
)
def test_the_search_notices(line: str) -> None:
    assert len(foreign(f"harmless: ./work/here and out/home/x\n{line}")) == 1


def test_one_version(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    headings = re.findall(r"^## (\d+\.\d+\.\d+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert project["version"] == headings[0]
    assert project["version"] == version("headwatt"), "installed before the version changed: make test again"


def test_no_file_is_named_after_nothing() -> None:
    root = Path(__file__).resolve().parents[2]
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    named = [path for layer in LAYERS for path in (root / layer).rglob("*.py") if path.stem in vague]
    assert named == []


def test_no_folder_of_tests_hides_a_package(root: Path) -> None:
    assert sorted((root / "tests").rglob("__init__.py")) == []


def test_the_wheel_carries_every_file_of_the_layers(root: Path) -> None:
    wheel = {file.distribution_path for file in WheelBuilder(str(root)).recurse_included_files()}
    there = {
        path.relative_to(root).as_posix()
        for layer in LAYERS
        for path in (root / layer).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there <= wheel
    assert {f"{layer}/py.typed" for layer in LAYERS} <= wheel
    assert {path.split("/")[0] for path in wheel} == set(LAYERS)
    assert any(path.endswith(".yaml") for path in wheel)


@pytest.mark.parametrize("layer", ["energy_models", "scenarios", "dispatch", "simulation", "api"])
def test_tests_mirror_the_rooms(root: Path, layer: str) -> None:
    """Each folder of a layer's tests has the name of a room of the layer, so that tests are found by their room."""
    folder = root / "tests" / layer
    rooms = {path.name for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms
    assert [room for room in sorted(rooms) if not (root / layer / room).is_dir()] == []
    assert [path.name for path in folder.glob("test_*.py")] == []
