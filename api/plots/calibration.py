"""The page of a calibration: measured against modelled power, residuals over time, along the line and by speed."""

from html import escape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from energy_models.calibration.estimate import Calibration
from energy_models.telemetry.columns import STATES
from scenarios.vehicles.calibrated import CalibratedVehicle

_COLOURS = {"stand": "#7f7f7f", "traction": "#d62728", "coast": "#1f77b4", "brake": "#2ca02c"}
_MOST_POINTS = 20_000


def write_plot(calibration: Calibration, vehicle: CalibratedVehicle, path: Path) -> None:
    """Write one page that opens offline.

    Every point is a stretch, its powers are means over it; the hollow ones were left out of the fit. Beyond 20,000
    stretches every n-th is drawn and the title says so.
    """
    path.write_text(figure(calibration, vehicle).to_html(include_plotlyjs=True, full_html=True), encoding="utf-8")


def figure(calibration: Calibration, vehicle: CalibratedVehicle) -> go.Figure:
    """The page as a plotly figure."""
    s = calibration.stretches
    every = max(1, -(-len(s.state) // _MOST_POINTS))
    measured = s.energy_j / s.duration_s / 1e3
    modelled = calibration.energy_modelled_j / s.duration_s / 1e3
    speed_kmh = 3.6 * s.distance_m / s.duration_s
    titles = ("measured against modelled power", "residual over time", "residual along the line", "residual by speed")
    fig = make_subplots(rows=2, cols=2, subplot_titles=titles, horizontal_spacing=0.09, vertical_spacing=0.13)
    for code, state in enumerate(STATES):
        chosen = np.flatnonzero(s.state == code)[::every]
        symbol = ["circle-open" if out else "circle" for out in calibration.outlier[chosen]]
        text = [f"{s.vehicle[i]}, {s.begin_s[i]:.0f} s, {s.duration_s[i]:.0f} s long" for i in chosen]
        residual = (measured - modelled)[chosen]
        panels = (
            (modelled[chosen], measured[chosen]),
            (s.begin_s[chosen] / 3600.0, residual),
            (s.chainage_m[chosen] / 1e3, residual),
            (speed_kmh[chosen], residual),
        )
        for panel, (x, y) in enumerate(panels):
            fig.add_trace(
                go.Scattergl(
                    x=x, y=y, text=text, name=state, legendgroup=state, showlegend=panel == 0, mode="markers",
                    marker={"color": _COLOURS[state], "size": 5, "symbol": symbol, "opacity": 0.7},
                ),
                row=panel // 2 + 1, col=panel % 2 + 1,
            )  # fmt: skip
    ends = [float(min(measured.min(), modelled.min())), float(max(measured.max(), modelled.max()))]
    fig.add_trace(
        go.Scatter(x=ends, y=ends, mode="lines", line={"color": "black", "width": 1, "dash": "dot"}, name="equal"),
        row=1, col=1,
    )  # fmt: skip
    for panel, (x_title, y_title) in enumerate(
        (("modelled, kW", "measured, kW"), ("hour of the day", "measured - modelled, kW"),
         ("chainage, km", "measured - modelled, kW"), ("mean speed, km/h", "measured - modelled, kW"))
    ):  # fmt: skip
        fig.update_xaxes(title_text=x_title, row=panel // 2 + 1, col=panel % 2 + 1)
        fig.update_yaxes(title_text=y_title, row=panel // 2 + 1, col=panel % 2 + 1)
    shown = f", every {every}th stretch drawn" if every > 1 else ""
    fig.update_layout(
        template="plotly_white",
        height=860,
        title=f"{escape(vehicle.train_type)} on {escape(vehicle.scenario)}, telemetry {escape(vehicle.source.file)}: "
        f"collector power of {len(s.state):,} stretches, auxiliaries included{shown}",
    )
    return fig
