"""Headways and loads over the day, before and after."""

from itertools import pairwise
from typing import Any

from api.report.chart import BASELINE, PLAN, PLAN_DOWN, WARNING, Chart, axis, chart, clock, clock_axis, layout, packed
from api.report.train_graph import day_range_s
from api.source_names import trip_title
from dispatch.plans.timetable import Timetable
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.values.train_numbers import train_numbers


def headways_and_loads(baseline: Timetable, plan: Timetable, scenario: Scenario) -> Chart:
    """Above: seconds since the train before, at the terminal. Below: the fullest section of each trip."""
    terminus = {"up": scenario.stations[-1].name, "down": scenario.stations[0].name}
    capacity = scenario.train_types[scenario.main_train_type].capacity
    numbers = train_numbers(scenario)
    traces: list[dict[str, Any]] = []
    for name, timetable, colours in (
        ("today", baseline, {"up": BASELINE, "down": "#c3b59b"}),
        ("plan", plan, {"up": PLAN, "down": PLAN_DOWN}),
    ):
        for direction in DIRECTIONS:
            trips = timetable.of(direction)
            start = scenario.stations_in_order(direction)[0].id
            leaving = [trip for trip in trips if trip.stations[0] == start]
            starts_s = [trip.start_s for trip in leaving]
            labels = [f"trip {trip_title(trip.trip_id, numbers)}" for trip in leaving]
            line = {"color": colours[direction], "width": 1.5}
            shared = {
                "type": "scatter",
                "name": f"{name}, to {terminus[direction]}",
                "legendgroup": f"{name} {direction}",
            }
            gaps_s = [after - before for before, after in pairwise(starts_s)]
            traces.append(
                {
                    **shared,
                    "mode": "lines",
                    "line": {**line, "shape": "vh"},
                    "text": labels[1:],
                    "x": clock(starts_s[1:]),
                    "y": packed(gaps_s),
                    "hovertemplate": "%{text} · %{x|%H:%M:%S} · %{y:.0f} s after the train before",
                }
            )
            traces.append(
                {
                    **shared,
                    "mode": "lines",
                    "line": line,
                    "text": [f"trip {trip_title(trip.trip_id, numbers)}" for trip in trips],
                    "showlegend": False,
                    "yaxis": "y2",
                    "x": clock([trip.start_s for trip in trips]),
                    "y": packed([max(trip.passengers, default=0.0) for trip in trips]),
                    "hovertemplate": "%{text} · %{x|%H:%M:%S} · %{y:.0f} passengers at the fullest section",
                }
            )
    from_s, to_s = day_range_s(baseline, plan)
    share = 100.0 * scenario.policy.load_limit_share
    limit = scenario.policy.load_limit_share * capacity.normal
    return chart(
        traces,
        layout(
            520,
            xaxis=clock_axis(from_s, to_s, anchor="y2"),
            yaxis=axis("headway, s", domain=[0.55, 1.0], rangemode="tozero"),
            yaxis2=axis("passengers, fullest section", domain=[0.0, 0.45], rangemode="tozero"),
            hovermode="closest",
            shapes=[
                {
                    "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "y0": limit, "y1": limit,
                    "line": {"color": WARNING, "width": 1, "dash": "dash"},
                }
            ],
            annotations=[
                {
                    "xref": "paper", "x": 1, "xanchor": "right", "yref": "y2", "y": limit, "yanchor": "bottom",
                    "text": f"load limit {limit:,.0f} ({share:.0f} % of normal capacity)",
                    "showarrow": False, "font": {"size": 11, "color": WARNING},
                }
            ],
        ),
    )  # fmt: skip
