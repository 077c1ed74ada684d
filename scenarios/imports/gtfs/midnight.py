"""Times of a trip that begin again at 00:00 after 23:59, although a service day goes on to 24:00 and later."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scenarios.imports.patterns import trip_list

DAY_S = 24 * 3600
WRAP_S = DAY_S / 2
"""Times of a trip that fall by more than this begin again at 00:00."""


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `stop_times.txt` by trip and order of travel."""
    order = pd.to_numeric(table["stop_sequence"], errors="coerce")
    return table.assign(order=order).sort_values(["trip_id", "order"], kind="stable")


def repair_midnight(tables: Mapping[str, pd.DataFrame], present: set[str]) -> list[str]:
    """Add 24 h to the times of a trip after midnight that begin again at 00:00; the notes name the trips."""
    if "stop_times.txt" not in present:
        return []
    table = tables["stop_times.txt"]
    ordered = in_order(table)
    added_s = np.zeros(len(ordered))
    trips = ordered["trip_id"].tolist()
    times = ordered[["arrival_s", "departure_s"]].to_numpy(dtype=float)
    repaired: dict[str, None] = {}
    before = -np.inf
    for row, trip in enumerate(trips):
        same = row > 0 and trips[row - 1] == trip
        before, extra = (before, added_s[row - 1]) if same else (-np.inf, 0.0)
        for column in (0, 1):
            if np.isnan(times[row, column]):
                continue
            if times[row, column] + extra < before - WRAP_S:
                extra += DAY_S
                repaired.setdefault(trip)
            times[row, column] += extra
            before = times[row, column]
        added_s[row] = extra
    table.loc[ordered.index, ["arrival_s", "departure_s"]] = times
    if not repaired:
        return ["--wrap-midnight: no trip has times that begin again at 00:00"]
    return [
        f"--wrap-midnight: 24 h were added to the times after midnight of {len(repaired)} trips: {trip_list(repaired)}"
    ]
