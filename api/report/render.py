"""The report of an experiment as one HTML page that needs no network."""

import json
import platform
import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.page_modules import one_script
from api.page_policy import hash_source
from api.report.borders import border_marks, border_times_s, borders, farthest, largest_move, shown
from api.report.convergence import convergence
from api.report.driving import driving_charts
from api.report.levers import waterfall
from api.report.patterns import pattern_rows
from api.report.power import substation_power
from api.report.regeneration import regeneration
from api.report.service import headways_and_loads
from api.report.substations import load_rows, substation_rows
from api.report.trade import trade
from api.report.train_graph import report_graph
from api.result import PlanResult
from api.source_names import origin_words, trip_title, violation_sentence
from api.summary import sentences, used_share_percent
from dispatch.checker.rules import registered
from energy_models.account.energy import Receptivity
from scenarios.files.provenance import assumptions
from scenarios.values.train_numbers import train_numbers
from simulation.experiment import PlanExperiment
from simulation.judging.day_figures import DayFigures

_HERE = Path(__file__).parent
_PAGES = _HERE.parent / "pages"
_STYLE_OF_PLOTLY = re.compile(r'document\.getElementById\("([0-9a-f]{64})"\)')

# Compared figures: label, attribute, unit, decimals, better direction (-1 less, 1 more, 0 neither).
_ROWS = (
    ("Energy at the metering point", "energy_kwh", "kWh", 0, -1),
    ("Highest 15-minute demand", "peak_15min_kw", "kW", 0, -1),
    ("Braking energy offered", "regeneration_offered_kwh", "kWh", 0, 0),
    ("Braking energy used", "regeneration_used_kwh", "kWh", 0, 0),
    ("Share of braking energy used", "used_share_percent", "%", 1, 1),
    ("Losses of rails and contact lines", "losses_kwh", "kWh", 0, -1),
    ("Load losses of transformers and rectifiers", "load_losses_kwh", "kWh", 0, -1),
    ("No-load losses of transformers", "no_load_losses_kwh", "kWh", 0, 0),
    ("Return losses (inverters, leak of rectifiers)", "return_losses_kwh", "kWh", 0, -1),
    ("Energy from the utility", "utility_kwh", "kWh", 0, -1),
    ("Traction energy not served", "unserved_kwh", "kWh", 1, -1),
    ("Expected waiting", "mean_waiting_s", "s", 1, -1),
    ("Fullest train, share of normal capacity", "fullest_train_percent", "%", 0, -1),
    ("Electricity cost", "cost", "currency", 0, -1),
    ("CO2 of the energy from the utility", "co2_kg", "kg", 0, -1),
    ("Trips", "trips", "", 0, 0),
    ("Train-km", "train_km", "km", 1, 0),
)


def render_report(experiment: PlanExperiment, result: PlanResult, made_at: datetime | None = None) -> str:
    """The report as HTML: text, charts and plotly.js in one page. `made_at` is the printed time, now if None."""
    scenario = experiment.request.scenario
    before, after = experiment.baseline_plan.timetable, experiment.plan.timetable
    times_s = border_times_s(experiment.plan)
    charts: dict[str, Any] = {
        "train_graph": report_graph(scenario, before, after, experiment.library, experiment.others, times_s),
        "regeneration": regeneration(*_receptivities(experiment), scenario),
        "service": headways_and_loads(before, after, scenario),
        "power": substation_power(
            experiment.baseline_trace, experiment.plan_trace, experiment.trace_start_s, experiment.trace_interval_s
        ),
        "levers": waterfall(result),
        "driving": driving_charts(before, after, experiment.library, scenario),
    }
    choices = trade(result)
    if choices is not None:
        charts["trade"] = choices
    search = convergence(result)
    if search is not None:
        charts["convergence"] = search
    found = borders(experiment.baseline_plan, experiment.plan, scenario)
    service_layout = charts["service"]["layout"]
    for key, more in border_marks(times_s, 0.5).items():
        service_layout[key] = [*service_layout.get(key, []), *more]
    numbers = train_numbers(scenario)
    patterns, more_patterns = pattern_rows(experiment)
    broken: dict[str, list[str]] = {}
    for violation in experiment.check.violations:
        broken.setdefault(violation.rule, []).append(violation_sentence(violation, numbers))
    words = {entry.rule: entry.sentence for entry in registered()}
    return _environment().get_template("report.html.j2").render(
        scenario=scenario,
        result=result,
        sentences=sentences(result, scenario.title, scenario.driving.baseline),
        rows=_rows(result),
        used_share_percent=used_share_percent(result.plan),
        rules=[(rule, words.get(rule, ""), broken.get(rule, [])) for rule in experiment.check.rules],
        assumptions=assumptions(scenario),
        seconds=result.seconds,
        made_at=(made_at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC"),
        python_version=platform.python_version(),
        has_convergence=search is not None,
        substations=substation_rows(result),
        loads=load_rows(result),
        contents=_contents(result, bool(found)),
        patterns=patterns,
        more_patterns=more_patterns,
        borders=shown(found, numbers),
        origin=origin_words(scenario),
        trip_title=lambda trip_id: trip_title(trip_id, numbers),
        largest_move=(
            largest_move(found)
            if result.mode == "equal-service"
            else farthest(experiment.baseline_plan, experiment.plan, scenario)
        ),
        charts=_script_safe(charts),
        sentences_zh=_sentences_zh(),
        plotly=Markup(_plotly_js()),
        policy=Markup(_policy()),
        styles_of_plotly=sorted(set(_STYLE_OF_PLOTLY.findall(_plotly_js()))),
    )  # fmt: skip


def _contents(result: PlanResult, has_borders: bool) -> list[tuple[str, str]]:
    """Anchor and short name of each section, in the order of the page."""
    sections = (
        ("summary", "Summary", True),
        ("inputs", "Inputs", result.input_range is not None and bool(result.input_range.inputs)),
        ("figures", "Before and after", True),
        ("savings", "Savings, figure by figure", bool(result.savings)),
        ("levers", "Saving by lever", True),
        ("trade", "Headways to choose from", bool(result.pareto)),
        ("regeneration", "Braking energy", True),
        ("power", "Substation power", True),
        ("substations", "Substations", bool(result.plan.substations)),
        ("train-graph", "Train graph", True),
        ("service", "Headways and loads", True),
        ("patterns", "Patterns", True),
        ("borders", "Borders of periods", has_borders),
        ("driving", "Driving", True),
        ("checks", "Rules proved", True),
        ("assumptions", "Assumptions", True),
        ("provenance", "How this was made", True),
    )
    return [(anchor, name) for anchor, name, is_there in sections if is_there]


def _receptivities(experiment: PlanExperiment) -> tuple[list[Receptivity], list[Receptivity]]:
    """The braking energy offered and used by place on every simulated day, of today's timetable and of the plan."""
    before, after = (
        [result.account.receptivity for result in days.results]
        for days in (experiment.judgement.baseline, experiment.judgement.plan)
    )
    return before, after


def _rows(result: PlanResult) -> list[dict[str, str]]:
    rows = []
    for label, name, unit_name, decimals, better in _ROWS:
        before, after = (_figure(day, name) for day in (result.baseline, result.plan))
        unit = result.currency or "" if unit_name == "currency" else unit_name
        if before is None or after is None:
            continue
        change = after - before
        noticed = abs(change) >= 0.5 * 10.0**-decimals
        relative = f" ({100 * change / before:+.1f} %)" if noticed and before and unit not in ("%", "") else ""
        rows.append(
            {
                "label": label,
                "unit": unit,
                "before": f"{before:,.{decimals}f}",
                "after": f"{after:,.{decimals}f}",
                "change": f"{change:+,.{decimals}f}{relative}" if noticed else "unchanged",
                "verdict": "" if not (noticed and better) else ("better" if change * better > 0 else "worse"),
            }
        )
    return rows


def _figure(day: DayFigures, name: str) -> float | None:
    """A figure of the table; None if the result does not have it."""
    if name == "used_share_percent":
        return used_share_percent(day)
    if name == "fullest_train_percent":
        return None if day.fullest_train_share is None else 100.0 * day.fullest_train_share
    value = getattr(day, name)
    return None if value is None else float(value)


def _script_safe(value: Any) -> Markup:
    """JSON for a script element: no text in it can end the element or begin another element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@lru_cache
def _plotly_js() -> str:
    script = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    return script.replace("</script", "<\\/script")


@lru_cache
def _sentences_zh() -> Markup:
    """The Chinese texts of the report, which its script puts in place of the English ones."""
    return _script_safe(json.loads((_PAGES / "sentences.zh.json").read_text(encoding="utf-8")))


@lru_cache
def _policy() -> str:
    """The content security policy of the page: its own style and scripts, by their hashes, and nothing else.

    plotly.js adds an empty style element and makes bold texts by an attribute. The style of its maps is not needed: the
    page has an empty element in its place.
    """
    texts = _environment().globals
    scripts = " ".join(hash_source(text) for text in (_plotly_js(), str(texts["script"])))
    styles = " ".join(hash_source(text) for text in (str(texts["style"]), ""))
    attributes = " ".join(hash_source(text) for text in ("", "font-weight:bold"))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; "
        f"style-src-attr 'unsafe-hashes' {attributes}; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    styles = (_PAGES / "tokens.css", _PAGES / "train_graph.css", _HERE / "report.css")
    environment.globals["style"] = Markup("".join(one.read_text(encoding="utf-8") for one in styles))
    environment.globals["script"] = Markup(one_script(_HERE / "report.js", texts=("graph.", "rule.")))
    return environment
