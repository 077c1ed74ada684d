"""The page of a fleet: normalised energies with intervals, and the history of each vehicle."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from scenarios.schema import Scenario
from scenarios.vehicles.calibrated import CalibratedVehicle
from scenarios.vehicles.fleet_report import FleetReport

_SIGMAS = 1.96
_HISTORY = (("tare_t", "tare, t"), ("traction_efficiency", "traction efficiency"), ("auxiliary_kw", "auxiliaries, kW"))


def write_plot(
    report: FleetReport, history: Mapping[str, Sequence[CalibratedVehicle]], scenario: Scenario, path: Path
) -> None:
    """Write one page that opens offline."""
    page = figure(report, history, scenario).to_html(include_plotlyjs=True, full_html=True)
    path.write_text(page, encoding="utf-8")


def figure(report: FleetReport, history: Mapping[str, Sequence[CalibratedVehicle]], scenario: Scenario) -> go.Figure:
    """The page as a plotly figure: the ranking on the left, histories of parameters on the right."""
    fig = make_subplots(
        rows=3, cols=2, column_widths=(0.5, 0.5), specs=[[{"rowspan": 3}, {}], [None, {}], [None, {}]],
        subplot_titles=("normalised energy, kWh for each train-km", *(title for _, title in _HISTORY)),
    )  # fmt: skip
    ranked = list(reversed(report.ranking))
    for name, value, error, symbol in (
        ("own estimate", [one.own for one in ranked], [one.own_error for one in ranked], "circle-open"),
        ("with the type (pooled)", [one.pooled for one in ranked], [one.pooled_error for one in ranked], "circle"),
    ):
        fig.add_trace(
            go.Scatter(
                x=value, y=[one.vehicle for one in ranked], name=name, mode="markers", marker={"symbol": symbol},
                error_x={"array": [_SIGMAS * one for one in error]},
            ),
            row=1, col=1,
        )  # fmt: skip
    for row, (parameter, _) in enumerate(_HISTORY, start=1):
        for vehicle, models in history.items():
            known = [(model.source.day, getattr(model.parameters, parameter)) for model in models]
            known = [(day, one) for day, one in known if day is not None and one is not None]
            fig.add_trace(
                go.Scatter(
                    x=[day for day, _ in known], y=[one.value for _, one in known], name=vehicle, legendgroup=vehicle,
                    mode="lines+markers", showlegend=row == 1 and bool(known),
                ),
                row=row, col=2,
            )  # fmt: skip
    for change in report.changes:
        row = next((k for k, (name, _) in enumerate(_HISTORY, start=1) if name == change.parameter), 0)
        if row:
            fig.add_vline(x=change.since, line={"dash": "dot"}, row=row, col=2)
    fig.update_layout(
        template="plotly_white", height=max(600, 28 * len(ranked) + 200), title=f"Fleet of {escape(scenario.title)}"
    )
    return fig
