"""The base class of all parts of a scenario, and the types of the values in the files.

Numbers are strict: text, true or false in place of a number is a fault and is never converted.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

LATEST_CLOCK_S = 48 * 3600
"""A time of the service day may pass midnight, up to 48:00."""

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")

Direction = Literal["up", "down"]
"""`up` is the direction of increasing chainage, `down` the other."""

DIRECTIONS: tuple[Direction, Direction] = ("up", "down")

Applies = Literal["up", "down", "both"]
"""The direction or directions of a row of a table."""


class Part(BaseModel):
    """A part of a scenario: frozen, without unknown keys; the docstring of a field is its help text."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True)


def clock_to_seconds(value: Any) -> int:
    """Seconds from midnight of the service day for "05:20" or "24:10:30"; whole seconds stay unchanged."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST_CLOCK_S:
        return value
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    seconds = (
        sum(int(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else -1
    )
    if not 0 <= seconds <= LATEST_CLOCK_S:
        raise PydanticCustomError("clock", 'a time of day such as "05:20", up to "48:00"')
    return seconds


def seconds_to_clock(seconds: float) -> str:
    """Text for seconds from midnight of the service day: 19200 gives "05:20", 19230 gives "05:20:30"."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours:02d}:{minutes:02d}" + (f":{rest:02d}" if rest else "")


def _identifier_text(value: Any) -> Any:
    """A whole number is allowed as an identifier, for example 101 for a station."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _name_text(value: Any) -> Any:
    """A whole number in YAML is allowed as a name, for example 101 for a train."""
    return _identifier_text(value)


CLOCK_TEXT = BeforeValidator(clock_to_seconds)
IDENTIFIER_TEXT = BeforeValidator(_identifier_text)
NAME_TEXT = BeforeValidator(_name_text)

Clock = Annotated[
    int,
    CLOCK_TEXT,
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:[0-5]\d(:[0-5]\d)?$", "format": "clock"}),
]
"""Time of the service day: text such as "05:20" in files, whole seconds from midnight of the service day inside."""

Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
Identifier = Annotated[
    str,
    IDENTIFIER_TEXT,
    Field(pattern=r"^[A-Za-z0-9_\-]{1,40}$"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^[A-Za-z0-9_\-]{1,40}$"}),
]
Text = Annotated[str, Strict(), Field(min_length=1)]
OperatorName = Annotated[
    str,
    NAME_TEXT,
    Field(min_length=1, max_length=120),
    WithJsonSchema({"type": ["string", "integer"], "minLength": 1, "maxLength": 120}),
]
"""A name that an operator gave, for example a train number; a table keeps it letter by letter, zeros in front too."""

Chainage = Annotated[Number, Field(ge=-100_000, le=1_000_000)]
Share = Annotated[Number, Field(ge=0, le=1)]
EfficiencyShare = Annotated[Number, Field(gt=0, le=1)]
Seconds = Annotated[Whole, Field(ge=0, le=LATEST_CLOCK_S)]
Voltage = Annotated[Number, Field(gt=0, le=5_000)]
Resistance = Annotated[Number, Field(gt=0, le=10)]
