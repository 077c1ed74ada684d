"""The convergence of the search: the energy in the model of the search at the end of each stage, over time."""

from typing import Any

from api.report.chart import PLAN, PLAN_DOWN, Chart, axis, chart, layout
from api.result import PlanResult
from dispatch.timing.task import UNDER_DISTURBANCES

Step = tuple[float, str, float]


def convergence(result: PlanResult) -> Chart | None:
    """A line over the ends of stages for each energy of the search; None if the result has no search."""
    steps = steps_of(result)
    if not steps:
        return None
    parts = [[step for step in steps if (step[1] == UNDER_DISTURBANCES) is disturbed] for disturbed in (False, True)]
    names = ("without disturbances", "under disturbances")
    return chart(
        [_line(part, name, colour) for part, name, colour in zip(parts, names, (PLAN, PLAN_DOWN), strict=True) if part],
        layout(
            280,
            xaxis=axis("seconds since the search began", rangemode="tozero"),
            yaxis=axis("kWh a day (axis does not start at zero)", tickformat=",.0f"),
            hovermode="closest",
            showlegend=True,
        ),
    )


def _line(steps: list[Step], name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [seconds for seconds, _, _ in steps],
        "y": [energy_kwh for _, _, energy_kwh in steps],
        "hovertext": [stage for _, stage, _ in steps],
        "line": {"color": colour, "width": 1.5},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": "%{x:.1f} s · %{y:,.1f} kWh<br>%{hovertext}<extra></extra>",
    }


def steps_of(result: PlanResult) -> tuple[Step, ...]:
    """The valid rows of the convergence in the metadata (seconds, stage, kWh); a user may have edited the file."""
    rows = result.metadata.get("convergence")
    found: list[Step] = []
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [int() | float() as seconds, str() as stage, int() | float() as energy_kwh]:
                found.append((float(seconds), stage, float(energy_kwh)))
    return tuple(found)
