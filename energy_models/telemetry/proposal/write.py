"""Writes a proposal as the text of a mapping file; each doubt stands as a comment at its place."""

import re
from pathlib import PurePath

import yaml

from energy_models.telemetry.mapping.read import EXPLANATION, FORMAT, NOT_SURE
from energy_models.telemetry.proposal.propose import Proposal, ProposedSignal


def mapping_text(proposal: Proposal, *, line: str, source: str, zone: str | None) -> str:
    """The text of a mapping file (YAML).

    Args:
        proposal: The proposal.
        line: Name of the line in the store.
        source: Name of the kind of recorder.
        zone: Time zone that the user states; None: UTC is written, with a doubt where the zone matters.
    """
    out = [
        f"# Proposed from {proposal.sample.file}: {', '.join(proposal.sample.notes)}.",
        f"{EXPLANATION} need a decision; remove the comment when it is made.",
        f"format: {FORMAT}",
        f"source: {source}",
        f"line: {line}",
    ]
    form = proposal.sample.form
    if form.separator is not None:
        entries = [f"separator: {_quoted(form.separator)}", f"decimal: {_quoted(form.decimal or '.')}"]
        if form.header_line != 1:
            entries.append(f"header_line: {form.header_line}")
        if form.units_line:
            entries.append("units_line: true")
        out.append("file: {" + ", ".join(entries) + "}")
    out += _clock(proposal, zone)
    out += _vehicle(proposal)
    out.append("signals:")
    for signal in proposal.signals:
        out += _signal(signal)
    if not proposal.signals:
        out.append(f"  # {NOT_SURE}: no column has the name of a known signal")
    if proposal.unused:
        out.append("# Columns without a known meaning; add them with a name, column and unit if you need them:")
        out += [f"#   {name}" for name in map(_one_line, proposal.unused)]
    return "\n".join(out) + "\n"


def _clock(proposal: Proposal, zone: str | None) -> list[str]:
    clock = proposal.clock
    if clock is None:
        return [f"# {NOT_SURE}: no column has times", "clock: {column: TIME, form: iso, zone: UTC}"]
    out = [f"# {NOT_SURE}: {doubt}" for doubt in clock.doubts]
    if clock.needs_zone and zone is None:
        out.append(f"# {NOT_SURE}: the times have no offset; state the zone, such as Europe/Berlin")
    out.append("clock:")
    if len(clock.columns) == 1:
        out.append(f"  column: {_quoted(clock.columns[0])}")
    else:
        out.append("  columns: [" + ", ".join(_quoted(name) for name in clock.columns) + "]")
    out.append(f"  form: {clock.form}")
    if clock.pattern:
        out.append(f"  pattern: {_quoted(clock.pattern)}")
    out.append(f"  zone: {zone or 'UTC'}")
    if clock.form == "service_day_s":
        match = re.search(r"\d{4}-?\d{2}-?\d{2}", proposal.sample.file)
        if match:
            out.append("  day: {file_name: '(\\d{4}-?\\d{2}-?\\d{2})'}")
        else:
            out.append(f"  day: {{value: '2000-01-01'}}  # {NOT_SURE}: state the service day of the file")
    return out


def _vehicle(proposal: Proposal) -> list[str]:
    if proposal.vehicle is not None:
        out = [f"# {NOT_SURE}: {doubt}" for doubt in proposal.vehicle_doubts]
        return [*out, f"vehicle: {{column: {_quoted(proposal.vehicle)}}}"]
    stem = PurePath(proposal.sample.file).name.split(".")[0]
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", stem).lstrip("_.-")[:60] or "vehicle"
    return [f"vehicle: {{value: {_quoted(name)}}}  # {NOT_SURE}: {proposal.vehicle_doubts[0]}"]


def _signal(signal: ProposedSignal) -> list[str]:
    out = [f"  # {NOT_SURE}: {_one_line(doubt)}" for doubt in signal.doubts]
    out += [f"  # {_one_line(reason)}" for reason in signal.reasons]
    entries = [f"column: {_quoted(signal.column)}"]
    if signal.unit:
        entries.append(f"unit: {_quoted(signal.unit)}")
    if signal.sign != 1:
        entries.append(f"sign: {signal.sign}")
    if signal.signal in ("voltage_v", "current_a", "power_w"):
        entries.append("sampling: mean")
    elif signal.signal in ("energy_drawn_j", "energy_returned_j"):
        entries.append("sampling: counter")
    if signal.words:
        pairs = ", ".join(f"{_quoted(word)}: {_quoted(value)}" for word, value in signal.words.items())
        entries.append("values: {" + pairs + "}")
    return [*out, f"  {signal.signal}: {{{', '.join(entries)}}}"]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    """A text as a YAML scalar, in quotation marks only where it needs them."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_/ ]*", text) and yaml.safe_load(text) == text:
        return text
    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000)).strip()
