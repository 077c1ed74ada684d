"""The documents: the navigation is complete, and every command that they show exists and explains itself."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from api.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def shown_lines(document: Path) -> list[str]:
    """Lines of the fenced shell blocks of a document, continued lines joined."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```(?:sh|bash|shell|console)\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    return [
        re.sub(r"^\$ ", "", line.strip())
        for block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip()
    ]


def all_commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the command line, groups included, with the words that call it."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from all_commands(child, (*path, name))


COMMANDS = dict(all_commands(typer.main.get_command(app)))


def call_fault(line: str) -> str | None:
    """Why a `headwatt ...` line cannot be called as shown: no such command or no such option; None if it can."""
    words = shlex.split(line, comments=True)[1:]
    path: tuple[str, ...] = ()
    while words and (*path, words[0]) in COMMANDS:
        path = (*path, words.pop(0))
    default = getattr(COMMANDS[path], "default_command", None)
    if default is not None and words and not words[0].startswith("-"):
        path = (*path, default)
    command = COMMANDS[path]
    if getattr(command, "commands", None) and not (words and words[0].startswith("-")):
        return f"no command {' '.join(words[:1])!r} in: headwatt {' '.join(path)}"
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known]
    return f"headwatt {' '.join(path)} has no {unknown}" if unknown else None


def test_the_navigation_names_every_page() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    def pages(entry: Any) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        else:
            for child in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(child)

    named = list(pages(settings["nav"]))
    assert sorted(named) == sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))
    assert settings["theme"]["font"] is False, "fonts would be fetched from elsewhere"


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "headwatt")
def test_a_command_explains_itself(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help, "no help text"
    silent = [option.name for option in command.params if getattr(option, "help", None) in (None, "")]
    assert silent == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_shown_commands_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    lines = shown_lines(document)
    goals = [word for line in lines if line.startswith("make ") for word in shlex.split(line, comments=True)[1:]]
    assert [goal for goal in goals if "=" not in goal and goal not in targets] == []
    assert [fault for line in lines if line.startswith("headwatt ") and (fault := call_fault(line))] == []


def test_the_readme_shows_its_two_commands() -> None:
    lines = shown_lines(ROOT / "README.md")
    assert any(line.startswith("make plan") for line in lines)
    assert any(line.startswith("make test") for line in lines)


def test_a_wrong_command_is_noticed() -> None:
    assert call_fault("headwatt --version") is None
    assert call_fault("headwatt fly beijing_yizhuang") is not None
    assert call_fault("headwatt --no-such-option") is not None


def test_pictures_and_links_in_the_readme_lead_somewhere() -> None:
    for document in DOCUMENTS[:2]:
        targets = re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
        local = [target for target in targets if "://" not in target]
        assert [target for target in local if not (ROOT / target).exists()] == []


def test_the_map_of_tasks_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = text.split("## Where to change what")[1].split("\n## ")[0]
    named = [word for word in re.findall(r"`([^`]+)`", rows) if "/" in word]
    assert len(named) > 40
    assert [word for word in named if not (ROOT / word).exists()] == []
