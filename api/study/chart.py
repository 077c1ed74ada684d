"""Charts of studies: means with intervals over levels, as plotly for a page and as SVG for a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go

COLOURS = ("#1f77b4", "#d95f02", "#1b9e77", "#7570b3", "#e7298a", "#66a61e", "#a6761d", "#666666")


@dataclass(frozen=True)
class Point:
    """A mean with the ends of its interval; without a bar if the ends equal the mean."""

    x: str | float
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """Points with one name; with `joined` a line connects them."""

    name: str
    points: tuple[Point, ...]
    joined: bool = True


@dataclass(frozen=True)
class Chart:
    """One chart; positions along x are numbers if all are numbers, otherwise names in their order."""

    title: str
    x_title: str
    y_title: str
    series: tuple[Series, ...]

    @property
    def is_numeric(self) -> bool:
        """Whether all positions along x are numbers."""
        return all(isinstance(p.x, int | float) and not isinstance(p.x, bool) for s in self.series for p in s.points)


def plotly_figure(chart: Chart) -> go.Figure:
    """The chart for a page."""
    figure = go.Figure()
    for number, series in enumerate(chart.series):
        colour = COLOURS[number % len(COLOURS)]
        points = series.points
        figure.add_trace(
            go.Scatter(
                x=[p.x if chart.is_numeric else str(p.x) for p in points],
                y=[p.mean for p in points],
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [p.high - p.mean for p in points],
                    "arrayminus": [p.mean - p.low for p in points],
                },
                mode="lines+markers" if series.joined and chart.is_numeric else "markers",
                name=series.name,
                marker={"color": colour, "size": 8},
                line={"color": colour},
            )
        )
    figure.update_layout(
        title=chart.title, template="plotly_white", height=420, showlegend=len(chart.series) > 1,
        xaxis_title=chart.x_title, yaxis_title=chart.y_title, margin={"l": 70, "r": 30, "t": 60, "b": 60},
    )  # fmt: skip
    if not chart.is_numeric:
        figure.update_xaxes(type="category")
    return figure


_WIDTH, _HEIGHT = 760.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 72.0, 20.0, 44.0, 62.0


def svg(chart: Chart) -> str:
    """The chart as a self-contained SVG picture; the same chart gives the same text."""
    numeric = chart.is_numeric
    names = list(dict.fromkeys(str(p.x) for s in chart.series for p in s.points))
    places = [float(p.x) if numeric else float(names.index(str(p.x))) for s in chart.series for p in s.points]
    x_ticks = _ticks(min(places), max(places)) if numeric else [float(i) for i in range(len(names))]
    x_low, x_high = (min(*places, *x_ticks), max(*places, *x_ticks)) if numeric else (-0.5, len(names) - 0.5)
    lows = [p.low for s in chart.series for p in s.points]
    y_ticks = _ticks(min(lows), max(p.high for s in chart.series for p in s.points))
    y_low, y_high = y_ticks[0], y_ticks[-1]
    legend = 18.0 * len(chart.series) if len(chart.series) > 1 else 0.0
    longest = 6.6 * max((len(name) for name in names), default=0)
    turned = not numeric and longest > (_WIDTH - _LEFT - _RIGHT) / len(names)
    # Names that would overlap are rotated and need more space below.
    below = 0.6 * longest if turned else 0.0
    height = _HEIGHT + below + legend

    def across(value: float) -> float:
        return _LEFT + (value - x_low) / ((x_high - x_low) or 1.0) * (_WIDTH - _LEFT - _RIGHT)

    def down(value: float) -> float:
        return _TOP + (y_high - value) / ((y_high - y_low) or 1.0) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" role="img" '
        f'font-family="sans-serif" font-size="13" fill="#222"><title>{escape(chart.title)}</title>',
        f'<rect width="{_WIDTH:g}" height="{height:g}" fill="#fff"/>',
        f'<text x="{_LEFT:g}" y="24" font-size="16">{escape(chart.title)}</text>',
    ]
    for tick in y_ticks:
        y = down(tick)
        parts.append(f'<path d="M{_LEFT:g} {y:.1f}H{_WIDTH - _RIGHT:g}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8:g}" y="{y + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    axis = down(y_low)
    for tick in x_ticks:
        x = across(tick)
        words = _number(tick) if numeric else names[int(tick)]
        parts.append(f'<path d="M{x:.1f} {axis:.1f}v5" stroke="#555"/>')
        anchor, turn = ("end", f' transform="rotate(-35 {x:.1f} {axis + 16:.1f})"') if turned else ("middle", "")
        parts.append(f'<text x="{x:.1f}" y="{axis + 18:.1f}" text-anchor="{anchor}"{turn}>{escape(words)}</text>')
    middle_x, middle_y = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + axis) / 2
    foot = _HEIGHT + below
    parts.append(f'<text x="{middle_x:g}" y="{foot - 14:.1f}" text-anchor="middle">{escape(chart.x_title)}</text>')
    parts.append(
        f'<text x="18" y="{middle_y:g}" text-anchor="middle" transform="rotate(-90 18 {middle_y:g})">'
        f"{escape(chart.y_title)}</text>"
    )
    count = len(chart.series)
    for number, series in enumerate(chart.series):
        colour = COLOURS[number % len(COLOURS)]
        # Next to each other, so that the bars of several series at one position are distinguishable.
        shift = (3.0 if numeric else 7.0) * (number - (count - 1) / 2)
        spots = [
            (across(float(p.x) if numeric else float(names.index(str(p.x)))) + shift, down(p.mean), p)
            for p in series.points
        ]
        if series.joined and numeric:
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in spots)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for x, y, p in spots:
            if p.high > p.low:
                parts.append(
                    f'<path d="M{x:.1f} {down(p.low):.1f}V{down(p.high):.1f}M{x - 4:.1f} {down(p.low):.1f}h8'
                    f'M{x - 4:.1f} {down(p.high):.1f}h8" stroke="{colour}" fill="none"/>'
                )
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
        if count > 1:
            y = foot + 18.0 * number
            parts.append(f'<circle cx="{_LEFT + 6:g}" cy="{y:.1f}" r="4" fill="{colour}"/>')
            parts.append(f'<text x="{_LEFT + 18:g}" y="{y + 4:.1f}">{escape(series.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _ticks(low: float, high: float) -> list[float]:
    """About six round numbers that enclose a range."""
    if high <= low:
        low, high = low - max(1.0, abs(low) * 0.05), high + max(1.0, abs(high) * 0.05)
    rough = (high - low) / 5
    unit = 10.0 ** floor(log10(rough))
    step = next(unit * m for m in (1.0, 2.0, 2.5, 5.0, 10.0) if unit * m >= rough * 0.999)
    return [step * k for k in range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 6):g}"


def number_or_text(value: Any) -> str | float:
    """A level as a position along x: numbers stay numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return float(value)


def texts(values: Sequence[Any]) -> str:
    """Levels as the name of a series."""
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
