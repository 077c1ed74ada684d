"""The locks: every package pinned by hash, both ends of the range of Pythons covered, no address of any index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

LOCKS = ("requirements.lock", "requirements-dev.lock")
PYTHONS = ("3.11", "3.12", "3.13")


def entries(lock: Path) -> list[tuple[Requirement, int]]:
    """Each requirement of a lock with the number of its hashes."""
    text = re.sub(r"\\\n\s*", " ", lock.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(Requirement(line.split(" --hash=")[0]), line.count(" --hash=sha256:")) for line in lines]


def pins(lock: Path, python: str) -> dict[str, str]:
    """Name and version of everything that a lock installs under one Python on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    chosen: dict[str, str] = {}
    for requirement, _ in entries(lock):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            assert requirement.name not in chosen, f"{requirement.name} twice for Python {python}"
            chosen[requirement.name] = pin.version
    return chosen


def declared(root: Path) -> tuple[list[Requirement], list[Requirement], SpecifierSet]:
    """The requirements of pyproject.toml: at run time (with the build tools), for development, and the Python
    versions.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    run_time = [Requirement(line) for line in [*project["project"]["dependencies"], *groups["install"]]]
    development = [Requirement(line) for line in groups["dev"] if isinstance(line, str)]
    return run_time, [*run_time, *development], SpecifierSet(project["project"]["requires-python"])


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_hash(root: Path, lock: str) -> None:
    found = entries(root / lock)
    assert len(found) > 30
    assert [str(requirement) for requirement, hashes in found if hashes == 0 or requirement.url] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(root: Path, lock: str) -> None:
    text = (root / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert re.findall(r"^\s*--(?!hash=)\S+", text, flags=re.MULTILINE) == []


@pytest.mark.parametrize("python", PYTHONS)
def test_a_lock_holds_what_the_project_requires(root: Path, python: str) -> None:
    run_time, development, _ = declared(root)
    for lock, wanted in zip(LOCKS, (run_time, development), strict=True):
        chosen = pins(root / lock, python)
        assert [str(need) for need in wanted if not need.specifier.contains(chosen.get(need.name, "0"))] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_the_development_lock_agrees_with_the_run_time_lock(root: Path, python: str) -> None:
    run_time, development = (pins(root / lock, python) for lock in LOCKS)
    assert run_time.items() <= development.items()


def test_the_pythons_are_the_same_everywhere(root: Path) -> None:
    *_, supported = declared(root)
    minors = [f"3.{minor}" for minor in range(8, 20) if supported.contains(f"3.{minor}.1")]
    assert minors == list(PYTHONS)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [line.rsplit(" ", 1)[1] for line in project["classifiers"] if " :: Python :: 3." in line]
    assert named == minors
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in makefile
    assert "python3 python3.13 python3.12 python3.11 python" in makefile
