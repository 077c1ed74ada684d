"""The train graph with trains coloured by their power demand."""

from typing import Any

import numpy as np

from api.report.chart import WARNING, Chart, chart, packed
from dispatch.energy.line_model import NO_OTHERS, OtherLibraries
from dispatch.energy.planned_movements import as_planned
from dispatch.plans.timetable import Timetable
from energy_models.arrays import FloatArray, IntArray
from energy_models.running_times import ProfileLibrary

IDLE_SHARE = 0.02
"""Less than this share of the highest power is neither traction nor braking."""
STRONG_SHARE = 0.4
STEP_S = 6
"""Between changes of class, one point is drawn in this number of seconds."""

IDLE = "coasting or standing"
CLASSES = (
    ("braking strongly", "#087f5b"),
    ("braking", "#63c9a8"),
    (IDLE, "#c9d0d8"),
    ("traction", "#f5a25d"),
    ("strong traction", WARNING),
)
"""Name and colour, from the largest regenerated power to the largest drawn power."""


def train_power(plan: Timetable, library: ProfileLibrary, others: OtherLibraries = NO_OTHERS) -> Chart:
    """Lines of the planned trips, one trace for each class of power, for the axes of the train graph."""
    trips = [_seconds(plan, number, library, others) for number in range(len(plan.trips))]
    if not trips:
        return chart([], {})
    time_s, km, power_w = (np.concatenate(one) for one in zip(*trips, strict=True))
    kinds = power_class(power_w, float(np.abs(power_w).max(initial=0.0)))
    points, kind_of = _lines(kinds, np.cumsum([len(seconds) for seconds, _, _ in trips]))
    drawn = np.column_stack([time_s[points] * 1000.0, km[points]])
    drawn[points < 0] = np.nan
    traces: list[dict[str, Any]] = []
    for kind, (name, colour) in enumerate(CLASSES):
        of_class = drawn[kind_of == kind]
        traces.append(
            {
                "type": "scattergl",
                "mode": "lines",
                "name": name,
                # Whole seconds in ms are exact in four bytes until hour 37 of the service day.
                "x": packed(of_class[:, 0]),
                "y": packed(of_class[:, 1]),
                "line": {"color": colour, "width": 1.4 if name == IDLE else 3.4},
                "hoverinfo": "skip",
            }
        )
    return chart(traces, {})


def _lines(kinds: IntArray, trip_ends: IntArray) -> tuple[IntArray, IntArray]:
    """The seconds to draw, as lines of one class each, and the class of each; -1 is the gap after a line.

    A line has every `STEP_S`-th second of its class. Its last point is the first point of the next line of the trip, so
    that there are no gaps within a trip. `trip_ends` is the number of seconds up to the end of each trip.
    """
    number = np.arange(len(kinds))
    is_start = np.diff(kinds, prepend=-1) != 0
    is_start[trip_ends[:-1]] = True
    begin = np.flatnonzero(is_start)
    end = np.append(begin[1:], len(kinds))
    line = np.cumsum(is_start) - 1
    picked = number[(number - begin[line]) % STEP_S == 0]
    last_of_trip = trip_ends[np.searchsorted(trip_ends, begin, side="right")] - 1
    last = np.minimum(end, last_of_trip)
    lines = np.arange(len(begin))
    adds_last = lines[last != begin + (end - 1 - begin) // STEP_S * STEP_S]
    points = np.concatenate([picked, last[adds_last], np.full(len(begin), -1)])
    line_of = np.concatenate([line[picked], adds_last, lines])
    ordered = np.argsort(line_of, kind="stable")
    return points[ordered], kinds[begin][line_of[ordered]]


def power_class(power_w: FloatArray, highest_w: float) -> IntArray:
    """Index into `CLASSES` of each power, by its share of the highest one."""
    edges = np.array([-STRONG_SHARE, -IDLE_SHARE, IDLE_SHARE, STRONG_SHARE]) * highest_w
    return np.searchsorted(edges, power_w).astype(np.int64)


def _seconds(
    plan: Timetable, number: int, library: ProfileLibrary, others: OtherLibraries
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Time, place in km and power of each second of a trip, dwells included."""
    trip = plan.trips[number]
    runs, stands = as_planned(trip, library, others)
    times: list[FloatArray] = []
    places: list[FloatArray] = []
    powers: list[FloatArray] = []
    for k, run in enumerate(runs):
        motion, track = run.motion, run.track
        times.append(run.departure_s + np.arange(len(motion.power_w), dtype=np.float64))
        places.append(track.chainage_m(motion.distance_m))
        powers.append(motion.power_w)
        until_s = stands[k].to_s if k < len(stands) else trip.end_s
        end_m = track.arrival_chainage_m
        times.append(np.array([trip.arrival_s[k + 1], until_s], dtype=np.float64))
        places.append(np.array([end_m, end_m]))
        powers.append(np.zeros(2))
    return np.concatenate(times), np.concatenate(places) / 1000.0, np.concatenate(powers)
