"""What was read before: views of objects by their version, and users of requests for a moment."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

from api.state.database import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEPT = 2_500
"""So many objects stay in memory, 5 kB each for a job."""
REMEMBERED_S = 1.0
"""Longest time after which a change by another process holds, for example a key that the command line revokes."""


class Kept(Generic[K, V]):
    """The values that were used last, by a key that contains the version of the object."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """A value; None if it is not kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, instead of the one that was not used for the longest time."""
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._most:
                self._values.popitem(last=False)


class Remembered(Generic[V]):
    """What the database contained of users at most `REMEMBERED_S` ago, and since this process changed some of it.

    All calls come from one thread.
    """

    def __init__(self) -> None:
        self._moment = (-1, -1)
        self._values: dict[Hashable, V] = {}

    def moment(self) -> tuple[int, int]:
        """What `note` needs: the moment before the value was read."""
        return Database.written, int(time.monotonic() / REMEMBERED_S)

    def get(self, key: Hashable) -> V | None:
        """A value; None if it has to be read."""
        moment = self.moment()
        if moment != self._moment:
            self._moment, self._values = moment, {}
        return self._values.get(key)

    def note(self, key: Hashable, value: V, moment: tuple[int, int]) -> None:
        """Keep a value that was read after a moment, unless something was written since."""
        if moment == self._moment == self.moment():
            self._values[key] = value
