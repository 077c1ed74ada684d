"""Regulators and their factories: the protocol that simulated days and the live line use."""

from typing import Protocol

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain


class Regulator(Protocol):
    """Advises the trains of one timetable on one day."""

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:
        """The advice for a train that is ready to leave, from the state of the line."""
        ...


class RegulatorFactory(Protocol):
    """Makes a regulator for each simulated day and for each timetable; processes receive it by pickling."""

    @property
    def name(self) -> ControllerName:
        """The name of the controller."""
        ...

    @property
    def content(self) -> str:
        """Name, parameters and code of the controller: part of the key of stored days."""
        ...

    def for_day(self, timetable: Timetable) -> Regulator:
        """A regulator for one day of a timetable."""
        ...
