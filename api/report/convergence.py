"""The convergence of the search: the energy it priced at the end of each stage, over its seconds."""

from api.report.chart import PLAN, Chart, axis, chart, layout
from api.result import PlanResult

Step = tuple[float, str, float]


def convergence(result: PlanResult) -> Chart | None:
    """A line over the ends of the stages; None where the result tells of no search."""
    steps = steps_of(result)
    if not steps:
        return None
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [seconds for seconds, _, _ in steps],
        "y": [energy_kwh for _, _, energy_kwh in steps],
        "hovertext": [stage for _, stage, _ in steps],
        "line": {"color": PLAN, "width": 1.5},
        "marker": {"color": PLAN, "size": 6},
        "hovertemplate": "%{x:.1f} s · %{y:,.1f} kWh<br>%{hovertext}<extra></extra>",
    }
    return chart(
        [line],
        layout(
            280,
            xaxis=axis("seconds since the search began", rangemode="tozero"),
            yaxis=axis("kWh a day (axis does not start at zero)", tickformat=",.0f"),
            hovermode="closest",
            showlegend=False,
        ),
    )


def steps_of(result: PlanResult) -> tuple[Step, ...]:
    """The rows of the metadata's convergence that read as seconds, stage and kWh: the file may be edited by hand."""
    rows = result.metadata.get("convergence")
    found: list[Step] = []
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [int() | float() as seconds, str() as stage, int() | float() as energy_kwh]:
                found.append((float(seconds), stage, float(energy_kwh)))
    return tuple(found)
