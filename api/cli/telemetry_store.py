"""`headwatt telemetry ingest`, `quarantine`, `export` and `forget`: the commands of the telemetry store."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from platformdirs import user_state_path
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.shared_options import JsonOutput
from api.cli.targets import require_writable

if TYPE_CHECKING:
    import pandas as pd

    from energy_models.faults import Fault
    from energy_models.telemetry.receipt import Receipt

StoreFolder = Annotated[
    Path | None,
    typer.Option(
        "--store", help="Folder of the telemetry store.", show_default="the user's state folder", metavar="DIR"
    ),
]
Vehicles = Annotated[list[str] | None, typer.Option(help="Only this vehicle; may be repeated.", metavar="ID")]
Days = Annotated[
    list[str] | None, typer.Option(help="Only this service day, such as 2026-11-30; may be repeated.", metavar="DAY")
]
LineName = Annotated[
    str | None,
    typer.Option("--line", help="Line of the store.", show_default="the only line of the store", metavar="NAME"),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Use only what was available at this instant, such as 2026-11-30T12:00:00Z.",
                 metavar="TIME"),
]  # fmt: skip

INGEST_EPILOG = """\
[bold]Examples[/]

Store a folder of recordings:  [cyan]headwatt telemetry ingest recordings/ --mapping recorder.yaml[/]

Store them again after a crash; rows that are there already are counted as duplicates:
[cyan]headwatt telemetry ingest recordings/ --mapping recorder.yaml[/]

Then:  [cyan]headwatt telemetry status[/]
"""
EXPORT_EPILOG = """\
[bold]Examples[/]

One vehicle and day as CSV:  [cyan]headwatt telemetry export --vehicle TS01 --day 2026-11-30 --out day.csv[/]

As it was known on another day:  [cyan]headwatt telemetry export --as-of 2026-11-01T00:00:00Z --out then.parquet[/]
"""


def store_folder(given: Path | None) -> Path:
    """The folder of the store: the given one, or that of the user."""
    return given if given is not None else user_state_path("headwatt", appauthor=False) / "telemetry"


def wrong_days(days: "list[str] | None") -> "list[Fault]":
    """The faults of `--day`."""
    from energy_models.faults import Fault  # noqa: PLC0415
    from energy_models.telemetry.service_day import day_number  # noqa: PLC0415

    faults = []
    for one in days or ():
        try:
            day_number(one)
        except ValueError:
            faults.append(Fault("", "", "--day", one, "a day such as 2026-11-30"))
    return faults


def instant_ms(text: str | None, option: str) -> int | None:
    """An instant of an option in milliseconds; raises InputFaults for other text and for a time without an offset."""
    from datetime import datetime  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError
        return round(found.timestamp() * 1e3)
    except ValueError:
        allowed = "a time with its offset, such as 2026-11-30T12:00:00Z or 2026-11-30T12:00:00+08:00"
        raise InputFaults([Fault("", "", option, text, allowed)]) from None


def ingest(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Recordings (CSV, Parquet, JSON, XLSX, also gzip), or folders of them."),
    ],
    mapping: Annotated[Path, typer.Option(help="Mapping file; `headwatt telemetry map` proposes one.", metavar="FILE")],
    store: StoreFolder = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="Zone of the service days of a new store.", show_default="that of the mapping", metavar="ZONE"
        ),
    ] = None,
    available_at: Annotated[
        str | None,
        typer.Option(help="Instant from which the rows count as known.", show_default="now", metavar="TIME"),
    ] = None,
    compact: Annotated[
        bool, typer.Option(help="Merge the files of each vehicle and day afterwards, so that readings are quick.")
    ] = True,
    json: JsonOutput = False,
) -> None:
    """Store recordings: each row is stored, stored with a flag, a duplicate, or in quarantine with its bytes.

    The command can be repeated at any time: rows that the store already has are counted as duplicates. A file that
    cannot be read is reported at the end; the other files are stored.
    """
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.intake import accept  # noqa: PLC0415
    from energy_models.telemetry.mapping.read import read_mapping  # noqa: PLC0415
    from energy_models.telemetry.receipt import total  # noqa: PLC0415
    from energy_models.telemetry.recordings.files import file_batches, recording_files  # noqa: PLC0415
    from energy_models.telemetry.store import compaction  # noqa: PLC0415
    from energy_models.telemetry.store.store import SETTINGS, create_store, open_store  # noqa: PLC0415

    recorder = read_mapping(mapping)
    arrival_ms = instant_ms(available_at, "--available-at")
    found = [file for file in recording_files(files) if file.resolve() != mapping.resolve()]
    folder = store_folder(store)
    if (folder / SETTINGS).exists() and zone is None:
        place = open_store(folder)
    else:
        place = create_store(folder, _checked_zone(zone) or recorder.clock.zone)
    receipts: list[Receipt] = []
    faults: list[Fault] = []
    sizes = [max(file.stat().st_size, 1) for file in found]
    with stage_progress("ingest") as report:
        for number, file in enumerate(found):
            report("storing", sum(sizes[:number]) / sum(sizes))
            try:
                for batch in file_batches(file, recorder):
                    now_ms = arrival_ms if arrival_ms is not None else time.time_ns() // 1_000_000
                    receipts.append(accept(batch, place, now_ms))
            except InputFaults as wrong:
                faults += wrong.faults
        report("storing", 1.0)
        if compact and receipts:
            compaction.compact(place, report)
    whole = total(receipts)
    if json:
        print_json({**receipt_json(whole), "files": len(found), "store": str(folder),
                    "files_with_faults": sorted({fault.file for fault in faults})})  # fmt: skip
    else:
        print_receipt(whole, stdout_console(), f"{len(found)} file{'s' if len(found) != 1 else ''}")
        stdout_console().print(f"The store is {escape(str(folder))}. Next: [cyan]headwatt telemetry status[/]")
    if faults:
        raise InputFaults(faults)


def _checked_zone(zone: str | None) -> str | None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    if zone is not None:
        try:
            ZoneInfo(zone)
        except Exception:  # the errors of zoneinfo are of several types
            allowed = "the IANA name of a zone, such as Europe/Berlin"
            raise InputFaults([Fault("", "", "--zone", zone, allowed)]) from None
    return zone


def receipt_json(receipt: "Receipt") -> dict[str, object]:
    """A receipt as JSON."""
    return {
        "rows_in": receipt.rows_in,
        "stored": receipt.stored,
        "flagged": receipt.flagged,
        "duplicates": receipt.duplicates,
        "quarantined": receipt.quarantined,
        "flags": dict(receipt.flags),
        "reasons": dict(receipt.reasons),
    }


def print_receipt(receipt: "Receipt", console: Console, what: str) -> None:
    """Print a receipt: rows in, and what became of them."""
    console.print(
        f"[green]{receipt.rows_in:,} rows[/] of {what}: {receipt.stored:,} stored, {receipt.flagged:,} stored with a "
        f"flag, {receipt.duplicates:,} duplicates, {receipt.quarantined:,} in quarantine."
    )
    for words, count in receipt.flags.items():
        console.print(f"  [yellow]•[/] {count:,} with a flag: {escape(words)}")
    for words, count in list(receipt.reasons.items())[:20]:
        console.print(f"  [red]•[/] {count:,} in quarantine: {escape(words)}")
    if len(receipt.reasons) > 20:
        console.print(f"  ... and {len(receipt.reasons) - 20} further reasons (`headwatt telemetry quarantine`)")


def quarantine(
    store: StoreFolder = None,
    line: LineName = None,
    limit: Annotated[int, typer.Option(min=1, help="Largest number of rows that are listed.", metavar="N")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="File for all rows with their original bytes (Parquet).", metavar="FILE")
    ] = None,
    json: JsonOutput = False,
) -> None:
    """List the rows that could not be stored, with their reason and their original bytes."""
    from energy_models.telemetry.store.query import read_quarantine  # noqa: PLC0415
    from energy_models.telemetry.store.store import open_store  # noqa: PLC0415

    require_writable({"--out": out})
    place = open_store(store_folder(store))
    rows = read_quarantine(place, line)
    if out is not None:
        rows.to_parquet(out, index=False)
    reasons = rows["reason"].value_counts()
    if json:
        shown = rows.head(limit).assign(
            original=[one.decode("utf-8", "replace") for one in rows["original"].head(limit)]
        )
        print_json({"rows": len(rows), "reasons": {str(k): int(v) for k, v in reasons.items()},
                    "first": shown.to_dict("records")})  # fmt: skip
        return
    console = stdout_console()
    console.print(f"{len(rows):,} rows are in quarantine.")
    for words, count in list(reasons.items())[:20]:
        console.print(f"  [red]•[/] {int(count):,}: {escape(str(words))}")
    if len(rows):
        table = Table(box=None, header_style="bold")
        for title in ("batch", "row", "reason", "original"):
            table.add_column(title, overflow="fold")
        for one in rows.head(limit).to_dict("records"):
            text = one["original"].decode("utf-8", "replace")[:200]
            table.add_row(str(one["batch_id"])[:8], str(one["row"]), escape(str(one["reason"])), escape(text))
        console.print(table)
    if out is not None:
        console.print(f"Wrote all rows to {escape(str(out))}.")


def export(
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.", metavar="FILE")],
    store: StoreFolder = None,
    line: LineName = None,
    vehicle: Vehicles = None,
    day: Days = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Line whose stations are used to derive section, direction, trip, state and chainage where they are "
            "missing: name of a bundled line, or scenario folder.",
            metavar="SCENARIO",
        ),
    ] = None,
    as_of: AsOf = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="All columns of the store, with flags, source and every version of a row.")
    ] = False,
    json: JsonOutput = False,
) -> None:
    """Write rows of the store to a file, in the columns that `headwatt calibrate` reads.

    Seconds of the service day are `time_s`; a file of several days has a column `service_day`.
    """
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.tables.formulas import frame_without_formulas  # noqa: PLC0415
    from energy_models.telemetry.columns import COLUMN_NAMES  # noqa: PLC0415
    from energy_models.telemetry.store.query import read_rows, require_line  # noqa: PLC0415
    from energy_models.telemetry.store.store import open_store  # noqa: PLC0415

    require_writable({"--out": out})
    faults = []
    if out.suffix not in (".csv", ".parquet"):
        faults.append(Fault("", "", "--out", str(out), "a file that ends with .csv or .parquet"))
    faults += wrong_days(day)
    if faults:
        raise InputFaults(faults)
    place = open_store(store_folder(store))
    rows = read_rows(place, require_line(place, line), vehicles=vehicle, days=day,
                     as_of_ms=instant_ms(as_of, "--as-of"), every_version=raw)  # fmt: skip
    if not raw:
        rows = _filled(rows, scenario)
    if out.suffix == ".csv":
        frame_without_formulas(rows).to_csv(out, index=False)
    else:
        rows.to_parquet(out, index=False)
    if json:
        print_json({"rows": len(rows), "file": str(out), "columns": list(rows.columns)})
        return
    stdout_console().print(f"Wrote {len(rows):,} rows to {escape(str(out))}.")
    if not raw and (empty := [name for name in COLUMN_NAMES if rows[name].isna().all()]) and len(rows):
        stderr_console().print(f"Columns without values: {', '.join(empty)}.")


def _filled(rows: "pd.DataFrame", scenario: str | None) -> "pd.DataFrame":
    """Rows in the project's columns, each vehicle and day with what can be derived; notes go to stderr."""
    import pandas as pd  # noqa: PLC0415

    from energy_models.telemetry.columns import COLUMN_NAMES  # noqa: PLC0415
    from energy_models.telemetry.stored_telemetry import filled_day  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415

    stations_m = None
    if scenario is not None:
        stations_m = [float(station.chainage_m) for station in load_scenario(scenario).stations]
    several = rows["service_day"].nunique() > 1
    found = []
    for (vehicle, day), mine in rows.groupby(["vehicle", "service_day"], observed=True, sort=True):
        filled = filled_day(mine.reset_index(drop=True), stations_m)
        if filled.derived or filled.notes:
            words = f"{vehicle}, {day}: derived {', '.join(filled.derived) or 'nothing'}"
            stderr_console().print("; ".join([words, *filled.notes]) + ".", markup=False)
        found.append(filled.rows.assign(service_day=str(day)) if several else filled.rows)
    columns = [*(["service_day"] if several else []), *COLUMN_NAMES]
    return pd.concat(found, ignore_index=True)[columns] if found else rows.reindex(columns=columns)


def forget(
    before: Annotated[str, typer.Option(help="First service day that stays, such as 2026-01-01.", metavar="DAY")],
    store: StoreFolder = None,
    line: Annotated[str | None, typer.Option(help="Only this line.", metavar="NAME")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOutput = False,
) -> None:
    """Remove old service days from the store, and the quarantined rows that arrived before them."""
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.mapping.clock import day_begin_ms  # noqa: PLC0415
    from energy_models.telemetry.service_day import day_number  # noqa: PLC0415
    from energy_models.telemetry.store.compaction import forget_before  # noqa: PLC0415
    from energy_models.telemetry.store.store import open_store  # noqa: PLC0415

    try:
        day_number(before)
    except ValueError:
        raise InputFaults([Fault("", "", "--before", before, "a day such as 2026-01-01")]) from None
    place = open_store(store_folder(store))
    if not yes:
        typer.confirm(f"Remove all rows before {before} from {place.root}?", abort=True)
    removed = forget_before(place, before, line=line, quarantine_ms=day_begin_ms(before, place.settings.zone))
    if json:
        print_json({"vehicle_days": removed.vehicle_days, "rows": removed.rows, "quarantined": removed.quarantined})
        return
    stdout_console().print(
        f"Removed {removed.rows:,} rows of {removed.vehicle_days:,} vehicle-days, and {removed.quarantined:,} rows of "
        "the quarantine."
    )
