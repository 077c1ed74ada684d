"""The train graph: every trip of baseline and plan, place over time."""

from collections.abc import Mapping

import numpy as np

from api.report.chart import BASELINE, PLAN, PLAN_DOWN, Chart, axis, chart, clock, clock_axis, layout, packed
from api.source_names import trip_title
from dispatch.plans.timetable import Timetable
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.schema.base import Direction
from scenarios.values.train_numbers import train_numbers

_HOURS_SHOWN_S = 5400.0


def train_graph(baseline: Timetable, plan: Timetable, scenario: Scenario) -> Chart:
    """Lines of all trips, drawn with WebGL; the first view is the busiest hour and a half."""
    km = {station.id: station.chainage_m / 1000.0 for station in scenario.stations}
    terminus = {"up": scenario.stations[-1].name, "down": scenario.stations[0].name}
    numbers = train_numbers(scenario)
    traces = []
    for name, timetable, dash, colours in (
        ("today", baseline, "dot", {"up": BASELINE, "down": BASELINE}),
        ("plan", plan, "solid", {"up": PLAN, "down": PLAN_DOWN}),
    ):
        for direction in DIRECTIONS:
            times_s, places_km, labels = _polyline(timetable, direction, km, numbers)
            traces.append(
                {
                    "type": "scattergl",
                    "mode": "lines",
                    "name": f"{name}, to {terminus[direction]}",
                    "x": clock(times_s),
                    "y": packed(places_km),
                    "text": labels,
                    "line": {"color": colours[direction], "width": 1.6 if name == "plan" else 1.2, "dash": dash},
                    "hovertemplate": "%{text} · %{x|%H:%M:%S} · km %{y:.3f}<extra>" + name + "</extra>",
                }
            )
    start_s = _busiest_s(plan)
    names = [station.name for station in scenario.stations]
    return chart(
        traces,
        layout(
            620,
            margin={"l": 150, "r": 40, "t": 36, "b": 44},
            xaxis=clock_axis(start_s, start_s + _HOURS_SHOWN_S),
            yaxis=axis(tickvals=[km[station.id] for station in scenario.stations], ticktext=names, zeroline=False),
            hovermode="closest",
            dragmode="pan",
        ),
    )


def day_range_s(*timetables: Timetable) -> tuple[float, float]:
    """First departure and last arrival of all timetables together, with a margin."""
    starts = [trip.start_s for timetable in timetables for trip in timetable.trips]
    ends = [trip.end_s for timetable in timetables for trip in timetable.trips]
    return min(starts) - 300.0, max(ends) + 300.0


def _polyline(
    timetable: Timetable, direction: Direction, km: dict[str, float], numbers: Mapping[str, str]
) -> tuple[list[float], list[float], list[str]]:
    times_s: list[float] = []
    places_km: list[float] = []
    labels: list[str] = []
    for trip in timetable.of(direction):
        label = f"trip {trip_title(trip.trip_id, numbers)}" + (f", vehicle {trip.vehicle}" if trip.vehicle else "")
        for station, arrival_s, departure_s in zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True):
            times_s += [arrival_s, departure_s]
            places_km += [km[station], km[station]]
            labels += [label, label]
        times_s.append(np.nan)
        places_km.append(np.nan)
        labels.append("")
    return times_s, places_km, labels


def _busiest_s(timetable: Timetable) -> float:
    """Start of the time span of the first view, with the largest number of departures."""
    starts_s = np.sort(np.array([trip.start_s for trip in timetable.trips], dtype=np.float64))
    counts = np.searchsorted(starts_s, starts_s + _HOURS_SHOWN_S) - np.arange(len(starts_s))
    return float(starts_s[int(np.argmax(counts))])
