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
    rows = [_seconds(plan, number, library, others) for number in range(len(plan.trips))]
    highest_w = max((float(np.abs(power_w).max(initial=0.0)) for _, _, power_w in rows), default=0.0)
    lines: list[list[FloatArray]] = [[] for _ in CLASSES]
    gap = np.full((1, 2), np.nan)
    for time_s, km, power_w in rows:
        kinds = power_class(power_w, highest_w)
        starts = np.flatnonzero(np.diff(kinds, prepend=-1))
        for begin, end in zip(starts, [*starts[1:], len(kinds)], strict=True):
            # The last point of each part is the first point of the next part, so that the line has no gaps.
            upto = min(end, len(kinds) - 1)
            picked = np.arange(begin, end, STEP_S)
            if picked[-1] != upto:
                picked = np.concatenate([picked, [upto]])
            lines[kinds[begin]] += [np.column_stack([time_s[picked], km[picked]]), gap]
    traces: list[dict[str, Any]] = []
    for (name, colour), parts in zip(CLASSES, lines, strict=True):
        points = np.concatenate(parts) if parts else np.empty((0, 2))
        traces.append(
            {
                "type": "scattergl",
                "mode": "lines",
                "name": name,
                # Whole seconds in ms are exact in four bytes until hour 37 of the service day.
                "x": packed(points[:, 0] * 1000.0),
                "y": packed(points[:, 1]),
                "line": {"color": colour, "width": 1.4 if name == IDLE else 3.4},
                "hoverinfo": "skip",
            }
        )
    return chart(traces, {})


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
