"""Queries on the store through DuckDB: rows of vehicles, days and hours, also as they were known at an earlier time."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.batch import AVAILABLE, FLAGS, INSTANT, SOURCE, VEHICLE, Flag
from energy_models.telemetry.mapping.clock import day_begin_ms
from energy_models.telemetry.service_day import day_name, service_days
from energy_models.telemetry.store.layout import QUARANTINE_SCHEMA, ordered, signals_in
from energy_models.telemetry.store.state import State, StoredFile
from energy_models.telemetry.store.store import TelemetryStore

SERVICE_DAY, TIME = "service_day", "time_s"

_Found = TypeVar("_Found")


def read_rows(
    store: TelemetryStore,
    line: str,
    *,
    vehicles: Sequence[str] | None = None,
    days: Sequence[str] | None = None,
    from_ms: int | None = None,
    to_ms: int | None = None,
    columns: Sequence[str] | None = None,
    as_of_ms: int | None = None,
    every_version: bool = False,
) -> pd.DataFrame:
    """Rows of a line in order of vehicle and instant, each once; of several versions the one available last.

    Args:
        store: The store.
        line: The line.
        vehicles: Vehicles; all by default.
        days: Service days; all by default.
        from_ms: First instant.
        to_ms: Last instant.
        columns: Signals; all by default.
        as_of_ms: Only what was available at this instant, so that an earlier analysis can be repeated.
        every_version: Whether all versions of an instant are given.

    Returns:
        `vehicle`, `service_day`, `time_s`, `instant_ms`, `available_ms`, `flags`, `source`, and the signals. A signal
        that a recorder does not have is blank.
    """

    def attempt(state: State) -> pd.DataFrame:
        files = _files(state.of(line, days), vehicles, from_ms, to_ms)
        table = versions(store, files, state, vehicles=vehicles, from_ms=from_ms, to_ms=to_ms, as_of_ms=as_of_ms,
                         columns=columns, every_version=every_version)  # fmt: skip
        return _with_service_time(table.to_pandas(), store)

    return with_retry(store, attempt)


def with_retry(store: TelemetryStore, attempt: Callable[[State], _Found]) -> _Found:
    """The result of a reading; if another process has compacted the store meanwhile, the reading is repeated."""
    for _ in range(4):
        try:
            return attempt(store.state)
        except (FileNotFoundError, duckdb.IOException):
            continue
    return attempt(store.state)


def versions(
    store: TelemetryStore,
    files: Sequence[StoredFile],
    state: State,
    *,
    vehicles: Sequence[str] | None = None,
    from_ms: int | None = None,
    to_ms: int | None = None,
    as_of_ms: int | None = None,
    columns: Sequence[str] | None = None,
    every_version: bool = False,
) -> pa.Table:
    """Rows of files in the order of the store; the same row of several files is one row with the earliest arrival."""
    if not files:
        wanted = columns if columns is not None else signals_in(state.kinds)
        return pa.table({name: pa.array([], _type(name, state)) for name in ordered({*_BOOK, *wanted})})
    # One thread: more of them cost more to start than the rows of a few files take to read.
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        paths = [str(store.root / file.path) for file in files]
        source = connection.from_parquet(paths, union_by_name=True, hive_partitioning=False)
        present = signals_in(source.columns)
        terms = ["true"]
        if vehicles is not None and any(set(file.vehicles) - set(vehicles) for file in files):
            terms.append(f"{VEHICLE} IN ({', '.join(_quoted(name) for name in vehicles) or 'NULL'})")
        for sign, value, name in ((">=", from_ms, INSTANT), ("<=", to_ms, INSTANT), ("<=", as_of_ms, AVAILABLE)):
            if value is not None:
                terms.append(f"{name} {sign} {int(value)}")
        query = _query(present, " AND ".join(terms), files, every_version, as_of_ms is not None)
        names = [*_BOOK, *(name for name in present if columns is None or name in columns)]
        source.create_view("stored")
        table = connection.sql(f"SELECT {', '.join(map(_name, names))} FROM ({query})").to_arrow_table()
    finally:
        connection.close()
    kinds = {name: _type(name, state) for name in table.column_names}
    table = table.cast(pa.schema([(name, kinds[name]) for name in table.column_names]))
    if columns is None:
        return table
    for name in columns:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, _type(name, state)))
    return table.select([*_BOOK, *columns])


_BOOK = (VEHICLE, INSTANT, AVAILABLE, FLAGS, SOURCE)


def _query(present: Sequence[str], terms: str, files: Sequence[StoredFile], every_version: bool, is_as_of: bool) -> str:
    """The query over the view `stored`, with window functions only where a row can occur more than once."""
    content = [SOURCE, *present]
    order = ", ".join(map(_name, [VEHICLE, INSTANT, AVAILABLE, *content]))
    one_file_each = all(file.is_compact for file in files)
    plain = f"SELECT * FROM stored WHERE {terms}"
    if not one_file_each:
        key = ", ".join(map(_name, [VEHICLE, INSTANT, *content]))
        other = int(Flag.OTHER_VERSION)
        plain = (
            f"SELECT {key}, min({AVAILABLE}) AS {AVAILABLE}, "
            f"(bit_or({FLAGS}) & ~{other}::SMALLINT)::SMALLINT AS {FLAGS} "
            f"FROM stored WHERE {terms} GROUP BY {key}"
        )
    if one_file_each and not is_as_of and not any(file.has_versions for file in files):
        return f"{plain} ORDER BY {VEHICLE}, {INSTANT}"
    other = int(Flag.OTHER_VERSION)
    counted = (
        f"SELECT * REPLACE (({FLAGS} & ~{other}::SMALLINT | CASE WHEN count(*) OVER (PARTITION BY {VEHICLE}, {INSTANT})"
        f" > 1 THEN {other} ELSE 0 END)::SMALLINT AS {FLAGS}) FROM ({plain})"
    )
    if not every_version:
        last = ", ".join([f"{AVAILABLE} DESC", *map(_name, content)])
        counted += f" QUALIFY row_number() OVER (PARTITION BY {VEHICLE}, {INSTANT} ORDER BY {last}) = 1"
    return f"{counted} ORDER BY {order}"


def _files(
    files: Sequence[StoredFile], vehicles: Sequence[str] | None, from_ms: int | None, to_ms: int | None
) -> list[StoredFile]:
    low = from_ms if from_ms is not None else -(1 << 62)
    high = to_ms if to_ms is not None else 1 << 62
    return [
        file
        for file in files
        if any(file.overlaps(name, low, high) for name in (file.vehicles if vehicles is None else vehicles))
    ]


def _with_service_time(frame: pd.DataFrame, store: TelemetryStore) -> pd.DataFrame:
    instant = frame[INSTANT].to_numpy(dtype=np.int64)
    days = service_days(instant, store.settings.zone, store.settings.day_begins_s)
    known, place = np.unique(days, return_inverse=True)
    names = [day_name(int(day)) for day in known]
    begins = np.array([day_begin_ms(name, store.settings.zone) for name in names], dtype=np.int64)
    days_of_rows = np.array(names, dtype=object)[place] if names else np.array([], dtype=object)
    frame.insert(1, SERVICE_DAY, pd.Series(pd.Categorical(days_of_rows), index=frame.index))
    frame.insert(2, TIME, (instant - begins[place]) / 1000.0 if names else np.zeros(0))
    return frame


def stored_days(store: TelemetryStore, line: str | None = None) -> pd.DataFrame:
    """What the store has: `line`, `day`, `vehicle`, `rows` and the files, without reading any rows."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for file in store.state.files:
        if line is None or file.line == line:
            for vehicle, (_, _, rows) in file.vehicles.items():
                entry = found.setdefault((file.line, file.day, vehicle), [0, 0])
                entry[0] += rows
                entry[1] += 1
    return pd.DataFrame(
        [(*key, *entry) for key, entry in sorted(found.items())], columns=["line", "day", "vehicle", "rows", "files"]
    )


def read_quarantine(store: TelemetryStore, line: str | None = None, limit: int | None = None) -> pd.DataFrame:
    """Quarantined rows with batch, source, row, reason, original bytes and arrival; in order of arrival and row."""

    def attempt(state: State) -> pd.DataFrame:
        files = [one for one in state.quarantine.values() if line is None or one.line == line]
        files.sort(key=lambda one: (one.available_ms, one.batch_id))
        tables, count = [QUARANTINE_SCHEMA.empty_table()], 0
        for file in files:
            if limit is not None and count >= limit:
                break
            with pa.OSFile(str(store.root / file.path)) as source:
                tables.append(pq.read_table(source))
            count += file.rows
        found: pd.DataFrame = pa.concat_tables(tables).slice(0, limit).to_pandas()
        return found

    return with_retry(store, attempt)


def quarantine_reasons(store: TelemetryStore, line: str) -> dict[str, int]:
    """The number of quarantined rows of a line by reason, without reading their bytes."""

    def attempt(state: State) -> dict[str, int]:
        found: dict[str, int] = {}
        for file in state.quarantine.values():
            if file.line == line:
                with pa.OSFile(str(store.root / file.path)) as source:
                    for reason in pq.read_table(source, columns=["reason"]).column("reason").to_pylist():
                        found[str(reason)] = found.get(str(reason), 0) + 1
        return found

    return with_retry(store, attempt)


def stored_lines(store: TelemetryStore) -> list[str]:
    """The lines of the store, by name."""
    state = store.state
    return sorted({file.line for file in state.files} | {one.line for one in state.quarantine.values()})


def require_line(store: TelemetryStore, line: str | None) -> str:
    """The line of a request, or the only line of the store. Raises InputFaults if it is unknown or not clear."""
    known = stored_lines(store)
    if line is None and len(known) == 1:
        return known[0]
    if line not in known:
        allowed = "one of " + ", ".join(known) if known else "a line with rows; the store is empty"
        raise InputFaults([Fault("", "", "--line", line or "missing", allowed)])
    assert line is not None
    return line


def _type(name: str, state: State) -> pa.DataType:
    book = {VEHICLE: pa.string(), SOURCE: pa.string(), INSTANT: pa.int64(), AVAILABLE: pa.int64(), FLAGS: pa.int16()}
    return book.get(name) or (pa.string() if state.kinds.get(name) == "text" else pa.float64())


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
