"""What is said when an input is wrong, or a wish cannot be met."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of an input: where it stands, what stands there, and what is allowed there."""

    file: str
    place: str
    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        """One line that a person can act on."""
        where = ", ".join(part for part in (self.file, self.place, self.field) if part)
        return f"{where}: {self.value} - allowed: {self.allowed}" if self.value else f"{where}: {self.allowed}"


class InputFaults(ValueError):
    """An input is wrong; carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type["InputFaults"], tuple[tuple[Fault, ...]]]:
        """Come back from another process with the faults, not with their text."""
        return type(self), (self.faults,)


class Infeasible(Exception):
    """A wish cannot be met; carries the reasons in words, with the amount by which each rule is missed."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))

    def __reduce__(self) -> tuple[type["Infeasible"], tuple[tuple[str, ...]]]:
        """Come back from another process with the reasons, not with their text."""
        return type(self), (self.reasons,)
