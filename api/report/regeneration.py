"""Use of braking energy: the share that the line takes, by place and hour, today and in the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.report.chart import QUIET, Chart, axis, chart, layout
from energy_models.account.energy import Receptivity
from energy_models.arrays import FloatArray
from scenarios.schema import Scenario

LEAST_OFFERED_KWH = 1.0
"""A place and hour with less energy per day gives no reliable receptivity and stays empty."""
_SHARES = [[0.0, "#f3d9ce"], [0.5, "#f7f4e9"], [0.75, "#9fd6cd"], [1.0, "#0a5d56"]]


def regeneration(before: Sequence[Receptivity], after: Sequence[Receptivity], scenario: Scenario) -> Chart:
    """Two maps of receptivity over all simulated days; a place and hour with almost no braking stays empty."""
    sides = [mean_day(before), mean_day(after)]
    hours = sorted({hour for side in sides for hour in side.hours})
    lowest = min((float(np.nanmin(side.share)) for side in sides if np.isfinite(side.share).any()), default=0.0)
    traces: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (name, side) in enumerate(zip(("today", "plan"), sides, strict=True)):
        suffix = "" if number == 0 else "2"
        offered, used = float(side.offered_kwh.sum()), float(side.used_kwh.sum())
        traces.append(
            {
                "type": "heatmap",
                "name": name,
                "x": [hour + 0.5 for hour in side.hours],
                "y": (0.0005 * (side.edge_m[:-1] + side.edge_m[1:])).tolist(),
                "z": [[None if np.isnan(v) else round(100.0 * float(v), 2) for v in row] for row in side.share],
                "customdata": [
                    [[round(float(o), 2), round(float(o - u), 2)] for o, u in zip(offers, uses, strict=True)]
                    for offers, uses in zip(side.offered_kwh, side.used_kwh, strict=True)
                ],
                "zmin": 5.0 * np.floor(20.0 * lowest),
                "zmax": 100.0,
                "colorscale": _SHARES,
                "showscale": number == 1,
                "xgap": 1,
                "ygap": 1,
                "xaxis": f"x{suffix}",
                "yaxis": "y",
                "colorbar": {
                    "title": {"text": "% used", "font": {"size": 11, "color": QUIET}},
                    "thickness": 12,
                    "tickfont": {"size": 11, "color": QUIET},
                },
                "text": [[f"{hour:02d}:00 to {hour + 1:02d}:00" for hour in side.hours]] * len(side.share),
                "hovertemplate": (
                    "km %{y:.1f}, %{text}: %{z:.0f} % used<br>%{customdata[0]:.1f} kWh offered, "
                    "%{customdata[1]:.1f} burnt<extra>" + name + "</extra>"
                ),
            }
        )
        share = 100.0 * used / offered if offered > 0.0 else 0.0
        annotations.append(
            {
                "xref": f"x{suffix} domain", "yref": "paper", "x": 0, "y": 1.01, "xanchor": "left", "yanchor": "bottom",
                "text": f"<b>{name}</b>: {share:.0f} % of {offered:,.0f} kWh used, {offered - used:,.0f} kWh burnt",
                "showarrow": False, "font": {"size": 12},
            }
        )  # fmt: skip
    km = [station.chainage_m / 1000.0 for station in scenario.stations]
    ticks = [hour for hour in hours if hour % 3 == 0]
    shared: dict[str, Any] = {"tickvals": ticks, "ticktext": [f"{hour:02d}:00" for hour in ticks], "showgrid": False}
    span = [min(hours), max(hours) + 1]
    return chart(
        traces,
        layout(
            480,
            margin={"l": 150, "r": 40, "t": 36, "b": 44},
            xaxis=axis(domain=[0.0, 0.48], range=span, **shared),
            xaxis2=axis(domain=[0.52, 1.0], range=span, anchor="y", **shared),
            yaxis=axis(
                tickvals=km, ticktext=[station.name for station in scenario.stations], showgrid=False, zeroline=False
            ),
            annotations=annotations,
        ),
    )


@dataclass(frozen=True, eq=False)
class MeanDay:
    """Receptivity of several days as that of their mean day: arrays of shape (chainage bins, hours)."""

    edge_m: FloatArray
    hours: tuple[int, ...]
    offered_kwh: FloatArray
    used_kwh: FloatArray

    @property
    def share(self) -> FloatArray:
        """Used over offered, NaN where almost no energy was offered."""
        share = np.full(self.offered_kwh.shape, np.nan)
        np.divide(self.used_kwh, self.offered_kwh, out=share, where=self.offered_kwh >= LEAST_OFFERED_KWH)
        return share


def mean_day(days: Sequence[Receptivity]) -> MeanDay:
    """Mean over days of the same line with possibly different hours; a missing hour of a day counts as zero."""
    begins = [int(day.hour_edge_s[0] // 3600.0) for day in days]
    first, last = min(begins), max(int(day.hour_edge_s[-1] // 3600.0) for day in days)
    shape = (len(days[0].chainage_edge_m) - 1, last - first)
    offered_kwh, used_kwh = np.zeros(shape), np.zeros(shape)
    for begin, day in zip(begins, days, strict=True):
        columns = slice(begin - first, begin - first + day.offered_kwh.shape[1])
        offered_kwh[:, columns] += day.offered_kwh / len(days)
        used_kwh[:, columns] += day.used_kwh / len(days)
    return MeanDay(days[0].chainage_edge_m, tuple(range(first, last)), offered_kwh, used_kwh)
