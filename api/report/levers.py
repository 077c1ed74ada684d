"""The savings waterfall: from the energy of today to the energy of the plan, lever by lever."""

from api.report.chart import BASELINE, INK, PLAN, WARNING, Chart, axis, chart, layout
from api.result import PlanResult

_CLOSED_SHARE = 5e-4
"""A smaller difference between levers and saving, as a share of the baseline's energy, is not shown."""


def waterfall(result: PlanResult) -> Chart:
    """Bars from baseline to plan, with a separate bar for the difference between levers and simulated days."""
    before, after = result.baseline.energy_kwh, result.plan.energy_kwh
    steps = [(lever.name, -lever.saving_kwh) for lever in result.levers]
    rest = (after - before) - sum(change for _, change in steps)
    if abs(rest) > _CLOSED_SHARE * before:
        steps.append(("disturbances", rest))
    labels = ["today", *(name for name, _ in steps), "plan"]
    values = [before, *(change for _, change in steps), after]
    levels = [before]
    for _, change in steps:
        levels.append(levels[-1] + change)
    lowest, highest = min(*levels, after), max(*levels, after)
    floor = max(0.0, lowest - 0.6 * (highest - lowest))
    texts = [f"{before:,.0f}", *(f"{change:+,.0f}" for _, change in steps), f"{after:,.0f}"]
    return chart(
        [
            {
                "type": "waterfall",
                "x": labels,
                "y": values,
                "measure": ["absolute", *("relative" for _ in steps), "total"],
                "text": texts,
                "textposition": "outside",
                "textfont": {"color": INK},
                "cliponaxis": False,
                "connector": {"line": {"color": "#c5ccd4", "width": 1}},
                "decreasing": {"marker": {"color": PLAN}},
                "increasing": {"marker": {"color": WARNING}},
                "totals": {"marker": {"color": BASELINE}},
                "hovertemplate": "%{x}: %{text} kWh<extra></extra>",
            }
        ],
        layout(
            380,
            xaxis=axis(),
            yaxis=axis(
                "kWh a day (axis does not start at zero)" if floor > 0 else "kWh a day",
                range=[floor, highest + 0.12 * (highest - floor)],
                tickformat=",.0f",
            ),
            showlegend=False,
        ),
    )
