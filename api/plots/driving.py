"""A driving profile over chainage as one page that opens offline: speed, effort, energy, gradient and limits."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.track import SectionTrack
from energy_models.train import Train

_COLOURS = ("#00897b", "#e65100", "#5e35b1", "#546e7a")


def write_driving_plot(
    path: Path, title: str, track: SectionTrack, train: Train, profiles: Sequence[DrivingProfile]
) -> None:
    """Write the page; raises OSError when it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = figure(title, track, train, profiles).to_html(include_plotlyjs=True, full_html=True)
    path.write_text(page.replace("<head>", f"<head><title>{escape(title)}</title>", 1), encoding="utf-8")


def figure(title: str, track: SectionTrack, train: Train, profiles: Sequence[DrivingProfile]) -> go.Figure:
    """The page as a plotly figure; the first profile is the one that the others are compared with."""
    page = make_subplots(
        rows=4, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.38, 0.26, 0.2, 0.16],
        subplot_titles=(
            "Speed and limits, km/h",
            "Effort at the wheel, kN (traction positive, electric brake negative, friction brake dotted)",
            "Energy drawn so far less energy given back, at the collector, kWh",
            "Gradient with curve resistance, permil",
        ),
    )  # fmt: skip
    edge_km = _chainage_km(track, track.boundary_m)
    limit_kmh = 3.6 * np.minimum(track.speed_limit_m_s, train.maximum_speed_m_s)
    page.add_trace(
        go.Scatter(
            x=edge_km, y=np.append(limit_kmh, limit_kmh[-1]), mode="lines", name="limit",
            line={"shape": "hv", "color": "#b71c1c", "width": 1.5}, hovertemplate="limit %{y:.0f} km/h<extra></extra>",
        ),
        row=1, col=1,
    )  # fmt: skip
    # The one that matters is drawn last, over the others.
    for profile, colour in reversed(list(zip(profiles, _COLOURS * len(profiles), strict=False))):
        _add_profile(page, track, train, profile, colour)
    slope = 1e3 * (track.slope + track.curve_resistance)
    page.add_trace(
        go.Scatter(
            x=edge_km, y=np.append(slope, slope[-1]), mode="lines", fill="tozeroy",
            line={"shape": "hv", "color": "#6d4c41", "width": 1.5}, name="gradient", showlegend=False,
            hovertemplate="%{y:.1f} permil<extra></extra>",
        ),
        row=4, col=1,
    )  # fmt: skip
    page.update_xaxes(title_text="chainage, km", row=4, col=1)
    if track.chainage_per_m < 0:
        page.update_xaxes(autorange="reversed")
    page.update_yaxes(rangemode="tozero", row=1, col=1)
    page.update_layout(
        title=title,
        height=980,
        template="plotly_white",
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.06, "traceorder": "reversed"},
    )
    return page


def energy_so_far_kwh(profile: DrivingProfile, train: Train) -> FloatArray:
    """Energy at the collector at each node, drawn less given back; ends at the profile's net energy."""
    cell = np.diff(profile.distance_m)
    mean_speed = 0.5 * (profile.speed_m_s[1:] + profile.speed_m_s[:-1])
    # Imported here: it loads the compiled kernels, which the rest of the interface does not need.
    from energy_models.driving.vehicle import efficiency_at  # noqa: PLC0415

    drawn = profile.traction_force_n / efficiency_at(train.traction_efficiency, profile.traction_force_n, mean_speed)
    electric = profile.electric_brake_force_n
    back = electric * efficiency_at(train.regeneration_efficiency, electric, mean_speed)
    return np.concatenate(([0.0], np.cumsum((drawn - back) * cell))) / 3.6e6


def _chainage_km(track: SectionTrack, distance_m: FloatArray) -> FloatArray:
    return track.chainage_m(distance_m) / 1e3


def _add_profile(page: go.Figure, track: SectionTrack, train: Train, profile: DrivingProfile, colour: str) -> None:
    name = profile.strategy.replace("_", " ")
    node_km = _chainage_km(track, profile.distance_m)
    cells_km = np.repeat(node_km, 2)[1:-1]
    effort_kn = np.repeat(profile.traction_force_n - profile.electric_brake_force_n, 2) / 1e3
    lines = (
        (1, node_km, 3.6 * profile.speed_m_s, {"color": colour, "width": 2}, f"{name} %{{y:.1f}} km/h"),
        (2, cells_km, effort_kn, {"color": colour, "width": 1.5}, f"{name} %{{y:.0f}} kN"),
        (2, cells_km, -np.repeat(profile.friction_brake_force_n, 2) / 1e3, {"color": colour, "width": 1, "dash": "dot"},
         f"{name}, friction brake %{{y:.0f}} kN"),
        (3, node_km, energy_so_far_kwh(profile, train), {"color": colour, "width": 2}, f"{name} %{{y:.2f}} kWh"),
    )  # fmt: skip
    for row, x, y, line, hover in lines:
        page.add_trace(
            go.Scatter(
                x=x.round(4), y=y.round(3), mode="lines", line=line, name=name, legendgroup=name, showlegend=row == 1,
                hovertemplate=hover + "<extra></extra>",
            ),
            row=row, col=1,
        )  # fmt: skip
