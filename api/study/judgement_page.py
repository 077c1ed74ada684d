"""A judgement as a page: the verdict, the distribution of the saving, service beside energy, sensitivity."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from api.regulation_savings import savings_rows
from api.study.chart import Chart, Point, Series, plotly_figure
from api.study.page import Section, page
from dispatch.regulation.interface.controller_name import ControllerName
from simulation.judging.judge import Judgement
from simulation.judging.regulation import RegulationJudgement
from simulation.judging.sensitivity import Answer
from simulation.judging.verdict import TOLERANCES, Objection
from simulation.runs.interval import MeanInterval, mean_interval

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

SERVICE_ROWS = (
    ("punctual_share", "Punctual arrivals, %", 100.0, 2),
    ("mean_lateness_s", "Mean lateness, s", 1.0, 1),
    ("headway_variation", "Headways, standard deviation over mean of actual to scheduled", 1.0, 3),
    ("mean_waiting_s", "Mean waiting, s", 1.0, 1),
    ("excess_waiting_s", "Waiting above the timetable, s", 1.0, 1),
    ("mean_one_way_s", "Mean one-way time, s", 1.0, 1),
    ("maximum_load_share", "Largest load of a train, % of normal capacity", 100.0, 1),
    ("denied_boardings", "Denied boardings per day", 1.0, 2),
    ("never_served", "Passengers per day without a train", 1.0, 2),
)
ENERGY_ROWS = (
    ("energy_kwh", "Energy at the DC terminals, kWh", 0),
    ("load_losses_kwh", "+ load losses of transformers and rectifiers, kWh", 0),
    ("no_load_losses_kwh", "+ no-load losses of transformers, kWh", 0),
    ("return_losses_kwh", "+ losses of inverters, kWh", 0),
    ("utility_kwh", "= energy from the utility, kWh", 0),
    ("regeneration_offered_kwh", "Braking energy offered, kWh", 0),
    ("regeneration_used_kwh", "Braking energy used, kWh", 0),
    ("line_losses_kwh", "Losses of rails and contact lines, kWh", 0),
    ("unserved_kwh", "Traction not served, kWh", 2),
    ("peak_15min_sliding_kw", "Highest 15 minutes, kW", 0),
    ("minimum_voltage_v", "Lowest voltage, V", 1),
)


REGULATION_COLUMNS = ("what is compared", "saving", "95 % interval")


@dataclass(frozen=True, eq=False)
class JudgedPlan:
    """The content of the page."""

    title: str
    plan: str
    judgement: Judgement
    objections: tuple[Objection, ...]
    requested_interval_percent: float | None
    sensitivity: tuple[Answer, ...]
    command: str
    edited: str = ""
    """The note on a plan folder that is not as it was written."""
    controller: ControllerName = "none"
    regulated: RegulationJudgement | None = None
    """The savings with and without regulation; None if the plan was judged without a controller."""

    @property
    def regulation(self) -> list[tuple[str, str, str]]:
        """Savings with and without regulation, as rows of a table."""
        return [] if self.regulated is None else savings_rows(self.regulated, self.controller)


def width_percent(saving: MeanInterval) -> float:
    """The full width of the 95 % interval, in percentage points."""
    return saving.high - saving.low


def verdict_words(judged: JudgedPlan) -> str:
    """The judgement in two sentences."""
    saving = judged.judgement.saving_percent
    verdict = "rejected" if judged.objections else "accepted"
    return (
        f"{verdict.capitalize()}: the plan saves {saving.mean:.2f} % at the substations' DC terminals, 95 % interval "
        f"{saving.low:.2f} to {saving.high:.2f} %, on {saving.count} pairs of days. Worst day "
        f"{judged.judgement.worst_saving_percent:.2f} %, {judged.judgement.saving_kwh.mean:,.0f} kWh a day."
    )


def interval_words(judged: JudgedPlan) -> str:
    """A sentence whether the requested interval was reached; empty if no interval was requested."""
    requested = judged.requested_interval_percent
    if requested is None:
        return ""
    reached = width_percent(judged.judgement.saving_percent)
    if reached <= requested:
        return f"The interval is {reached:.3f} percentage points wide from end to end; requested: {requested:g}."
    return (
        f"The interval is {reached:.3f} percentage points wide from end to end; the requested {requested:g} needs more "
        f"than {judged.judgement.saving_percent.count} pairs of days (--most)."
    )


def quantiles(judgement: Judgement) -> dict[str, float]:
    """Quantiles of the savings of single days, in percent."""
    values = np.quantile(judgement.savings_percent, QUANTILES)
    return {f"{100 * q:g}": float(value) for q, value in zip(QUANTILES, values, strict=True)}


def service_rows(judgement: Judgement) -> list[list[str]]:
    """Each measure of the service: today, plan, change with interval, tolerance."""
    tolerated = {t.measure: t for t in TOLERANCES}
    rows = []
    for name, words, scale, digits in SERVICE_ROWS:
        change = judgement.service_change(name)
        tolerance = tolerated.get(name)
        rows.append(
            [
                words,
                f"{scale * judgement.baseline.served(name).mean:,.{digits}f}",
                f"{scale * judgement.plan.served(name).mean:,.{digits}f}",
                _change(change, scale, digits),
                f"{scale * tolerance.worse * tolerance.amount:+g}" if tolerance is not None else "",
            ]
        )
    return rows


def energy_rows(judgement: Judgement) -> list[list[str]]:
    """Each figure of the energy: today, plan, change with interval."""
    return [
        [
            words,
            f"{judgement.baseline.energy(name).mean:,.{digits}f}",
            f"{judgement.plan.energy(name).mean:,.{digits}f}",
            _change(judgement.energy_change(name), 1.0, digits),
        ]
        for name, words, digits in ENERGY_ROWS
    ]


def _change(change: MeanInterval, scale: float, digits: int) -> str:
    return f"{scale * change.mean:+,.{digits}f} ± {scale * change.half_width:,.{digits}f}"


def sensitivity_rows(answers: Sequence[Answer]) -> list[list[str]]:
    """Each variation: saving with interval, and its share of the judged saving."""
    return [
        [
            answer.variation.family,
            answer.variation.words,
            f"{answer.judgement.saving_percent.mean:.2f} ± {answer.judgement.saving_percent.half_width:.2f}",
            f"{100.0 * answer.share_of_judged:.0f} %",
            "" if answer.share_of_undisturbed is None else f"{100.0 * answer.share_of_undisturbed:.0f} %",
            f"{100.0 * answer.judgement.plan.served('punctual_share').mean:.1f} %",
            f"{answer.judgement.plan.energy('unserved_kwh').mean:,.1f}",
        ]
        for answer in answers
    ]


SENSITIVITY_COLUMNS = (
    "what differs", "by", "saving, %", "of the judged saving", "of that without noise", "plan punctual",
    "plan unserved, kWh",
)  # fmt: skip


def sensitivity_chart(answers: Sequence[Answer], judged: Judgement) -> Chart:
    """The saving with its interval under each variation, and as judged."""
    saving = judged.saving_percent
    as_planned = Series("as planned", (Point("as planned", saving.mean, saving.low, saving.high),), joined=False)
    families: dict[str, list[Point]] = {}
    for answer in answers:
        found = answer.judgement.saving_percent
        family = answer.variation.family
        name = answer.variation.words if family == "wrong parameters" else f"{family} {answer.variation.words}"
        families.setdefault(family, []).append(Point(name, found.mean, found.low, found.high))
    series = (as_planned, *(Series(name, tuple(points), joined=False) for name, points in families.items()))
    return Chart("Saving with each variation", "", "saving, %", series)


DOTS_UP_TO_DAYS = 40
"""Up to this number, days are drawn one by one, because a histogram of few days depends mainly on its bins."""


def days_figure(judgement: Judgement) -> go.Figure:
    """The saving of each pair of days: dots for few days, otherwise a histogram; the mean and its interval."""
    saving, values = judgement.saving_percent, judgement.savings_percent
    if len(values) <= DOTS_UP_TO_DAYS:
        figure = go.Figure(
            go.Scatter(
                x=list(values), y=list(range(1, len(values) + 1)), mode="markers", name="days",
                marker={"color": "#1f77b4", "size": 9}, customdata=[str(seed) for seed in judgement.seeds],
                hovertemplate="pair %{y}: %{x:.2f} %<br>seed %{customdata}<extra></extra>",
            )
        )  # fmt: skip
        figure.update_yaxes(title="pair of days", range=[0.0, len(values) + 1.0])
    else:
        edges = np.histogram_bin_edges(values, bins=_bins(values))
        bins = {"start": float(edges[0]), "end": float(edges[-1]), "size": float(edges[1] - edges[0])}
        figure = go.Figure(go.Histogram(x=list(values), xbins=bins, marker={"color": "#1f77b4"}, name="days"))
        figure.update_yaxes(title="pairs of days")
    figure.add_vrect(x0=saving.low, x1=saving.high, fillcolor="#d95f02", opacity=0.25, line_width=0)
    figure.add_vline(x=saving.mean, line={"color": "#d95f02", "width": 2})
    figure.update_layout(
        title="Saving of single days; the line is the mean, the band its 95 % interval", template="plotly_white",
        height=360, xaxis_title="saving, %", bargap=0.05, showlegend=False,
    )  # fmt: skip
    return figure


def _bins(values: Sequence[float]) -> int:
    """Number of bins by the rule of Freedman and Diaconis (1981), 8 to 40."""
    quarter, three_quarters = np.quantile(values, [0.25, 0.75])
    width = 2.0 * float(three_quarters - quarter) / len(values) ** (1.0 / 3.0)
    return int(np.clip(np.ceil((max(values) - min(values)) / width), 8, 40)) if width > 0.0 else 8


def _narrowing(judgement: Judgement) -> go.Figure:
    counts = range(2, len(judgement.savings_percent) + 1)
    found = [mean_interval(judgement.savings_percent[:count]) for count in counts]
    figure = go.Figure()
    for name, line in (("high", [e.high for e in found]), ("low", [e.low for e in found])):
        fill = "tonexty" if name == "low" else None
        figure.add_trace(go.Scatter(x=list(counts), y=line, fill=fill, line={"color": "#9ecae1"}, showlegend=False))
    figure.add_trace(go.Scatter(x=list(counts), y=[e.mean for e in found], line={"color": "#08519c"}, name="mean"))
    figure.update_layout(
        title="How the interval narrowed", template="plotly_white", height=360, showlegend=False,
        xaxis_title="pairs of days", yaxis_title="saving, %",
    )  # fmt: skip
    return figure


def render(judged: JudgedPlan) -> str:
    """The page."""
    judgement = judged.judgement
    kind = "bad" if judged.objections else "good"
    words = [f'<span class="{kind}">{escape(verdict_words(judged))}</span>']
    words += [escape(objection.sentence) for objection in judged.objections]
    if judged.edited:
        words.append(f'<span class="bad">{escape(judged.edited)}</span>')
    if judged.requested_interval_percent is not None:
        words.append(escape(interval_words(judged)))
    worst = int(np.argmin(judgement.savings_percent))
    spread = ", ".join(f"{name} %: {value:.2f}" for name, value in quantiles(judgement).items())
    sections = [
        Section("Verdict", words),
        Section(
            "The saving, day by day",
            [
                f"Quantiles of single days: {spread}. The worst day has the seed {judgement.seeds[worst]}.",
                "Today's timetable and the plan have the same days (common random numbers); a saving is the difference "
                "of a pair of days, in percent of today's energy.",
            ],
            charts=[days_figure(judgement), _narrowing(judgement)],
        ),
        Section("Energy", columns=("", "today", "plan", "change"), rows=energy_rows(judgement)),
        Section(
            "Service",
            ["A plan that worsens a measure by more than its tolerance is rejected."],
            columns=("", "today", "plan", "change", "tolerated"),
            rows=service_rows(judgement),
        ),
    ]
    if judged.regulation:
        explained = ["Each saving is a mean over the same days; the comparison is part of its name."]
        sections.append(Section("Regulation", explained, columns=REGULATION_COLUMNS, rows=judged.regulation))
    if judged.sensitivity:
        days = judged.sensitivity[0].judgement.saving_percent.count
        sections.append(
            Section(
                "Sensitivity of the saving",
                [
                    f"The same plan with one variation at a time, {days} pairs of days each. The plan keeps its times; "
                    "the trains keep these times with their ATO driving and draw the power that they need."
                ],
                columns=SENSITIVITY_COLUMNS,
                rows=sensitivity_rows(judged.sensitivity),
                charts=[plotly_figure(sensitivity_chart(judged.sensitivity, judgement))],
            )
        )
    sections.append(Section("Made by", [f"<code>{escape(judged.command)}</code>, plan {escape(judged.plan)}."]))
    return page(f"{judged.title}: the plan judged", sections)
