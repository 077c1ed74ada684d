"""Common parts of all charts: colours, axes, arrays. A chart is plain data for plotly.js: traces and a layout."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Chart = dict[str, Any]

INK = "#1d2733"
QUIET = "#5d6b7a"
GRID = "#e6eaef"
BASELINE = "#98a3b0"
PLAN = "#0a7d74"
PLAN_DOWN = "#3b5bdb"
WARNING = "#d9480f"

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def packed(values: ArrayLike, dtype: str = "f4") -> dict[str, str]:
    """Numbers in the typed-array form of plotly.js, a quarter of their size as text. NaN is a gap."""
    array = np.ascontiguousarray(values, dtype=f"<{dtype}")
    return {"dtype": dtype, "bdata": b64encode(array.tobytes()).decode("ascii")}


def clock(times_s: ArrayLike) -> dict[str, str]:
    """Seconds from midnight for an axis of `clock_axis`."""
    return packed(np.asarray(times_s, dtype=np.float64) * 1000.0, "f8")


def clock_axis(from_s: float, to_s: float, **more: Any) -> dict[str, Any]:
    """An axis of times of day; hours after midnight appear as hours of the next morning."""
    return axis(
        type="date",
        range=[from_s * 1000.0, to_s * 1000.0],
        tickformat="%H:%M",
        hoverformat="%H:%M:%S",
        **more,
    )


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis in the style of the report."""
    return {
        "title": {"text": title, "font": {"size": 12, "color": QUIET}},
        "gridcolor": GRID,
        "linecolor": "#c5ccd4",
        "zerolinecolor": "#c5ccd4",
        "tickfont": {"size": 11, "color": QUIET},
        "automargin": True,
        **more,
    }


def layout(height_px: int, **more: Any) -> dict[str, Any]:
    """A layout in the style of the report."""
    return {
        "height": height_px,
        "font": {"family": _FONT, "size": 12, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "modebar": {"orientation": "v", "bgcolor": "rgba(255,255,255,0.85)"},
        "margin": {"l": 60, "r": 40, "t": 36, "b": 44},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
        "hoverlabel": {"font": {"family": _FONT, "size": 12}, "bgcolor": "#ffffff", "bordercolor": "#c5ccd4"},
        **more,
    }


def chart(traces: Iterable[Mapping[str, Any]], chart_layout: Mapping[str, Any]) -> Chart:
    """A chart of traces and layout."""
    return {"data": [dict(trace) for trace in traces], "layout": dict(chart_layout)}


def steps(edges: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Corner points of a step line: one value between two neighbouring edges."""
    across: list[float] = []
    along: list[float] = []
    for (left, right), value in zip(pairwise(edges), values, strict=True):
        across += [left, right]
        along += [value, value]
    return across, along
