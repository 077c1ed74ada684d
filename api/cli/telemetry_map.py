"""`headwatt telemetry map`: propose the mapping of a recorder from a sample of its files."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stdout_console
from api.cli.shared_options import JsonOutput
from api.cli.targets import require_writable

if TYPE_CHECKING:
    from energy_models.telemetry.proposal.propose import Proposal

EPILOG = """\
[bold]Examples[/]

See which column means which signal:  [cyan]headwatt telemetry map recorder.csv --line my_line[/]

Write the mapping file, then answer its comments with NOT SURE:
[cyan]headwatt telemetry map recorder.csv --line my_line --zone Europe/Berlin --out recorder.yaml[/]

Then:  [cyan]headwatt telemetry ingest recordings/ --mapping recorder.yaml[/]
"""


def map_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A recording: CSV or Parquet, also as gzip. The first rows are read.")
    ],
    line: Annotated[str, typer.Option(help="Name of the line under which the rows will be stored.", metavar="NAME")],
    source: Annotated[
        str | None,
        typer.Option(help="Name of this kind of recorder.", show_default="the file's name", metavar="NAME"),
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Time zone of times without an offset, such as Europe/Berlin.", metavar="ZONE")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Mapping file to write (YAML).", metavar="FILE")] = None,
    json: JsonOutput = False,
) -> None:
    """Propose the mapping of a recorder's columns to the signals of Headwatt.

    The proposal follows from names in several languages, from units in names, and from physics: speed against
    distance, power against voltage, current, force and speed, and the sign of the current in braking. What the sample
    does not decide is marked NOT SURE in the mapping file.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.mapping.read import open_questions  # noqa: PLC0415
    from energy_models.telemetry.proposal.propose import propose  # noqa: PLC0415
    from energy_models.telemetry.proposal.sample import sample_of  # noqa: PLC0415
    from energy_models.telemetry.proposal.write import mapping_text  # noqa: PLC0415

    require_writable({"--out": out})
    if zone is not None:
        try:
            ZoneInfo(zone)
        except Exception:  # the errors of zoneinfo are of several types
            allowed = "the IANA name of a zone, such as Europe/Berlin"
            raise InputFaults([Fault("", "", "--zone", zone, allowed)]) from None
    proposal = propose(sample_of(file))
    name = source or re.sub(r"[^A-Za-z0-9_.-]", "_", file.name.split(".")[0]).lstrip("_.-")[:60] or "recorder"
    text = mapping_text(proposal, line=line, source=name, zone=zone)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if json:
        print_json(_as_json(proposal, text, len(open_questions(text))))
        return
    console = stdout_console()
    _print(proposal)
    if out is None:
        console.print("The mapping file (--out FILE writes it):")
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    doubts = len(open_questions(text))
    if doubts:
        console.print(
            f"Wrote {escape(str(out))} with [yellow]{doubts} open question"
            f"{'s' if doubts != 1 else ''}[/]: decide each line with NOT SURE."
        )
    else:
        console.print(f"Wrote {escape(str(out))}.")
    console.print(f"Next: [cyan]headwatt telemetry ingest {escape(str(file))} --mapping {escape(str(out))}[/]")


def _print(proposal: "Proposal") -> None:
    console = stdout_console()
    console.print(f"{escape(proposal.sample.file)}: {escape(', '.join(proposal.sample.notes))}")
    table = Table(box=None, header_style="bold")
    for title in ("signal", "column", "unit", "sign", "sure", "because"):
        table.add_column(title, overflow="fold")
    clock = proposal.clock
    if clock is not None:
        form = clock.pattern or clock.form
        sure = "[yellow]no[/]" if clock.doubts else "yes"
        table.add_row("time", escape(" ".join(clock.columns)), escape(form), "", sure, escape("; ".join(clock.doubts)))
    sure = "[yellow]no[/]" if proposal.vehicle_doubts else "yes"
    table.add_row("vehicle", escape(proposal.vehicle or ""), "", "", sure, escape("; ".join(proposal.vehicle_doubts)))
    for signal in proposal.signals:
        reasons = escape("; ".join([*signal.doubts, *signal.reasons]))
        sure = "[yellow]no[/]" if signal.doubts else "yes"
        sign = "-1" if signal.sign == -1 else ""
        table.add_row(signal.signal, escape(signal.column), escape(signal.unit), sign, sure, reasons)
    console.print(table)
    if proposal.missing:
        console.print(f"Not in the file: {', '.join(proposal.missing)}.")
    if proposal.unused:
        console.print(f"Columns without a known meaning: {escape(', '.join(proposal.unused))}.")


def _as_json(proposal: "Proposal", text: str, doubts: int) -> dict[str, object]:
    clock = proposal.clock
    return {
        "file": proposal.sample.file,
        "clock": None if clock is None else {
            "columns": list(clock.columns), "form": clock.form, "pattern": clock.pattern, "doubts": list(clock.doubts),
        },
        "vehicle": {"column": proposal.vehicle, "doubts": list(proposal.vehicle_doubts)},
        "signals": [
            {"signal": one.signal, "column": one.column, "unit": one.unit, "sign": one.sign, "values": one.words,
             "reasons": one.reasons, "doubts": one.doubts}
            for one in proposal.signals
        ],
        "missing": list(proposal.missing),
        "unused": list(proposal.unused),
        "open_questions": doubts,
        "mapping": text,
    }  # fmt: skip
