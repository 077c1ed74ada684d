"""The trade of demand-led headways: electricity over waiting, coloured by crowding, with the choice and today."""

from typing import Any

from api.report.chart import BASELINE, INK, PLAN, QUIET, WARNING, Chart, axis, chart, layout
from api.result import Choice, PlanResult

_CROWDING = [[0.0, "#9fd6cd"], [0.5, PLAN], [1.0, "#123b52"]]


def trade(result: PlanResult) -> Chart | None:
    """Every choice as a point; None without a choice of headways."""
    if not result.pareto:
        return None
    today = next(row for row in result.pareto if row.number == 0)
    choices = [row for row in result.pareto if row.number != 0]
    chosen = [row for row in choices if row.chosen]
    shares = [100.0 * row.fullest_train_share for row in choices]
    traces: list[dict[str, Any]] = [
        {
            **_points(choices, result),
            "mode": "lines+markers+text",
            "name": "choices, run as today",
            "line": {"color": "#c5ccd4", "width": 1.5},
            "text": ["" if row.number is None else str(row.number) for row in choices],
            "textposition": "top right",
            "textfont": {"color": QUIET},
            "marker": {
                "size": 14,
                "color": shares,
                "colorscale": _CROWDING,
                "line": {"color": "#ffffff", "width": 1},
                "colorbar": {
                    "title": {"text": "fullest train,<br>% of normal capacity", "font": {"size": 11, "color": QUIET}},
                    "thickness": 12,
                    "len": 0.8,
                    "tickfont": {"size": 11, "color": QUIET},
                },
            },
        },
        {
            **_points([today], result),
            "mode": "markers",
            "name": "today",
            "marker": {"size": 13, "symbol": "diamond", "color": BASELINE, "line": {"color": INK, "width": 1}},
        },
        {
            **_points(chosen, result),
            "mode": "markers",
            "name": "chosen headways",
            "marker": {"size": 22, "symbol": "circle-open", "color": WARNING, "line": {"color": WARNING, "width": 2.5}},
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "this plan, timing included, as judged",
            "x": [result.plan.mean_waiting_s],
            "y": [result.plan.energy_kwh],
            "marker": {"size": 15, "symbol": "star", "color": WARNING},
            "hovertemplate": "%{x:.0f} s · %{y:,.0f} kWh<extra>this plan, as judged</extra>",
        },
    ]
    return chart(
        traces,
        layout(
            440,
            xaxis=axis("mean expected waiting, s"),
            yaxis=axis("kWh a day", tickformat=",.0f"),
            hovermode="closest",
        ),
    )


def _trips(row: Choice) -> str:
    return f"{row.trips} trips" + (f", {row.short_trips} of them short" if row.short_trips else "")


def _points(rows: list[Choice], result: PlanResult) -> dict[str, Any]:
    currency = result.currency or ""
    return {
        "type": "scatter",
        "x": [row.mean_waiting_s for row in rows],
        "y": [row.energy_kwh for row in rows],
        "hovertext": [
            f"{_trips(row)}, {row.train_km:,.0f} train-km, {row.vehicles} trains<br>"
            f"fullest train {100.0 * row.fullest_train_share:.0f} %<br>"
            f"{row.cost:,.0f} {currency}, {row.co2_kg:,.0f} kg CO2"
            for row in rows
        ],
        "hovertemplate": "%{x:.0f} s · %{y:,.0f} kWh<br>%{hovertext}<extra></extra>",
    }
