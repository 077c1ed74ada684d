"""What all stages of a search share: the task, its limits in kernel form, the clock, and the flag that ends it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from dispatch.timetable import Timetable
from dispatch.timing.bank import MotionBank
from dispatch.timing.estimate import Estimate
from dispatch.timing.rules import TimingRules
from dispatch.timing.trips import Limits
from dispatch.timing.worth import Worth
from energy_models.arrays import IntArray
from energy_models.supply.device_laws import PackedNetwork

Progress = Callable[[str, float], None]


@dataclass(eq=False)
class SearchStop:
    """Ends a search from a signal handler or another thread; what was found so far is kept.

    `is_searching` says whether there is a search to end: before it there is nothing to keep, and after it nothing to
    end.
    """

    flag: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    is_searching: bool = False
    is_cancelled: bool = False

    def cancel(self) -> None:
        """End the search soon, with the best so far."""
        self.is_cancelled = True
        self.flag[0] = 1


class Clock:
    """Sets a search's flag when its time is over; proofs that are no search do not count."""

    def __init__(self, time_limit_s: float, flag: IntArray) -> None:
        self._left_s = time_limit_s
        self._flag = flag
        self._timer: threading.Timer | None = None
        self._since_s = 0.0

    def go(self) -> None:
        """Run from now on."""
        self._since_s = time.monotonic()
        self._timer = threading.Timer(max(self._left_s, 0.0), self._end)
        self._timer.daemon = True
        self._timer.start()

    def halt(self) -> None:
        """Stand still until it goes on."""
        if self._timer is not None:
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
    """How hard to search and for what: seed, effort (1 is the default search), time limit, and the noise to plan for:
    `samples` of it are solved exactly, `estimated_samples` looked at by the estimate."""

    seed: int = 0
    effort: float = 1.0
    time_limit_s: float = 60.0
    noise_deviation_s: float = 0.0
    noise_accumulates: bool = False
    samples: int = 4
    estimated_samples: int = 12
    workers: int = 2


@dataclass(frozen=True)
class Step:
    """One point of the convergence: when, at the end of which stage, and the day's energy as the search prices it."""

    seconds: float
    stage: str
    energy_kwh: float


@dataclass(frozen=True, eq=False)
class Job:
    """A search under way.

    `turn` gives a timetable its vehicles, `waiting_s` tells its mean waiting, `crowding_s` for how long trains find
    terminals full; `stop[0]` is set from anywhere to end the search.
    """

    baseline: Timetable
    rules: TimingRules
    turn: Callable[[Timetable], Timetable]
    options: TimingOptions
    bank: MotionBank
    network: PackedNetwork
    limits: Limits
    estimate: Estimate
    progress: Progress
    began_s: float
    waiting_s: Callable[[Timetable], float]
    worth: Worth = field(default_factory=Worth)
    crowding_s: Callable[[Timetable], float] = field(default=lambda _: 0.0)
    stop: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    convergence: list[Step] = field(default_factory=list)

    def note(self, stage: str, energy_j: float) -> None:
        """Write down where the search stands."""
        self.convergence.append(Step(time.monotonic() - self.began_s, stage, energy_j / 3.6e6))
