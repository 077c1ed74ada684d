"""Power of all substations together, before and after, as means over 15 minutes by the clock."""

import numpy as np

from api.report.chart import BASELINE, PLAN, Chart, axis, chart, clock, clock_axis, layout, packed
from energy_models.arrays import FloatArray

_INTERVAL_S = 900.0


def quarter_hours(power_w: FloatArray, start_s: float, interval_s: float) -> tuple[FloatArray, FloatArray]:
    """Begins of the quarter hours in s and the mean power in kW over each; time outside the trace counts as zero.

    A trace entry over the edge of two quarter hours is divided between them, so that the energy is exact.
    """
    edges_s = start_s + interval_s * np.arange(len(power_w) + 1)
    energy_j = np.concatenate(([0.0], np.cumsum(power_w) * interval_s))
    first, last = np.floor(edges_s[0] / _INTERVAL_S), np.ceil(edges_s[-1] / _INTERVAL_S)
    quarters_s = np.arange(first, last + 1) * _INTERVAL_S
    mean_w = np.diff(np.interp(quarters_s, edges_s, energy_j)) / _INTERVAL_S
    return quarters_s[:-1], mean_w / 1000.0


def substation_power(baseline_w: FloatArray, plan_w: FloatArray, start_s: float, interval_s: float) -> Chart:
    """Two step lines over the day."""
    traces = []
    span = (np.inf, -np.inf)
    for name, power_w, colour in (("today", baseline_w, BASELINE), ("plan", plan_w, PLAN)):
        begins_s, mean_kw = quarter_hours(power_w, start_s, interval_s)
        span = (min(span[0], begins_s[0]), max(span[1], begins_s[-1] + _INTERVAL_S))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": clock(np.append(begins_s, begins_s[-1] + _INTERVAL_S)),
                "y": packed(np.append(mean_kw, mean_kw[-1])),
                "line": {"color": colour, "width": 2.2, "shape": "hv"},
                "fill": "tozeroy" if name == "plan" else "none",
                "fillcolor": "rgba(10,125,116,0.10)",
                "hovertemplate": "from %{x|%H:%M} · %{y:,.0f} kW<extra>" + name + "</extra>",
            }
        )
    return chart(
        traces,
        layout(
            360,
            xaxis=clock_axis(*span),
            yaxis=axis("kW, mean of 15 minutes", rangemode="tozero", tickformat=",.0f"),
            hovermode="x unified",
        ),
    )
