"""The common data of all stages of a search: the task, its limits in kernel form, the clock, and the stop flag."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from dispatch.plans.timetable import Timetable
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import Surrogate
from dispatch.timing.kernel.trips import Limits
from dispatch.timing.limits import TimingLimits
from dispatch.timing.objective_weights import ObjectiveWeights
from energy_models.arrays import IntArray
from energy_models.supply.device_laws import PackedNetwork

Progress = Callable[[str, float], None]

DRIVING = "driving"
"""The stage whose energy is of the timetable before the search, driven for least energy."""
CYCLES = "patterns"
"""The stage whose energy is a sum over the cycles of the periods, and not of a day."""
UNDER_DISTURBANCES = "trips under disturbances"
"""The stage whose energies are means over disturbed days; those of the stages before are of the undisturbed day."""

BORDER_PATTERNS_FROM = 3
"""With so many patterns for a direction and period, the trips at both borders of the period have one each."""


@dataclass(eq=False)
class SearchStop:
    """Ends a search from a signal handler or another thread; the best result so far is kept.

    `is_searching` is true during a search: before the search there is no result to keep, and after it no search to end.
    """

    flag: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    is_searching: bool = False
    is_cancelled: bool = False

    def cancel(self) -> None:
        """End the search soon, with the best so far."""
        self.is_cancelled = True
        self.flag[0] = 1


class Clock:
    """Sets a search's flag when its time limit is over (None: never); proofs that are no search do not count."""

    def __init__(self, time_limit_s: float | None, flag: IntArray) -> None:
        self._left_s = time_limit_s
        self._flag = flag
        self._timer: threading.Timer | None = None
        self._since_s = 0.0

    def go(self) -> None:
        """Run from now on."""
        if self._left_s is None:
            return
        self._since_s = time.monotonic()
        self._timer = threading.Timer(max(self._left_s, 0.0), self._end)
        self._timer.daemon = True
        self._timer.start()

    def halt(self) -> None:
        """Stand still until it goes on."""
        if self._timer is not None and self._left_s is not None:
            self._timer.cancel()
            self._left_s -= time.monotonic() - self._since_s
            self._timer = None

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Stand still meanwhile."""
        self.halt()
        try:
            yield
        finally:
            self.go()

    def _end(self) -> None:
        self._flag[0] = 1


@dataclass(frozen=True)
class TimingOptions:
    """How hard to search and for what: seed, effort, time limit, and the noise to plan for.

    `effort` multiplies how many changes the stages of the search try; it alone decides how much is searched. The clock
    ends the search only after `time_limit_s` (None: never). `samples` of the noise are solved exactly,
    `surrogate_samples` are priced by the surrogate. Trips share at most `patterns` running-time and dwell patterns for
    each direction and period (0: each trip has its own).
    """

    seed: int = 0
    effort: float = 1.0
    time_limit_s: float | None = None
    noise_deviation_s: float = 0.0
    noise_accumulates: bool = False
    samples: int = 4
    surrogate_samples: int = 12
    patterns: int = 0
    workers: int = 2


@dataclass(frozen=True)
class Step:
    """One point of the convergence: when, at the end of which stage, and the day's energy as the search prices it."""

    seconds: float
    stage: str
    energy_kwh: float


@dataclass(frozen=True, eq=False)
class SearchTask:
    """A search under way.

    `turn` gives a timetable its vehicles, `waiting_s` tells its mean waiting, `terminal_excess_s` for how
    long trains find terminals full; `stop[0]` is set from anywhere to end the search.
    """

    baseline: Timetable
    timing_limits: TimingLimits
    turn: Callable[[Timetable], Timetable]
    options: TimingOptions
    motions: MotionTable
    network: PackedNetwork
    limits: Limits
    surrogate: Surrogate
    progress: Progress
    began_s: float
    waiting_s: Callable[[Timetable], float]
    weights: ObjectiveWeights = field(default_factory=ObjectiveWeights)
    terminal_excess_s: Callable[[Timetable], float] = field(default=lambda _: 0.0)
    stop: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    convergence: list[Step] = field(default_factory=list)
    noted: Callable[[Sequence[Step]], None] = field(default=lambda _: None)

    def note(self, stage: str, energy_j: float) -> None:
        """Add a point to the convergence and report all points to `noted`."""
        self.convergence.append(Step(time.monotonic() - self.began_s, stage, energy_j / 3.6e6))
        self.noted(tuple(self.convergence))
