"""Output of a command: results on stdout, all other messages on stderr."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_SILENCE_S = 30.0
"""Without a terminal: the longest time without a line about running work."""
_STEP_SHARE = 0.25
_STEP_S = 5.0
"""Without a terminal: the next line appears after this additional share of a stage and this time."""

_ESTIMATE_AFTER_S = 5.0
_ESTIMATE_FROM_SHARE = 0.15
"""Before this time, or below this share, no remaining time is shown, because the first seconds are slower."""

ProgressReport = Callable[[str, float], None]
"""A function of the name of a stage and the share of the stage that is done, 0 to 1."""


def stdout_console() -> Console:
    """Console for results; created at each call, so that it writes to a redirected stream."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def stderr_console() -> Console:
    """Console for progress, notes and errors."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout; raises ValueError for NaN and infinity, which JSON does not have."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def duration_text(seconds: float) -> str:
    """A duration for people: 45 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def is_estimable(seconds: float, share: float) -> bool:
    """Whether enough time and enough work have passed to estimate the remaining time."""
    return seconds >= _ESTIMATE_AFTER_S and share >= _ESTIMATE_FROM_SHARE


class TimeLeft(TimeRemainingColumn):
    """The remaining time, as soon as it can be estimated."""

    def render(self, task: Task) -> Text:
        """The column of a task; blank before the first estimate."""
        return super().render(task) if is_estimable(task.elapsed or 0.0, task.percentage / 100.0) else Text("-:--:--")


@contextmanager
def stage_progress(title: str) -> Iterator[ProgressReport]:
    """Show the stages of long work on stderr: bars on a terminal; elsewhere a line when a stage begins, and further
    lines as more of it is done or nothing was printed for half a minute."""
    console = stderr_console()
    if not console.is_terminal:
        with _stage_lines(console, title) as report:
            yield report
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeLeft(),
    )
    with Progress(*columns, console=console) as bars:
        yield _stage_bars(bars)


@contextmanager
def _stage_lines(console: Console, title: str) -> Iterator[ProgressReport]:
    began: dict[str, tuple[float, float]] = {}
    printed: dict[str, tuple[float, float]] = {}
    stage_now, share_now = "", 0.0
    ended = Event()
    has_printed = Event()

    def print_share(stage: str, share: float) -> None:
        began_s, began_share = began[stage]
        seconds, gained = time.monotonic() - began_s, share - began_share
        known = is_estimable(seconds, gained) and share < 1.0
        left = f", about {duration_text(seconds * (1.0 - share) / gained)} left" if known else ""
        printed[stage] = time.monotonic(), share
        console.print(f"{title}: {stage}, {share:.0%}, {seconds:.0f} s{left}", markup=False)

    def report(stage: str, share: float) -> None:
        nonlocal stage_now, share_now
        stage_now, share_now = stage, share
        if stage not in began:
            began[stage] = printed[stage] = time.monotonic(), share
            console.print(f"{title}: {stage}", markup=False)
            has_printed.set()
            return
        last_s, last_share = printed[stage]
        if share - last_share >= _STEP_SHARE and time.monotonic() - last_s >= _STEP_S:
            print_share(stage, share)
            has_printed.set()

    def break_silence() -> None:
        while not ended.is_set():
            if has_printed.wait(_SILENCE_S):
                has_printed.clear()
            elif stage_now and not ended.is_set():
                print_share(stage_now, share_now)

    thread = Thread(target=break_silence, name="headwatt-progress", daemon=True)
    thread.start()
    try:
        yield report
    finally:
        ended.set()
        has_printed.set()
        thread.join()


def _stage_bars(bars: Progress) -> ProgressReport:
    tasks: dict[str, TaskID] = {}

    def report(stage: str, share: float) -> None:
        if stage not in tasks:
            for earlier in tasks.values():
                bars.update(earlier, completed=1.0)
            tasks[stage] = bars.add_task(stage, total=1.0)
        bars.update(tasks[stage], completed=min(max(share, 0.0), 1.0))

    return report
