"""Reads a mapping file (YAML) with every fault at once."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from energy_models.faults import Fault, InputFaults
from energy_models.tables.stored_bytes import stored_bytes
from energy_models.telemetry.mapping.units import conversion
from energy_models.telemetry.mapping.values import (
    AMBIGUOUS,
    CLOCK_FORMS,
    SAMPLINGS,
    Clock,
    FileForm,
    RecorderMapping,
    SignalMapping,
    SourceText,
)
from energy_models.telemetry.signals import KEY_COLUMNS, SIGNALS, Signal

FORMAT = "telemetry-mapping-1"
MOST_BYTES = 200_000
"""Largest mapping file; a mapping of a hundred signals has about 10 kB."""

NOT_SURE = "NOT SURE"
"""Begins each comment of a proposed mapping that a person must decide."""
EXPLANATION = f"# Lines with {NOT_SURE}"
"""Begins the comment that explains these comments."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
IDENTIFIER_ALLOWED = "letters, digits, points, hyphens and underscores, at most 60"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_mapping(path: str | Path) -> RecorderMapping:
    """Read a mapping file.

    Raises:
        InputFaults: The file is not readable or not a mapping, or contains an open question of a proposal; with all
            faults.
    """
    faults: list[Fault] = []
    content = stored_bytes(Path(path), str(path), "a mapping file (YAML)", faults, MOST_BYTES)
    if content is None:
        raise InputFaults(faults)
    found = mapping_of(content, str(path))
    # Rows that were read by a guess look right, so an open question stops the reading.
    if questions := open_questions(content.decode("utf-8")):
        allowed = "a decision; then remove the comment"
        raise InputFaults(Fault(str(path), f"line {number}", "", words, allowed) for number, words in questions)
    return found


def open_questions(text: str) -> list[tuple[int, str]]:
    """Line numbers and words of the decisions that a proposed mapping file leaves to a person."""
    return [
        (number, line[line.index(NOT_SURE) :].strip())
        for number, line in enumerate(text.splitlines(), 1)
        if NOT_SURE in line and not line.startswith(EXPLANATION)
    ]


def mapping_of(content: bytes, name: str) -> RecorderMapping:
    """The mapping in the bytes of a mapping file; `name` is the file as faults name it. Raises InputFaults."""
    try:
        text = content.decode("utf-8")
        tokens = list(yaml.scan(text))
        if any(isinstance(token, yaml.AliasToken) for token in tokens):
            raise InputFaults([Fault(name, "", "", "an alias (*)", "each value written out")])
        if (
            sum(isinstance(token, (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)) for token in tokens)
            > 2_000
        ):
            raise InputFaults([Fault(name, "", "", "more than 2,000 brackets", "at most 2,000")])
        found = yaml.load(text, Loader=_UniqueKeys)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, InputFaults):
            raise
        raise InputFaults([Fault(name, "", "", " ".join(str(error).split())[:200], "YAML in UTF-8")]) from None
    return _Reader(name).mapping(found, hashlib.sha256(content).hexdigest())


class _UniqueKeys(yaml.SafeLoader):
    """The safe loader, which also refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if isinstance(key, str) and keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"the key {', '.join(sorted(twice))} is written twice, {node.start_mark}")
        return super().construct_mapping(node, deep)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []

    def mapping(self, found: object, sha256: str) -> RecorderMapping:
        top = self.table(found, "", {"format", "source", "line", "file", "clock", "vehicle", "signals"})
        if top.get("format") != FORMAT:
            self.fault("", "format", top.get("format"), FORMAT)
        source = self.identifier(top, "source")
        line = self.identifier(top, "line")
        clock = self.clock(top.get("clock"))
        vehicle = self.source_text(top.get("vehicle"), "vehicle")
        if vehicle.value is not None and not _IDENTIFIER.fullmatch(vehicle.value):
            self.fault("vehicle", "value", vehicle.value, IDENTIFIER_ALLOWED)
        form = self.file(top.get("file"))
        signals = self.signals(top.get("signals"))
        if self.faults:
            raise InputFaults(self.faults)
        return RecorderMapping(source, line, clock, vehicle, signals, form, sha256)

    def fault(self, place: str, field: str, value: object, allowed: str) -> None:
        words = "missing" if value is None else str(value)[:80]
        self.faults.append(Fault(self.name, place, field, words, allowed))

    def table(self, found: object, place: str, known: set[str]) -> dict[str, Any]:
        if not isinstance(found, dict):
            self.fault(place, "", found, "keys and values: " + ", ".join(sorted(known)))
            return {}
        for key in found:
            if key not in known:
                self.fault(place, str(key), "unknown key", "one of " + ", ".join(sorted(known)))
        return {str(key): value for key, value in found.items() if key in known}

    def identifier(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
            self.fault("", key, value, IDENTIFIER_ALLOWED)
            return ""
        return value

    def source_text(self, found: object, place: str) -> SourceText:
        table = self.table(found, place, {"column", "file_name", "value"})
        if not table:
            return SourceText()
        if len(table) != 1:
            self.fault(place, "", ", ".join(table), "exactly one of column, file_name, value")
        for key, value in table.items():
            if isinstance(value, (dict, list)) or value is None or str(value) == "":
                self.fault(place, key, value, "a text")
        texts = {key: str(value) for key, value in table.items()}
        if "file_name" in texts:
            try:
                if re.compile(texts["file_name"]).groups < 1:
                    self.fault(
                        place, "file_name", texts["file_name"], "a regular expression with one group in brackets"
                    )
            except re.error as error:
                self.fault(place, "file_name", texts["file_name"], f"a regular expression ({error})")
        return SourceText(texts.get("column"), texts.get("file_name"), texts.get("value"))

    def clock(self, found: object) -> Clock:
        table = self.table(
            found, "clock", {"column", "columns", "form", "zone", "pattern", "day", "ambiguous", "offset_s"}
        )
        columns = table.get("columns", [table["column"]] if "column" in table else None)
        if not isinstance(columns, list) or len(columns) not in (1, 2) or ("column" in table and "columns" in table):
            self.fault("clock", "column", columns, "one column, or `columns` with the date and the time")
            columns = []
        form = self.choice(table, "clock", "form", CLOCK_FORMS, "iso")
        zone = table.get("zone", "UTC")
        try:
            ZoneInfo(zone)
        except Exception:  # the errors of zoneinfo are of several types
            self.fault("clock", "zone", zone, "the IANA name of a zone, such as Europe/Berlin or UTC")
        pattern = table.get("pattern", "")
        if (form == "strftime") != bool(pattern) or not isinstance(pattern, str):
            self.fault("clock", "pattern", pattern, "a format such as %d.%m.%Y %H:%M:%S, for the form strftime only")
        day = None
        if "day" in table:
            day = self.source_text(table["day"], "clock.day")
        if (form == "service_day_s") != (day is not None):
            self.fault("clock", "day", table.get("day"), "the service day, for the form service_day_s only")
        if day is not None and day.value is not None and not _DAY.fullmatch(day.value):
            self.fault("clock.day", "value", day.value, "a day such as 2026-11-30")
        return Clock(
            tuple(str(column) for column in columns),
            form,
            str(zone),
            str(pattern),
            day,
            self.choice(table, "clock", "ambiguous", AMBIGUOUS, "in_order"),
            self.number(table, "clock", "offset_s", 0.0),
        )

    def choice(self, table: Mapping[str, Any], place: str, key: str, choices: tuple[Any, ...], default: Any) -> Any:
        value = table.get(key, default)
        if value not in choices:
            self.fault(place, key, value, "one of " + ", ".join(choices))
            return default
        return value

    def number(self, table: Mapping[str, Any], place: str, key: str, default: float) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12:
            self.fault(place, key, value, "a number")
            return default
        return float(value)

    def file(self, found: object) -> FileForm:
        if found is None:
            return FileForm()
        table = self.table(found, "file", {"separator", "decimal", "encoding", "header_line", "units_line"})
        separator = table.get("separator")
        if separator is not None and (not isinstance(separator, str) or len(separator) != 1):
            self.fault("file", "separator", separator, "one character")
            separator = None
        decimal = table.get("decimal")
        if decimal not in (None, ".", ","):
            self.fault("file", "decimal", decimal, "a point or a comma in quotation marks")
        header = table.get("header_line", 1)
        if not isinstance(header, int) or isinstance(header, bool) or not 1 <= header <= 1000:
            self.fault("file", "header_line", header, "a line number from 1 to 1000")
            header = 1
        units = table.get("units_line", False)
        if not isinstance(units, bool):
            self.fault("file", "units_line", units, "true or false")
            units = False
        encoding = table.get("encoding")
        return FileForm(separator, decimal, None if encoding is None else str(encoding), header, units)

    def signals(self, found: object) -> tuple[SignalMapping, ...]:
        if not isinstance(found, dict) or not found:
            self.fault("signals", "", found, "at least one signal with its column")
            return ()
        return tuple(self.signal(str(name), table) for name, table in found.items())

    def signal(self, name: str, found: object) -> SignalMapping:
        place = f"signals.{name}"
        if not _NAME.fullmatch(name) or name in (*KEY_COLUMNS, "instant_ms", "available_ms", "flags", "source"):
            self.fault(place, "", name, "the name of a signal in lower case with its unit as suffix, such as speed_m_s")
        table = self.table(found, place, {"column", "unit", "scale", "sign", "values", "sampling", "kind"})
        column = table.get("column")
        if column is None or isinstance(column, (dict, list)):
            self.fault(place, "column", column, "the name of a column of the file")
        known = SIGNALS.get(name)
        kind = self.choice(table, place, "kind", ("number", "text"), _kind_of(known))
        if known is not None and kind != _kind_of(known):
            self.fault(place, "kind", kind, f"{_kind_of(known)}: {known.column.meaning}")
        scale = self.number(table, place, "scale", 1.0)
        if scale <= 0.0:
            self.fault(place, "scale", scale, "a number above 0; the sign is a key of its own")
        sign = table.get("sign", 1)
        if sign not in (1, -1) or isinstance(sign, bool):
            self.fault(place, "sign", sign, "1 or -1")
            sign = 1
        unit = "" if table.get("unit") is None else str(table["unit"])
        factor, offset = self.unit(place, unit, known, kind)
        return SignalMapping(
            name,
            str(column),
            unit,
            factor * scale * float(sign),
            offset,
            self.words(table, place, known, kind),
            self.choice(table, place, "sampling", SAMPLINGS, "sample"),
            kind == "text",
        )

    def unit(self, place: str, unit: str, known: Signal | None, kind: str) -> tuple[float, float]:
        if kind == "text" or known is None:
            return 1.0, 0.0
        if not unit and known.unit:
            self.fault(place, "unit", None, f"the unit of the column, such as {known.unit}")
            return 1.0, 0.0
        if not unit:
            return 1.0, 0.0
        found = conversion(unit, known.unit)
        if found is None:
            self.fault(place, "unit", unit, f"a unit that can be converted to {known.unit or 'a number without unit'}")
            return 1.0, 0.0
        return found.factor, found.offset

    def words(self, table: Mapping[str, Any], place: str, known: Signal | None, kind: str) -> dict[str, str]:
        found = table.get("values")
        if found is None:
            return {}
        if not isinstance(found, dict) or not found:
            self.fault(place, "values", found, "pairs of a text of the file and its meaning")
            return {}
        words = {_plain(key): _plain(value) for key, value in found.items()}
        for value in words.values():
            if known is not None and known.column.choices and value not in known.column.choices:
                self.fault(place, "values", value, known.column.allowed)
            if kind == "number" and not re.fullmatch(r"[-+]?\d+(\.\d+)?", value):
                self.fault(place, "values", value, "a number")
        return words


def _kind_of(known: Signal | None) -> str:
    return "number" if known is None or known.column.numeric else "text"


def _plain(value: object) -> str:
    # YAML reads on, off, yes and no as booleans; a file has the word.
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
