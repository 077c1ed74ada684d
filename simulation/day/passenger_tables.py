"""Tables of the passengers of a day: loads of trains by section and time, and journey times."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scenarios.schema.base import DIRECTIONS, Direction, seconds_to_clock
from simulation.day.crowding import Crowding
from simulation.day.journey_times import JourneyTimes

CROWDING_COLUMNS = (
    "from_s", "to_s", "clock", "direction", "from_station", "to_station", "trains", "mean_load", "fullest_load",
    "denied",
)  # fmt: skip
JOURNEY_COLUMNS = ("direction", "origin", "destination", "passengers", "mean_waiting_s", "mean_ride_s")

_NOBODY = 1e-9


def crowding_table(crowding: Crowding, station_order: Mapping[Direction, Sequence[str]]) -> pd.DataFrame:
    """One row for each interval, direction and section with a train: loads in passengers per train."""
    rows: list[dict[str, Any]] = []
    mean = crowding.mean_load
    for direction in DIRECTIONS:
        names = station_order[direction]
        for i, k in np.argwhere(crowding.trains[direction] > 0.0):
            from_s, to_s = float(crowding.edge_s[i]), float(crowding.edge_s[i + 1])
            rows.append(
                {
                    "from_s": from_s,
                    "to_s": to_s,
                    "clock": seconds_to_clock(from_s),
                    "direction": direction,
                    "from_station": names[k],
                    "to_station": names[k + 1],
                    "trains": int(crowding.trains[direction][i, k]),
                    "mean_load": round(float(mean[direction][i, k]), 3),
                    "fullest_load": round(float(crowding.fullest_load[direction][i, k]), 3),
                    "denied": round(float(crowding.denied[direction][i, k]), 3),
                }
            )
    rows.sort(key=lambda row: row["from_s"])
    return pd.DataFrame(rows, columns=list(CROWDING_COLUMNS))


def journey_table(journeys: JourneyTimes, station_order: Mapping[Direction, Sequence[str]]) -> pd.DataFrame:
    """One row for each origin and destination with passengers, with mean waiting and time on board."""
    rows: list[dict[str, Any]] = []
    for direction in DIRECTIONS:
        names = station_order[direction]
        count, waited_s, rode_s = (
            table[direction] for table in (journeys.passengers, journeys.waited_s, journeys.rode_s)
        )
        rows += [
            {
                "direction": direction,
                "origin": names[i],
                "destination": names[k],
                "passengers": round(float(count[i, k]), 3),
                "mean_waiting_s": round(float(waited_s[i, k] / count[i, k]), 3),
                "mean_ride_s": round(float(rode_s[i, k] / count[i, k]), 3),
            }
            for i, k in np.argwhere(count > _NOBODY)
        ]
    return pd.DataFrame(rows, columns=list(JOURNEY_COLUMNS))
