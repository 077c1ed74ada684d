"""Output of a command: results on stdout, all other messages on stderr."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

_SILENCE_S = 30.0
"""Without a terminal: the longest time without a line about running work."""
_STEP_SHARE = 0.25
_STEP_S = 5.0
"""Without a terminal: the next line appears after this additional share of a stage and this time."""

_ESTIMATE_AFTER_S = 5.0
_ESTIMATE_FROM_SHARE = 0.15
_LEAST_REPORTS = 5
"""Before this time, below this share, or with fewer reports, no remaining time is shown: stages begin slowly."""

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


class Pace:
    """The reports of one stage, and the time that the stage still takes."""

    def __init__(self, now_s: float, share: float) -> None:
        self._moments = [(now_s, share)]

    @property
    def began_s(self) -> float:
        """Time of the first report."""
        return self._moments[0][0]

    def add(self, now_s: float, share: float) -> None:
        """Note a report; one without progress changes nothing."""
        if share > self._moments[-1][1]:
            self._moments.append((now_s, share))

    def left_s(self, now_s: float) -> float | None:
        """The remaining time at the pace of the last half of the time so far, because stages begin slowly.

        None before enough time, work and reports have passed, and at the end.
        """
        began_s, began_share = self._moments[0]
        share = self._moments[-1][1]
        seconds, gained = now_s - began_s, share - began_share
        is_early = seconds < _ESTIMATE_AFTER_S or gained < _ESTIMATE_FROM_SHARE or len(self._moments) < _LEAST_REPORTS
        if is_early or share >= 1.0:
            return None
        middle_s = began_s + 0.5 * seconds
        from_s, from_share = max(one for one in self._moments if one[0] <= middle_s)
        if share <= from_share:
            from_s, from_share = began_s, began_share
        return (now_s - from_s) * (1.0 - share) / (share - from_share)


class TimeLeft(ProgressColumn):
    """The remaining time, as soon as it can be estimated."""

    def render(self, task: Task) -> Text:
        """The column of a task; blank before the first estimate."""
        pace: Pace | None = task.fields.get("pace")
        left_s = None if pace is None or task.finished else pace.left_s(time.monotonic())
        if left_s is None:
            return Text("-:--:--", style="progress.remaining")
        return Text(str(timedelta(seconds=round(left_s))), style="progress.remaining")


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
    paces: dict[str, Pace] = {}
    printed: dict[str, tuple[float, float]] = {}
    stage_now, share_now = "", 0.0
    printed_s = time.monotonic()
    ended = Event()

    def print_share(stage: str, share: float) -> None:
        nonlocal printed_s
        now_s, pace = time.monotonic(), paces[stage]
        left_s = pace.left_s(now_s)
        left = "" if left_s is None else f", about {duration_text(left_s)} left"
        printed_s, printed[stage] = now_s, (now_s, share)
        console.print(f"{title}: {stage}, {share:.0%}, {now_s - pace.began_s:.0f} s{left}", markup=False)

    def report(stage: str, share: float) -> None:
        # The handler of a signal reports as well, perhaps in the middle of another report: no lock is taken here.
        nonlocal stage_now, share_now, printed_s
        stage_now, share_now = stage, share
        if stage not in paces:
            printed_s = time.monotonic()
            printed[stage] = printed_s, share
            paces[stage] = Pace(printed_s, share)
            console.print(f"{title}: {stage}", markup=False)
            return
        paces[stage].add(time.monotonic(), share)
        last_s, last_share = printed[stage]
        if share - last_share >= _STEP_SHARE and time.monotonic() - last_s >= _STEP_S:
            print_share(stage, share)

    def break_silence() -> None:
        while not ended.wait(max(printed_s + _SILENCE_S - time.monotonic(), 0.1 * _SILENCE_S)):
            stage = stage_now
            if stage in paces and time.monotonic() - printed_s >= _SILENCE_S:
                print_share(stage, share_now)

    thread = Thread(target=break_silence, name="headwatt-progress", daemon=True)
    thread.start()
    try:
        yield report
    finally:
        ended.set()
        thread.join()


def _stage_bars(bars: Progress) -> ProgressReport:
    tasks: dict[str, TaskID] = {}
    paces: dict[str, Pace] = {}

    def report(stage: str, share: float) -> None:
        if stage not in tasks:
            for earlier in tasks.values():
                bars.update(earlier, completed=1.0)
            paces[stage] = Pace(time.monotonic(), share)
            tasks[stage] = bars.add_task(stage, total=1.0, pace=paces[stage])
        paces[stage].add(time.monotonic(), share)
        bars.update(tasks[stage], completed=min(max(share, 0.0), 1.0))

    return report
