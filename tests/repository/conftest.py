"""These tests read the repository itself; a copy of the tests outside of it (tests of the wheel) leaves them out."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
collect_ignore_glob = [] if (ROOT / "pyproject.toml").is_file() and (ROOT / "Makefile").is_file() else ["test_*.py"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT
