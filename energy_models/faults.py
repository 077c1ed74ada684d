"""The exceptions for a wrong input and for infeasible requirements."""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of an input: its position, its value, and the allowed values."""

    file: str
    place: str
    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        """One line for the user."""
        where = ", ".join(part for part in (self.file, self.place, self.field) if part)
        return f"{where}: {self.value} - allowed: {self.allowed}" if self.value else f"{where}: {self.allowed}"


_ITEM = re.compile(r"\[\d+\]")


def kind_of_fault(fault: Fault) -> Hashable:
    """Equal for faults that differ only in the item of a list, in the name of an unknown key, and in their position."""
    field = _ITEM.sub("[]", fault.field)
    return (
        (fault.file, field.rpartition(".")[0], "unknown key") if fault.value == "unknown key" else (fault.file, field)
    )


class InputFaults(ValueError):
    """An input is wrong; contains all faults, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type["InputFaults"], tuple[tuple[Fault, ...]]]:
        """Pickle with the faults, not with their text."""
        return type(self), (self.faults,)


class Infeasible(Exception):
    """The requirements are infeasible; contains the reasons as sentences, with the amount of each violation."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))

    def __reduce__(self) -> tuple[type["Infeasible"], tuple[tuple[str, ...]]]:
        """Pickle with the reasons, not with their text."""
        return type(self), (self.reasons,)
