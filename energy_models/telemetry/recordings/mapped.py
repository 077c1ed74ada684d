"""Raw rows become a batch: units, signs, words and clock by the mapping, and each row is kept or rejected."""

import hashlib
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from energy_models.arrays import BoolArray, FloatArray, IntArray
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.batch import FLAGS, INSTANT, SOURCE, VEHICLE, Batch, Flag, Rejected
from energy_models.telemetry.mapping.clock import NOT_A_TIME, ClockMemory, instants
from energy_models.telemetry.mapping.values import RecorderMapping, SignalMapping, SourceText
from energy_models.telemetry.recordings.raw_rows import BLANKS, RawRows
from energy_models.telemetry.signals import SIGNALS

_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$"


class _Rejections:
    """The first reason of each row that cannot be stored."""

    def __init__(self, rows: int) -> None:
        self.bad: BoolArray = np.zeros(rows, dtype=np.bool_)
        self.reasons: dict[int, str] = {}

    def add(self, bad: BoolArray, words: str) -> None:
        for row in np.flatnonzero(bad & ~self.bad):
            self.reasons[int(row)] = words
        self.bad |= bad


def mapped(raw: RawRows, mapping: RecorderMapping, file_name: str, memory: ClockMemory) -> Batch:
    """The batch of raw rows.

    Args:
        raw: The rows.
        mapping: How they are read.
        file_name: Name of the file, from which the vehicle or the day can come.
        memory: What the clock keeps between pieces of a file.

    Raises:
        InputFaults: The mapping takes the vehicle or the day from the file's name, and the name does not have it.
    """
    rows = raw.table.num_rows
    rejections = _Rejections(rows)
    vehicle, codes = _vehicle(raw, mapping.vehicle, file_name, rejections)
    times = _times(raw, mapping, file_name, vehicle, memory)
    rejections.add(times.instant_ms == NOT_A_TIME, "time")
    rejections.reasons.update({row: words for row, words in times.reasons.items() if rejections.reasons[row] == "time"})
    flags = np.zeros(rows, dtype=np.int16)
    columns: dict[str, pa.Array] = {}
    for signal in mapping.signals:
        cells = raw.table.column(signal.column)
        if signal.is_text:
            columns[signal.name] = _words(cells, signal, flags, rejections)
        else:
            columns[signal.name] = pa.array(_numbers(cells, signal, raw.decimal, flags, rejections), from_pandas=True)
    _order(codes, times.instant_ms, rejections.bad, flags)
    table = pa.table(
        {
            VEHICLE: vehicle,
            INSTANT: pa.array(times.instant_ms),
            FLAGS: pa.array(flags),
            SOURCE: pa.array([mapping.source] * rows, pa.string()) if rows < 1000 else _constant(mapping.source, rows),
            **columns,
        }
    )
    if rejections.bad.any():
        table = table.filter(pa.array(~rejections.bad))
    rejected = [
        Rejected(raw.number(row), words, raw.original(row)) for row, words in sorted(rejections.reasons.items())
    ]
    identity = hashlib.sha256(f"{mapping.sha256}/{file_name}/{raw.digest}".encode()).hexdigest()[:32]
    every = tuple(sorted([*raw.rejected, *rejected], key=lambda one: one.row))
    return Batch(identity, mapping.line, table, every, mapping.source)


def _constant(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text])).cast(pa.string())


def given_text(text: SourceText, file_name: str, field: str) -> str | None:
    """The text that the mapping gives, or that the file's name contains; None if a column has it.

    Raises InputFaults if the file's name does not match.
    """
    if text.value is not None:
        return text.value
    if text.file_name is None:
        return None
    match = re.search(text.file_name, file_name)
    if match is None or not match.group(1):
        raise InputFaults([Fault(file_name, "", field, "not in the name of the file", f"a name with {text.file_name}")])
    return match.group(1)


def _vehicle(
    raw: RawRows, text: SourceText, file_name: str, rejections: _Rejections
) -> tuple[pa.Array, IntArray]:  # fmt: skip
    given = given_text(text, file_name, "vehicle")
    rows = raw.table.num_rows
    if given is not None:
        if not re.match(_IDENTIFIER, given):
            allowed = "letters, digits, points, hyphens and underscores"
            raise InputFaults([Fault(file_name, "", "vehicle", given, allowed)])
        return _constant(given, rows), np.zeros(rows, dtype=np.int64)
    encoded = _dictionary(raw.table.column(text.column))
    words = [str(word).strip() for word in encoded.dictionary.to_pylist()]
    known = np.array([bool(re.match(_IDENTIFIER, word)) for word in words] + [False])
    codes = np.asarray(pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False), dtype=np.int64)
    blank = codes == len(words)
    rejections.add(blank, "vehicle is blank")
    rejections.add(~known[codes] & ~blank, "vehicle is not letters, digits, points, hyphens and underscores (60)")
    names = pa.array([*words, ""])
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names).cast(pa.string()), codes


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.combine_chunks()
    if pa.types.is_dictionary(whole.type):
        whole = whole.cast(pa.string())
    if not pa.types.is_string(whole.type):
        if pa.types.is_floating(whole.type):
            # Identifiers that are whole numbers: 12.0 is written 12.
            number = whole.to_pandas()
            whole = pa.array([None if pd.isna(one) else f"{one:.15g}" for one in number], pa.string())
        else:
            whole = whole.cast(pa.string())
    found = whole.dictionary_encode()
    assert isinstance(found, pa.DictionaryArray)
    return found


def _times(raw: RawRows, mapping: RecorderMapping, file_name: str, vehicle: pa.Array, memory: ClockMemory):  # type: ignore[no-untyped-def]
    clock = mapping.clock
    columns = [raw.table.column(name).combine_chunks() for name in clock.columns]
    columns = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in columns]
    day = ""
    if clock.day is not None:
        found = given_text(clock.day, file_name, "clock.day")
        if found is None:
            days = _dictionary(raw.table.column(clock.day.column)).dictionary.to_pylist()
            if len(days) > 1:
                allowed = "one service day in a file"
                raise InputFaults([Fault(file_name, "", "clock.day", ", ".join(map(str, days[:5])), allowed)])
            found = str(days[0]) if days else "1970-01-01"
        day = _iso_day(found, file_name)
    return instants(columns, clock, vehicle, day, memory)


def _iso_day(text: str, file_name: str) -> str:
    digits = re.sub(r"\D", "", text)
    try:
        if len(digits) != 8:
            raise ValueError
        return str(pd.Timestamp(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}").date())
    except ValueError:
        raise InputFaults([Fault(file_name, "", "clock.day", text, "a day such as 2026-11-30 or 20261130")]) from None


def _numbers(
    column: pa.ChunkedArray, signal: SignalMapping, decimal: str, flags: NDArray[np.int16], rejections: _Rejections
) -> FloatArray:  # fmt: skip
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(pa.string()), pa.string()
    if pa.types.is_boolean(kind) and not signal.words:
        column, kind = column.cast(pa.int8()), pa.int8()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or signal.words:
        number = _numbers_of_text(column, signal, decimal, rejections)
    else:
        number = np.array(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        if pa.types.is_float32(kind):
            number = _shortest(number)
    infinite = np.isinf(number)
    if infinite.any():
        rejections.add(infinite, f"{signal.name} is not a number")
    if signal.factor != 1.0 or signal.offset != 0.0:
        number = number * signal.factor + signal.offset
    known = SIGNALS.get(signal.name)
    blank = np.isnan(number)
    if blank.any():
        flags[blank] |= int(Flag.BLANK)
    if known is not None:
        low, high = known.column.lowest, known.column.highest
        # Two reductions are quicker than two comparisons of every value, and mostly nothing is outside.
        if len(number) and not (np.nanmin(number, initial=low) >= low and np.nanmax(number, initial=high) <= high):
            with np.errstate(invalid="ignore"):
                flags[(number < low) | (number > high)] |= int(Flag.OUT_OF_RANGE)
    return number


def _shortest(number: FloatArray) -> FloatArray:
    """Numbers of 32 bits as the short decimal numbers that they came from, so that 12.3 is 12.3 and not 12.3000002.

    The same recording as CSV and as Parquet then has the same rows. Numbers without a short form stay.
    """
    sample = number[np.isfinite(number)][:256]
    for decimals in range(7):
        if (np.round(sample, decimals).astype(np.float32) == sample.astype(np.float32)).all():
            found = np.round(number, decimals)
            if (found.astype(np.float32) == number.astype(np.float32))[np.isfinite(number)].all():
                return found
    return number


def _numbers_of_text(
    column: pa.ChunkedArray, signal: SignalMapping, decimal: str, rejections: _Rejections
) -> FloatArray:  # fmt: skip
    encoded = _dictionary(column)
    words = [str(word).strip() for word in encoded.dictionary.to_pylist()]
    translated = [signal.words.get(word, word) for word in words]
    if decimal == ",":
        translated = [word.replace(",", ".") if re.fullmatch(r"[-+]?\d*,\d+", word) else word for word in translated]
    translated = [{"true": "1", "false": "0"}.get(word.lower(), word) for word in translated]
    values = np.array([_float(word) for word in translated] + [np.nan])
    is_blank = np.array([word in BLANKS for word in words] + [True])
    codes = np.asarray(pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False), dtype=np.int64)
    for place in np.flatnonzero(np.isnan(values) & ~is_blank):
        rejections.add(codes == place, f"{signal.name} is not a number: {words[place][:40]!r}")
    return np.asarray(values[codes], dtype=np.float64)


def _float(text: str) -> float:
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text):
        return float("nan")
    return float(text)


def _words(
    column: pa.ChunkedArray, signal: SignalMapping, flags: NDArray[np.int16], rejections: _Rejections
) -> pa.Array:  # fmt: skip
    encoded = _dictionary(column)
    words = [str(word).strip() for word in encoded.dictionary.to_pylist()]
    translated = [signal.words.get(word, word) for word in words]
    known = SIGNALS.get(signal.name)
    choices = known.column.choices if known is not None else ()
    codes = np.asarray(pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False), dtype=np.int64)
    blank = np.array([word in BLANKS for word in words] + [True])[codes]
    if blank.any():
        flags[blank] |= int(Flag.BLANK)
    for place, word in enumerate(translated):
        if choices and words[place] not in BLANKS and word not in choices:
            rejections.add(codes == place, f"{signal.name} is not {' or '.join(choices)}: {words[place][:40]!r}")
    names = pa.array([None if word in BLANKS else text for word, text in zip(words, translated, strict=True)] + [None],
                     pa.string())  # fmt: skip
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names).cast(pa.string())


def _order(vehicle: IntArray, instant_ms: IntArray, bad: BoolArray, flags: NDArray[np.int16]) -> None:
    """Flag rows that came after a later row of the same vehicle."""
    rows = np.flatnonzero(~bad) if bad.any() else slice(None)
    code, instant = vehicle[rows], instant_ms[rows]
    if len(code) < 2:
        return
    if (code == code[0]).all():
        late = instant < np.maximum.accumulate(instant)
    else:
        order = np.argsort(code, kind="stable")
        # Each vehicle gets instants above those of the vehicles before it, so that one running maximum serves all.
        lifted = instant[order] + code[order] * (1 << 43)
        late = np.empty(len(code), dtype=np.bool_)
        late[order] = lifted < np.maximum.accumulate(lifted)
    if late.any():
        at = np.flatnonzero(~bad)[late]
        flags[at] |= int(Flag.OUT_OF_ORDER)
