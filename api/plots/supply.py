"""Voltage and power of the DC supply over line and time, as one page that opens offline."""

from html import escape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots, SupplySolution

_PLACE_M = 200.0
_DRAWN_AND_FED_BACK = [[0.0, "#08519c"], [0.45, "#9ecae1"], [0.5, "#cfcfcf"], [0.55, "#fcae91"], [1.0, "#a50f15"]]
_COLUMNS = 720
"""Most columns of time in the two maps; longer windows show the lowest voltage and the mean power of each column."""


def write_supply_plot(
    path: Path, title: str, network: SupplyNetwork, snapshots: Snapshots, solution: SupplySolution
) -> None:
    """Write the page; raises OSError when it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = figure(title, network, snapshots, solution).to_html(include_plotlyjs=True, full_html=True)
    path.write_text(page.replace("<head>", f"<head><title>{escape(title)}</title>", 1), encoding="utf-8")


def figure(title: str, network: SupplyNetwork, snapshots: Snapshots, solution: SupplySolution) -> go.Figure:
    """The page as a plotly figure: voltage map, map of the trains' power, power of the substations."""
    per_column = -(-snapshots.count // _COLUMNS)
    hours = hours_of(snapshots, per_column)
    edge_m = np.append(np.arange(network.start_chainage_m, network.end_chainage_m, _PLACE_M), network.end_chainage_m)
    middle_km = (edge_m[:-1] + edge_m[1:]) / 2e3
    page = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.38, 0.34, 0.28],
        subplot_titles=(
            "Voltage between contact line and rails, V (lowest of both tracks)",
            "Power of the trains, kW (drawn positive, fed back negative)",
            "Power at the substations' DC terminals, kW",
        ),
    )  # fmt: skip
    voltage_v = lowest_voltage_v(network, snapshots, solution, middle_km * 1e3, per_column)
    page.add_trace(
        go.Heatmap(
            x=hours, y=middle_km, z=voltage_v.T.round(1), colorscale="Viridis", name="voltage",
            colorbar={"title": "V", "len": 0.36, "y": 0.83},
            hovertemplate="%{x:%H:%M:%S}, km %{y:.1f}: %{z:.0f} V<extra></extra>",
        ),
        row=1, col=1,
    )  # fmt: skip
    power_kw = train_power_kw(snapshots, solution, edge_m, per_column)
    # Colours are full at what one cell in twenty exceeds, or coasting trains would vanish beside starting ones.
    reach = max(1.0, float(np.nanquantile(np.abs(power_kw), 0.95))) if np.isfinite(power_kw).any() else 1.0
    page.add_trace(
        go.Heatmap(
            x=hours, y=middle_km, z=power_kw.T.round(0), colorscale=_DRAWN_AND_FED_BACK, zmid=0.0, zmin=-reach,
            zmax=reach, name="trains", colorbar={"title": "kW", "len": 0.32, "y": 0.45},
            hovertemplate="%{x:%H:%M:%S}, km %{y:.1f}: %{z:.0f} kW<extra></extra>",
        ),
        row=2, col=1,
    )  # fmt: skip
    total_kw = column_means(solution.source_power_w, per_column) / 1e3
    page.add_trace(go.Scatter(x=hours, y=total_kw.round(1), name="all substations", line={"width": 2}), row=3, col=1)
    for index, substation in enumerate(network.substations):
        power = column_means(solution.substation_power_w[:, index], per_column) / 1e3
        page.add_trace(
            go.Scatter(x=hours, y=power.round(1), name=substation.name, line={"width": 1}, visible="legendonly"),
            row=3, col=1,
        )  # fmt: skip
    for index, store in enumerate(network.storages):
        power = column_means(solution.storage_power_w[:, index], per_column) / 1e3
        page.add_trace(go.Scatter(x=hours, y=power.round(1), name=f"storage {store.name}"), row=3, col=1)
    for row in (1, 2):
        page.update_yaxes(title_text="chainage, km", row=row, col=1)
    page.update_yaxes(title_text="kW", row=3, col=1)
    page.update_xaxes(tickformat="%H:%M", row=3, col=1)
    column = f"each column {per_column * snapshots.interval_s:g} s"
    page.update_layout(title=f"{title} ({column})", height=1000, template="plotly_white", margin={"l": 70, "r": 40})
    page.update_layout(legend={"orientation": "h", "y": -0.06})
    return page


def hours_of(snapshots: Snapshots, per_column: int) -> list[str]:
    """Time of each column as plotly reads it: a date-less day counts from 2000-01-01."""
    start = np.datetime64("2000-01-01T00:00:00")
    seconds = snapshots.start_s + snapshots.interval_s * np.arange(0, snapshots.count, per_column)
    return [str(start + np.timedelta64(round(second), "s")) for second in seconds]


def column_means(values: FloatArray, per_column: int) -> FloatArray:
    """Mean of each column of instants."""
    edges = np.arange(0, len(values), per_column)
    count = np.diff(np.append(edges, len(values)))
    return np.asarray(np.add.reduceat(values, edges) / count)


def lowest_voltage_v(
    network: SupplyNetwork, snapshots: Snapshots, solution: SupplySolution, place_m: FloatArray, per_column: int
) -> FloatArray:
    """Voltage at each place, lowest of each column; straight between the trains and substations of an instant."""
    columns = -(-snapshots.count // per_column)
    lowest = np.full((columns, len(place_m)), np.inf)
    fixed_m = np.array([substation.chainage_m for substation in network.substations])
    for instant in range(snapshots.count):
        trains = slice(int(snapshots.offset[instant]), int(snapshots.offset[instant + 1]))
        known_m = np.concatenate([fixed_m, snapshots.chainage_m[trains]])
        known_v = np.concatenate([solution.substation_v[instant], solution.train_v[trains]])
        order = np.argsort(known_m, kind="stable")
        voltage_v = np.interp(place_m, known_m[order], known_v[order])
        column = instant // per_column
        np.minimum(lowest[column], voltage_v, out=lowest[column])
    return lowest


def train_power_kw(snapshots: Snapshots, solution: SupplySolution, edge_m: FloatArray, per_column: int) -> FloatArray:
    """Mean power in kW of the trains in each stretch and column, NaN where no train was."""
    columns, places = -(-snapshots.count // per_column), len(edge_m) - 1
    instant = np.repeat(np.arange(snapshots.count), np.diff(snapshots.offset))
    place = np.clip(np.searchsorted(edge_m, snapshots.chainage_m, side="right") - 1, 0, places - 1)
    cell = instant // per_column * places + place
    summed = np.bincount(cell, weights=solution.train_power_w, minlength=columns * places)
    present = np.bincount(cell, minlength=columns * places) > 0
    instants = np.diff(np.append(np.arange(0, snapshots.count, per_column), snapshots.count))
    mean_kw = np.where(present, summed, np.nan).reshape(columns, places) / instants[:, None] / 1e3
    return np.asarray(mean_kw)
