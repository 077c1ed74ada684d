"""Upkeep of an installation: whether files and rows agree, and the removal of what is old enough."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from api.live.retention import old_live_files, remove_with_empty_folders
from api.state import upkeep as rows
from api.state.database import Database, now
from api.state.files import FileStore, hash_of, named_files

YOUNG = timedelta(days=1)
"""A file that is younger may belong to a job that has not ended; upkeep leaves it alone."""


@dataclass(frozen=True)
class Verification:
    """What does not agree: named files that are missing or changed, stored files without a row (with those that are
    still young), and plans without files."""

    files: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    without_row: tuple[str, ...]
    young_without_row: int
    plans_without_files: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything that the database names is there as it was written."""
        return not (self.missing or self.changed or self.plans_without_files)


def verify(database: Database, data: Path, *, reads: bool = True) -> Verification:
    """Compare the rows of files with the files; with `reads`, each file is read and its hash is compared."""
    store = FileStore(data)
    with database.reading() as session:
        named = named_files(session)
        empty = rows.plans_without_files(session)
    missing, changed = [], []
    for sha256, size in sorted(named.items()):
        path = store.path(sha256)
        if not path.is_file():
            missing.append(sha256)
        elif path.stat().st_size != size or (reads and hash_of(path) != sha256):
            changed.append(sha256)
    # The files are listed after the rows were read; what appeared in between is young.
    extra = [path for path in store.stored() if path.name not in named]
    old = [path for path in extra if _is_old(path)]
    return Verification(
        len(named), tuple(missing), tuple(changed), tuple(sorted(path.name for path in old)), len(extra) - len(old),
        tuple(f"{plan_id} version {number}" for plan_id, number in empty),
    )  # fmt: skip


@dataclass(frozen=True)
class Retention:
    """How long is kept: jobs that are no plans, plans that were never approved, records of live lines (messages and
    frames), and their history (power, events and log). Everything else is kept."""

    jobs: timedelta = timedelta(days=90)
    plans: timedelta = timedelta(days=365)
    live_records: timedelta = timedelta(days=30)
    live_history: timedelta = timedelta(days=730)


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be removed: ids, number of files without use, their bytes, and other leftovers."""

    jobs: tuple[str, ...]
    plans: tuple[str, ...]
    files: int
    file_bytes: int
    leftovers: tuple[str, ...]
    live_files: int = 0
    live_bytes: int = 0


class _DryRunError(Exception):
    """Rolls back the transaction of a dry run."""

    def __init__(self, jobs: tuple[str, ...], plans: tuple[str, ...], files: tuple[str, ...]) -> None:
        self.found = jobs, plans, files
        super().__init__("a dry run")


def prune(database: Database, data: Path, retention: Retention, by_id: str, *, dry: bool) -> Pruned:
    """Remove what the retention does not keep; with `dry`, only report it.

    Rows are removed in one transaction, then their files: after a crash in between, the files have no row, and the next
    call removes them.
    """
    store = FileStore(data)
    at = now()
    try:
        with database.writing() as session:
            jobs = tuple(rows.old_jobs(session, at - retention.jobs))
            plans = tuple(rows.old_plans(session, at - retention.plans))
            rows.remove_jobs(session, jobs, by_id)
            rows.remove_plans(session, plans, by_id)
            rows.forget_old_keys(session, at)
            # A file that was stored again since then is young, although its row is old.
            files = tuple(one for one in rows.unused_files(session, at - YOUNG) if _is_old(store.path(one)))
            rows.forget_files(session, files)
            session.flush()
            if dry:
                raise _DryRunError(jobs, plans, files)
    except _DryRunError as error:
        jobs, plans, files = error.found
    with database.reading() as session:
        named = set(named_files(session))
        leftovers = list(_leftovers(data, rows.active_job_ids(session), rows.known_job_ids(session) - set(jobs)))
    gone = {store.path(one) for one in files}
    gone |= {path for path in store.stored() if path.name not in named and _is_old(path)}
    gone |= {path for path in store.folder.glob("??/*.part") if _is_old(path)}
    sizes = [path.stat().st_size for path in gone if path.is_file()]
    live = list(old_live_files(data, time.time(), retention.live_records, retention.live_history))
    live_bytes = sum(path.stat().st_size for path in live)
    if not dry:
        for path in gone:
            path.unlink(missing_ok=True)
        for path in leftovers:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for path in live:
            remove_with_empty_folders(path)
    names = tuple(str(path.relative_to(data)) for path in leftovers)
    return Pruned(jobs, plans, len(sizes), sum(sizes), names, len(live), live_bytes)


def _leftovers(data: Path, active: set[str], known: set[str]) -> Iterator[Path]:
    """Folders of jobs that are not at work, and logs of jobs that are not known any more."""
    for path in sorted((data / "scratch").glob("*")):
        if path.name.rsplit(".", 1)[0] not in active and _is_old(path):
            yield path
    for path in sorted((data / "logs" / "jobs").glob("*.log")):
        if path.stem not in known and _is_old(path):
            yield path


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - YOUNG.total_seconds()
    except FileNotFoundError:
        return True
