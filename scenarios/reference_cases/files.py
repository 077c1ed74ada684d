"""Reading of reference case files of every type, with all faults reported together."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from energy_models.faults import Fault, InputFaults

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class CasePart(BaseModel):
    """A part of a case file; unknown keys are ignored, because other programs may use them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


PartT = TypeVar("PartT", bound=CasePart)
CaseT = TypeVar("CaseT")


def read_case_file(path: str | Path, model: type[PartT]) -> PartT:
    """The content of a JSON file as a model; raises `InputFaults` with all faults."""
    file = str(path)
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputFaults([Fault(file, "", "", "", f"a readable file ({error.strerror})")]) from None
    except ValueError as error:
        raise InputFaults([Fault(file, "", "", "", f"JSON ({error})")]) from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InputFaults(_fault_of(file, item) for item in error.errors()) from None


def read_all(paths: Sequence[Path], read: Callable[[Path], CaseT]) -> list[tuple[Path, CaseT]]:
    """The result of `read` for each file; raises `InputFaults` with the faults of all files."""
    found: list[tuple[Path, CaseT]] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            found.append((path, read(path)))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(faults)
    return found


def _fault_of(file: str, item: object) -> Fault:
    assert isinstance(item, dict)
    place = ".".join(str(part) for part in item["loc"])
    whole = isinstance(item["input"], dict | list)
    return Fault(file, place, "", "" if whole else repr(item["input"]), str(item["msg"]))
