"""What all tests share: where reference cases are, which browser there is, where tables are cached.

`HEADWATT_REFERENCE` names the folder of reference cases, otherwise `../shared/reference` beside the repository is
taken; without either, the tests that only read cases have no cases. `HEADWATT_CACHE` is set for the session, so that
running-time tables are computed once and never taken from an earlier session.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from examples import examples
from hypothesis import settings

# One thread of BLAS, as in the command line, before numpy is imported: the last digits of a result depend on the number
# of threads, and processes that a test starts inherit the setting.
import api.cli  # noqa: F401

# No test asserts a time, so hypothesis has no deadline either. The same examples at each run; fresh ones with
# `make test ARGS=--hypothesis-profile=explore`; all cases of a property with `HEADWATT_EXAMPLES=all`, see
# tests/support/examples.py.
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=examples(100))
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("repeatable")

CASES = {"trajectory_file": "trajectory/*.json", "feeding_file": "supply/*.json", "reference_day_file": "day/*.json"}
"""Names of test arguments that run over the files of the reference folder."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

LONG_RUN = 500
"""Tests of a run from which on compiling beforehand is worth the wait."""

_session_cache = pytest.StashKey[str]()


def _found_references() -> Path | None:
    named = os.environ.get("HEADWATT_REFERENCE")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "reference"
    return folder.resolve() if folder.is_dir() else None


def pytest_configure(config: pytest.Config) -> None:
    """Give the session its cache; the workers of xdist are processes that inherit it."""
    if "HEADWATT_CACHE" not in os.environ:
        folder = tempfile.mkdtemp(prefix="headwatt-tests-")
        config.stash[_session_cache] = folder
        os.environ["HEADWATT_CACHE"] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cache that this process made."""
    folder = config.stash.get(_session_cache, None)
    if folder is not None:
        os.environ.pop("HEADWATT_CACHE", None)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before a long run by several processes each of the first two compiles one half of what most tests call.

    xdist begins with the tests when all processes have collected them; without this the processes would compile the
    same functions at the same time, some 40 s each where no compiled code is kept yet.
    """
    worker: str = getattr(config, "workerinput", {}).get("workerid", "")
    if worker and len(items) >= LONG_RUN:
        from compiled_first import PARTS

        for part in PARTS[int(worker.removeprefix("gw")) :][:1]:
            part()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each reference file named by its argument."""
    folder = _found_references()
    for argument in set(CASES) & set(metafunc.fixturenames):
        files = sorted(folder.glob(CASES[argument])) if folder else []
        metafunc.parametrize(argument, files, ids=[file.stem for file in files])


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """Folder of the independent reference cases; the test is skipped where there is none."""
    folder = _found_references()
    if folder is None:
        pytest.skip("no reference cases here: HEADWATT_REFERENCE names no folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser that the browser tests drive; skipped, saying how to get one, where there is none."""
    named = os.environ.get("HEADWATT_CHROMIUM")
    found = [path for name in ([named] if named else BROWSERS) if (path := shutil.which(name))]
    if not found:
        pytest.skip("no Chromium: apt-get install chromium, or HEADWATT_CHROMIUM=/path/to/chromium")
    return found[0]
