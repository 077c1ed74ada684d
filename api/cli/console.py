"""Where a command writes: results on stdout, everything else on stderr."""

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

_SILENCE_S = 2.0
"""Longest silence of work that is under way, where no bar moves."""

_ESTIMATE_AFTER_S = 5.0
_ESTIMATE_FROM_SHARE = 0.05
"""Sooner, or with less done, nothing is said of the time that is left: a cold start is no measure of the rest."""

ProgressReport = Callable[[str, float], None]
"""Called with the name of a stage and the share of it that is done, 0 to 1."""


def stdout_console() -> Console:
    """Console for results; made at each call so that a redirected stream is honoured."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def stderr_console() -> Console:
    """Console for progress, notes and errors."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout; NaN and infinity are refused because JSON knows neither."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def duration_text(seconds: float) -> str:
    """A duration as people say it: 45 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _is_estimable(seconds: float, share: float) -> bool:
    """Whether so much is done, and for so long, that the rest can be told from it."""
    return seconds >= _ESTIMATE_AFTER_S and share >= _ESTIMATE_FROM_SHARE


class _TimeLeft(TimeRemainingColumn):
    """The time that is left, once it can be told."""

    def render(self, task: Task) -> Text:
        """The column of a task; blank until then."""
        return super().render(task) if _is_estimable(task.elapsed or 0.0, task.percentage / 100.0) else Text("-:--:--")


@contextmanager
def stage_progress(title: str) -> Iterator[ProgressReport]:
    """Show the stages of long work on stderr: bars on a terminal; elsewhere a line a stage, and one every two seconds
    in between that says how far it is."""
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
        _TimeLeft(),
    )
    with Progress(*columns, console=console) as bars:
        yield _stage_bars(bars)


@contextmanager
def _stage_lines(console: Console, title: str) -> Iterator[ProgressReport]:
    began: dict[str, float] = {}
    began_at: dict[str, float] = {}
    stage_now, share_now = "", 0.0
    ended = Event()
    said = Event()

    def report(stage: str, share: float) -> None:
        nonlocal stage_now, share_now
        stage_now, share_now = stage, share
        if stage not in began:
            began[stage] = time.monotonic()
            began_at[stage] = share
            console.print(f"{title}: {stage}", markup=False)
            said.set()

    def say_still_there() -> None:
        while not ended.is_set():
            if said.wait(_SILENCE_S):
                said.clear()
            elif stage_now and not ended.is_set():
                seconds = time.monotonic() - began[stage_now]
                gained = share_now - began_at[stage_now]
                known = _is_estimable(seconds, gained)
                left = f", about {duration_text(seconds * (1.0 - share_now) / gained)} left" if known else ""
                console.print(f"{title}: {stage_now}, {share_now:.0%}, {seconds:.0f} s{left}", markup=False)

    thread = Thread(target=say_still_there, name="headwatt-progress", daemon=True)
    thread.start()
    try:
        yield report
    finally:
        ended.set()
        said.set()
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
