"""What a caller of the planner may do while the planner works."""

from typing import Protocol

from dispatch.plans.timetable import Timetable
from energy_models.running_times import ProfileLibrary
from scenarios.values.fleet import ByVehicle


class Beside(Protocol):
    """Work beside the planner. `begun` and `decided` must return at once; the plan does not depend on any of them."""

    def begun(self, profiles: ByVehicle[ProfileLibrary], in_force: Timetable) -> None:
        """The line is read: the driving profiles of its vehicles, and the timetable in force."""
        ...

    def compiled(self) -> None:
        """Wait until the kernels of the search are compiled, if somebody else compiles them."""
        ...

    def decided(self, timetable: Timetable) -> None:
        """The plan has its timetable and is checked; its levers and its potential are still to be computed."""
        ...


class _Nothing:
    """Nothing is done beside the planner."""

    def begun(self, profiles: ByVehicle[ProfileLibrary], in_force: Timetable) -> None:
        """Ignored."""

    def compiled(self) -> None:
        """The search compiles its kernels itself."""

    def decided(self, timetable: Timetable) -> None:
        """Ignored."""


NOTHING_BESIDE = _Nothing()
