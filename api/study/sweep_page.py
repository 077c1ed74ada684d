"""The results of a sweep as charts, as a page and as a table."""

from html import escape
from math import isnan
from typing import Any

import pandas as pd

from api.study.chart import Chart, Point, Series, number_or_text, plotly_figure, texts
from api.study.page import Section, page
from scenarios.requests.sweep import Sweep

MOST_SERIES = 8

MEASURES = (
    ("saving_percent", "Saving of the plan", "% of today's energy at the DC terminals", 1.0),
    ("energy_kwh", "Energy of a day", "kWh at the DC terminals", 1.0),
    ("peak_15min_kw", "Highest 15 minutes", "kW", 1.0),
    ("minimum_voltage_v", "Lowest voltage of a day", "V", 1.0),
    ("unserved_kwh", "Traction not served", "kWh per day", 1.0),
    ("cost", "Electricity cost of a day", "in the tariff's currency", 1.0),
    ("mean_waiting_s", "Mean waiting", "s", 1.0),
    ("excess_waiting_s", "Waiting above the timetable", "s", 1.0),
    ("punctual_share", "Punctual arrivals", "%", 100.0),
    ("headway_variation", "Headway variation", "standard deviation over mean", 1.0),
    ("maximum_load_share", "Largest load of a train", "% of normal capacity", 100.0),
    ("denied_boardings", "Denied boardings", "a day", 1.0),
)
"""Column of the table, title, unit, and the factor from its numbers to this unit."""

_ROUNDING = 1e-9
"""Share of a mean below which the half width of its interval is only rounding."""


def charts(sweep: Sweep, table: pd.DataFrame) -> dict[str, Chart]:
    """A chart for each measure of the table that varies, by its column."""
    found = {}
    for column, title, unit, scale in MEASURES:
        if column not in table:
            continue
        rows = table[table[column].notna()]
        if rows.empty or (column != "saving_percent" and (rows[column] == rows[column].iloc[0]).all()):
            continue
        found[column] = _chart(sweep, rows, column, title, unit, scale)
    return found


def _chart(sweep: Sweep, rows: pd.DataFrame, column: str, title: str, unit: str, scale: float) -> Chart:
    """The factor with most levels along x, numbers first; a series for each combination of the others."""
    others = [name for name in (*sweep.factors, "timetable") if rows[name].nunique() > 1]
    x = max(sweep.factors, key=lambda name: (_is_number(rows[name]), rows[name].nunique()))
    others = [name for name in others if name != x]
    parts: list[tuple[Any, pd.DataFrame]] = list(rows.groupby(others, sort=False)) if others else [((), rows)]
    sampled = len(parts) > MOST_SERIES
    if sampled:  # too many series to distinguish, as with a Latin hypercube: all as points
        parts = list(rows.groupby("timetable", sort=False))
    series = []
    for key, part in parts:
        values = key if isinstance(key, tuple) else (key,)
        ordered = part.sort_values(x) if _is_number(part[x]) else part
        points = tuple(
            Point(
                number_or_text(row[x]),
                *(scale * float(row[name]) for name in (column, column + "_low", column + "_high")),
            )
            for _, row in ordered.iterrows()
        )
        series.append(
            Series(texts([str(value).replace("in_force", "in force") for value in values]), points, not sampled)
        )
    return Chart(title, x, unit, tuple(series))


def _is_number(values: Any) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))


def render(sweep: Sweep, table: pd.DataFrame, command: str, edited: str = "") -> str:
    """The page of a sweep; `edited` is the note on a plan folder that is not as it was written."""
    title = sweep.file.title or "A sweep"
    words = [
        escape(sweep.file.description),
        f"{len(sweep.cases)} cases of <b>{escape(sweep.file.scenario)}</b>, {sweep.file.replications} simulated days "
        "of each, the same days in all of them. Bars and brackets are 95 % intervals of the mean; savings are paired "
        "by day. Metering point: substation DC terminals.",
        f"Made by <code>{escape(command)}</code>.",
        f'<span class="bad">{escape(edited)}</span>' if edited else "",
    ]
    columns, rows = shown_table(sweep, table)
    return page(
        title,
        [
            Section("", [word for word in words if word]),
            Section("Charts", charts=[plotly_figure(chart) for chart in charts(sweep, table).values()]),
            Section("Table", columns=columns, rows=rows),
        ],
    )


def shown_table(sweep: Sweep, table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the table for readers."""
    measures = [m for m in MEASURES if m[0] in table and (m[0] == "saving_percent" or (table[m[0]] != 0.0).any())]
    heads = [*sweep.factors, "timetable", *(f"{title}, {unit}" for _, title, unit, _ in measures)]
    rows = []
    for _, row in table.iterrows():
        cells = [_text(row[name]) for name in sweep.factors]
        cells.append(str(row["timetable"]).replace("in_force", "in force"))
        cells += [interval_text(row, column, scale) for column, _, _, scale in measures]
        rows.append(cells)
    return heads, rows


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def interval_text(row: "pd.Series[float]", column: str, scale: float = 1.0) -> str:
    """Mean and half width of the interval; empty if the row has no such figure."""
    mean, low, high = (scale * float(row[name]) for name in (column, column + "_low", column + "_high"))
    if isnan(mean):  # empty in the table: today's timetable has no saving
        return ""
    half = (high - low) / 2
    if half < _ROUNDING * abs(mean):  # days without random effects are equal except for rounding
        half = 0.0
    digits = decimals(half)
    return f"{mean:,.{digits}f} ± {half:,.{digits}f}" if half > 0 else f"{mean:,.{max(digits, 0)}f}"


def decimals(half_width: float) -> int:
    """Number of decimals for two digits of an uncertainty."""
    for digits, at_least in ((0, 10.0), (1, 1.0), (2, 0.1), (3, 0.0)):
        if half_width >= at_least and half_width > 0:
            return digits
    return 2
