"""The mapping of one kind of recorder as a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ClockForm = Literal["iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "service_day_s", "strftime"]
CLOCK_FORMS: tuple[ClockForm, ...] = (
    "iso",
    "epoch_s",
    "epoch_ms",
    "epoch_us",
    "epoch_ns",
    "service_day_s",
    "strftime",
)
Ambiguous = Literal["in_order", "earlier", "later"]
AMBIGUOUS: tuple[Ambiguous, ...] = ("in_order", "earlier", "later")
Sampling = Literal["sample", "mean", "counter"]
SAMPLINGS: tuple[Sampling, ...] = ("sample", "mean", "counter")


@dataclass(frozen=True)
class SourceText:
    """A text for all rows of a file: from a column, from the file's name, or given; exactly one is set.

    `file_name` is a regular expression; its first group is the text.
    """

    column: str | None = None
    file_name: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Clock:
    """How the instant of a row is written.

    Attributes:
        columns: One column, or a date and a time that are joined by a space.
        form: The form of the time; `service_day_s` are seconds from midnight of the service day `day`.
        zone: IANA name of the zone of times without an offset.
        pattern: Format of `strftime` times.
        day: Service day (YYYY-MM-DD) of `service_day_s` times.
        ambiguous: How a local time that occurs twice, when clocks are set back, is read: by the order of the rows of a
            vehicle, or always as the earlier or the later one.
        offset_s: Seconds that the clock of the recorder is ahead of the true time.
    """

    columns: tuple[str, ...]
    form: ClockForm = "iso"
    zone: str = "UTC"
    pattern: str = ""
    day: SourceText | None = None
    ambiguous: Ambiguous = "in_order"
    offset_s: float = 0.0


@dataclass(frozen=True)
class SignalMapping:
    """How one signal is read: stored value = `factor` × number + `offset`.

    Attributes:
        name: Name of the stored column, with its unit as suffix.
        column: Column of the source.
        unit: Unit of the source as written in the mapping; empty for text and counts.
        factor: Product of unit factor, scale and sign.
        offset: Offset of the unit, for example of degF.
        words: Stored text or number for a text of the source; empty if texts are taken as they are.
        sampling: Whether the number is a sample at the instant, a mean over the interval that ends there, or a counter.
        is_text: Whether the stored column is text.
    """

    name: str
    column: str
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    words: Mapping[str, str] = field(default_factory=dict)
    sampling: Sampling = "sample"
    is_text: bool = False


@dataclass(frozen=True)
class FileForm:
    """What is stated about the text of a file; None: it is detected.

    `header_line` is the line of the header, counted from 1; `units_line` states that the next line contains units.
    """

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    header_line: int = 1
    units_line: bool = False


@dataclass(frozen=True)
class RecorderMapping:
    """The mapping of one kind of recorder.

    `source` names the kind of recorder, `line` the line of the store, and `sha256` is the hash of the mapping's text.
    """

    source: str
    line: str
    clock: Clock
    vehicle: SourceText
    signals: tuple[SignalMapping, ...]
    file: FileForm = FileForm()
    sha256: str = ""

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Each column of the source that is read, once."""
        named = [*self.clock.columns, *(signal.column for signal in self.signals)]
        for text in (self.vehicle, self.clock.day):
            if text is not None and text.column is not None:
                named.append(text.column)
        return tuple(dict.fromkeys(named))
