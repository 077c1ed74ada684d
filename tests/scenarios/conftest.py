"""A bundled line copied to a folder of the test's own, with some words changed."""

import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import LINES, load_scenario
from scenarios.schema import Scenario

Edit = tuple[str, str, str]


@pytest.fixture(scope="session")
def loaded() -> Callable[[str], Scenario]:
    """Bundled lines by name, each read once."""
    return cache(load_scenario)


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    def copy(line: str, edits: Sequence[Edit]) -> Path:
        folder = tmp_path / line
        shutil.copytree(LINES / line, folder)
        for name, old, new in edits:
            file = folder / name
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            assert old in text, f"{name} does not hold {old!r}"
            file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return copy


@pytest.fixture
def faults_after(edited: Callable[..., Path]) -> Callable[..., tuple[Fault, ...]]:
    def faults(line: str, edits: Sequence[Edit], overrides: Sequence[str] = ()) -> tuple[Fault, ...]:
        folder = edited(line, edits)
        with pytest.raises(InputFaults) as caught:
            load_scenario(folder, overrides)
        return caught.value.faults

    return faults
