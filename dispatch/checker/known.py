"""What many cases of the checker share: values of the scenario and the timetable in force that no plan changes."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Known:
    """Values by name, each computed once.

    An editor checks a plan after each change; all of these cases have the same scenario and the same timetable in
    force. A value must not depend on anything else.
    """

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}

    def once(self, name: Hashable, compute: Callable[[], _T]) -> _T:
        """The value of a name, computed at the first request."""
        if name not in self._values:
            self._values[name] = compute()
        found: _T = self._values[name]
        return found
