"""Arriving rows against the rows that are already there: new, known, or another version."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from energy_models.arrays import BoolArray, IntArray
from energy_models.telemetry.batch import AVAILABLE, FLAGS, INSTANT, VEHICLE, Flag
from energy_models.telemetry.store.layout import ordered
from energy_models.telemetry.store.state import StoredFile

_KEY = [VEHICLE, INSTANT]


@dataclass(frozen=True, eq=False)
class Arrival:
    """Rows of a batch: which are written, and which of them count as duplicates.

    A duplicate is written if it was available before the stored row, or has a flag that the stored row lacks; otherwise
    the store would depend on the order of batches.
    """

    table: pa.Table
    is_written: BoolArray
    is_duplicate: BoolArray


def sorted_rows(table: pa.Table) -> pa.Table:
    """Rows in order of vehicle and instant; rows of the same instant in the order in which they came."""
    vehicle = table.column(VEHICLE).combine_chunks().dictionary_encode()
    names = np.array(vehicle.dictionary.to_pylist(), dtype=object)
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.argsort(names)] = np.arange(len(names))
    code = rank[vehicle.indices.to_numpy(zero_copy_only=False)] if len(names) else np.zeros(0, dtype=np.int64)
    lifted = table.column(INSTANT).to_numpy() + code * (1 << 43)
    if len(lifted) < 2 or bool((np.diff(lifted) >= 0).all()):
        return table
    return table.take(pa.array(np.argsort(lifted, kind="stable")))


def without_repeats(table: pa.Table) -> tuple[pa.Table, int]:
    """Sorted rows without exact repeats, whose first row gets a flag, and the number of removed rows."""
    instant = table.column(INSTANT).to_numpy()
    near = np.flatnonzero(instant[1:] == instant[:-1])
    if not len(near):
        return table, 0
    members = np.unique(np.concatenate((near, near + 1)))
    frame = _comparable(table.take(pa.array(members)), ordered(set(table.column_names) - {FLAGS, AVAILABLE}))
    columns = list(frame.columns)
    later = frame.duplicated(columns, keep="first").to_numpy()
    if not later.any():
        return table, 0
    anywhere = frame.duplicated(columns, keep=False).to_numpy()
    flags = table.column(FLAGS).to_numpy().copy()
    # The flags of the repeats count too: a row that also came late came late.
    group = frame.groupby(columns, dropna=False, sort=False).ngroup().to_numpy()
    merged = np.zeros(int(group.max()) + 1, dtype=np.int16)
    np.bitwise_or.at(merged, group, flags[members])
    flags[members] = merged[group]
    flags[members[anywhere & ~later]] |= int(Flag.REPEATED)
    kept = np.ones(len(flags), dtype=np.bool_)
    kept[members[later]] = False
    table = table.set_column(table.column_names.index(FLAGS), FLAGS, pa.array(flags))
    return table.filter(pa.array(kept)), int(later.sum())


def compared(table: pa.Table, root: Path, files: Sequence[StoredFile]) -> Arrival:
    """Rows of one line and day, sorted and without repeats, against the files of that line and day."""
    count = table.num_rows
    written, duplicate = np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    flags = table.column(FLAGS).to_numpy().copy()
    instant = table.column(INSTANT).to_numpy()
    encoded = table.column(VEHICLE).combine_chunks().dictionary_encode()
    code = encoded.indices.to_numpy(zero_copy_only=False)
    same_key = np.zeros(count, dtype=np.bool_)
    same_key[1:] = (instant[1:] == instant[:-1]) & (code[1:] == code[:-1])
    versions = same_key | np.append(same_key[1:], False)
    flags[versions] |= int(Flag.OTHER_VERSION)
    names = encoded.dictionary.to_pylist()
    stored = _stored_rows(instant, code, names, root, files)
    if stored is not None:
        met, is_known, adds = _against_stored(table, flags, np.array(names, dtype=object)[code], stored)
        duplicate[met] = is_known
        written[met] = ~is_known | adds
        flags[met[~is_known]] |= int(Flag.OTHER_VERSION)
    table = table.set_column(table.column_names.index(FLAGS), FLAGS, pa.array(flags))
    return Arrival(table, written, duplicate)


def _against_stored(
    table: pa.Table, flags: NDArray[np.int16], vehicle: NDArray[np.object_], stored: pd.DataFrame
) -> tuple[IntArray, BoolArray, BoolArray]:
    """Rows whose key is stored: their places, whether the store has them, and whether they add to what it has."""
    instant = table.column(INSTANT).to_numpy()
    keys = pd.MultiIndex.from_arrays([vehicle, instant])
    there = pd.MultiIndex.from_arrays([stored[VEHICLE], stored[INSTANT]])
    met = np.flatnonzero(keys.isin(there))
    names = ordered({*table.column_names, *stored.columns} - {FLAGS, AVAILABLE})
    mine = _comparable(table.take(pa.array(met)), names)
    own = pd.DataFrame({"available": table.column(AVAILABLE).to_numpy()[met], "flags": _plain_flags(flags[met])})
    is_known, adds = np.zeros(len(met), dtype=np.bool_), np.zeros(len(met), dtype=np.bool_)
    alone = ~there.duplicated(keep=False)
    place = there[alone].get_indexer(keys[met])
    paired = np.flatnonzero(place >= 0)
    if len(paired):
        # One stored row for the key: columns are compared as wholes, which is the case of a batch that is sent again.
        theirs = stored[alone].iloc[place[paired]]
        same = np.ones(len(paired), dtype=np.bool_)
        for name in names:
            left = mine[name].to_numpy()[paired]
            right = theirs[name].to_numpy() if name in theirs else np.full(len(paired), np.nan)
            same &= (left == right) | (pd.isna(left) & pd.isna(right))
        is_known[paired] = same
        adds[paired] = same & (
            (own["available"].to_numpy()[paired] < theirs[AVAILABLE].to_numpy())
            | ((own["flags"].to_numpy()[paired] & ~_plain_flags(theirs[FLAGS].to_numpy())) != 0)
        )
    others = np.flatnonzero(place < 0)
    if len(others):
        theirs = stored[there.isin(keys[met[others]])]
        is_known[others], adds[others] = _by_groups(mine.iloc[others], own.iloc[others], theirs, names)
    return met, is_known, adds


def _by_groups(
    mine: pd.DataFrame, own: pd.DataFrame, stored: pd.DataFrame, names: Sequence[str]
) -> tuple[BoolArray, BoolArray]:
    """The same where the store has several rows of a key."""
    book = pd.DataFrame(
        {
            "is_stored": np.repeat([True, False], [len(stored), len(mine)]),
            "available": np.concatenate((stored[AVAILABLE].to_numpy(), own["available"].to_numpy())),
            "flags": np.concatenate((_plain_flags(stored[FLAGS].to_numpy()), own["flags"].to_numpy())),
        }
    )
    both = pd.concat(
        [stored.reindex(columns=list(names)).astype(object), mine.astype(object)], ignore_index=True
    )  # fmt: skip
    book["group"] = both.groupby(list(names), dropna=False, sort=False).ngroup()
    known = book[book["is_stored"]].groupby("group").agg({"available": "min", "flags": _either})
    arrived = book[~book["is_stored"]].join(known.add_suffix("_known"), on="group")
    is_known = arrived["available_known"].notna().to_numpy()
    flags_known = arrived["flags_known"].fillna(-1).to_numpy(dtype=np.int64)
    adds = (arrived["available"] < arrived["available_known"]).to_numpy() | (
        (arrived["flags"].to_numpy() & ~flags_known) != 0
    )
    return np.asarray(is_known), np.asarray(is_known & adds)


def _plain_flags(flags: NDArray[Any]) -> IntArray:
    """Flags without the one that follows from the other rows of the store."""
    return flags.astype(np.int64) & ~int(Flag.OTHER_VERSION)


def _either(flags: "pd.Series[int]") -> int:
    return int(np.bitwise_or.reduce(flags.to_numpy()))


def _stored_rows(
    instant: IntArray, code: IntArray, names: Sequence[str], root: Path, files: Sequence[StoredFile]
) -> pd.DataFrame | None:
    """Stored rows of the vehicles of sorted rows in their span of time; None if no file can have any."""
    starts = np.flatnonzero(np.append(True, code[1:] != code[:-1])) if len(code) else np.zeros(0, dtype=np.int64)
    ends = np.append(starts[1:], len(code))
    spans = {names[code[a]]: (int(instant[a]), int(instant[b - 1])) for a, b in zip(starts, ends, strict=True)}
    frames = []
    for file in files:
        mine = [name for name, span in spans.items() if file.overlaps(name, *span)]
        if mine:
            low, high = min(spans[name][0] for name in mine), max(spans[name][1] for name in mine)
            terms = [(INSTANT, ">=", low), (INSTANT, "<=", high), (VEHICLE, "in", mine)]
            found = pq.read_table(root / file.path, filters=terms, use_threads=False, partitioning=None)
            frames.append(_comparable(found, tuple(found.column_names)))
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else None


def _comparable(table: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    """Rows as pandas with plain objects for text, in the columns `names`; missing columns are blank."""
    frame: pd.DataFrame = table.to_pandas()
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(object)
    return frame.reindex(columns=list(names))
