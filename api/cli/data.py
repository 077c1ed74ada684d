"""`headwatt data`: verify, back up, restore, upgrade and prune the state of an installation."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.config import Config
from api.cli.console import print_json, stdout_console
from api.cli.outcome import ExitCode
from api.cli.shared_options import JsonOutput

if TYPE_CHECKING:
    from api.settings.model import Settings
    from api.state.database import Database

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "Verify, back up, restore, upgrade and prune the state of an installation: the rows of the database and the "
        "files of the data folder.\n\n"
        "A backup holds SQLite and PostgreSQL in the same form. HEADWATT_DATABASE names the database."
    ),
)
DataFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder of the installation.", show_default="the user's state folder"),
]
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="Backup file, such as headwatt.tar.gz.")]


@app.command()
def verify(
    data: DataFolder = None,
    config: Config = None,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes only; do not read the files.")] = False,
    json: JsonOutput = False,
) -> None:
    """List files without a row, and rows whose file is missing or was changed.

    Exit code 1: something that the database names is not there as it was written. Files without a row do no harm;
    `headwatt data prune` removes them.
    """
    from api.services.upkeep import verify as compare  # noqa: PLC0415

    database, folder = _opened(data, config)
    found = compare(database, folder, reads=not quick)
    if json:
        print_json({**asdict(found), "is_sound": found.is_sound})
    else:
        console = stdout_console()
        for words, names in (
            ("The file is missing", found.missing),
            ("The file was changed", found.changed),
            ("The plan has no files", found.plans_without_files),
            ("The file has no row", found.without_row),
        ):
            for name in names:
                console.print(f"{words}: {name}", markup=False)
        lost = len(found.missing) + len(found.changed) + len(found.plans_without_files)
        console.print(f"{found.files} files are named; {lost} faults, {len(found.without_row)} files without a row.")
    if not found.is_sound:
        raise typer.Exit(ExitCode.REFUSED)


@app.command()
def backup(file: BackupFile, data: DataFolder = None, config: Config = None) -> None:
    """Write all rows and files into one file, as they are at one instant; the service may go on meanwhile."""
    from api.services.backup import write_backup  # noqa: PLC0415

    database, folder = _opened(data, config)
    found = write_backup(database, folder, file)
    rows = sum(found.rows.values())
    stdout_console().print(f"Wrote {file}: {rows} rows, {found.files} files, {found.file_bytes / 1e6:.1f} MB.")


@app.command()
def restore(file: BackupFile, data: DataFolder = None, config: Config = None) -> None:
    """Restore a backup into an empty database and the data folder. Afterwards, jobs that had not ended start again."""
    from api.services.backup import restore_backup  # noqa: PLC0415

    database, folder = _opened(data, config)
    found = restore_backup(database, folder, file)
    stdout_console().print(f"Restored {sum(found.rows.values())} rows and {found.files} files from {file}.")


@app.command()
def upgrade(data: DataFolder = None, config: Config = None) -> None:
    """Bring the tables of an earlier version up to date. Stop the service and write a backup before."""
    from api.state.migrate import newest_revision, revision_of  # noqa: PLC0415
    from api.state.migrate import upgrade as bring_up_to_date  # noqa: PLC0415

    database, _ = _opened(data, config)
    before = revision_of(database)
    bring_up_to_date(database)
    words = "were up to date" if before == newest_revision() else f"went from revision {before or 'none'}"
    stdout_console().print(f"The tables {words}; they are at revision {newest_revision()}.")


@app.command()
def prune(
    data: DataFolder = None,
    config: Config = None,
    jobs_days: Annotated[
        int | None,
        typer.Option(
            min=1, help="Days for which ended jobs other than plans are kept; default: the setting, 90.", metavar="DAYS"
        ),
    ] = None,
    plans_days: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Days for which plans that were never approved are kept; default: the setting, 365.",
            metavar="DAYS",
        ),
    ] = None,
    live_records_days: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Days for which messages and frames of live lines are kept; default: the setting, 30.",
            metavar="DAYS",
        ),
    ] = None,
    live_history_days: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Days for which power, events and logs of live lines are kept; default: the setting, 730.",
            metavar="DAYS",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without this option, only list what would go.")] = False,
    json: JsonOutput = False,
) -> None:
    """List, or with --yes remove, old jobs, old plans that were never approved, old live records, and unused files.

    Approved, active and superseded plans, scenarios and the audit log are always kept.
    """
    from api.access.principal import LOCAL  # noqa: PLC0415
    from api.services.upkeep import Retention  # noqa: PLC0415
    from api.services.upkeep import prune as remove  # noqa: PLC0415

    wished = {
        "jobs_days": jobs_days, "plans_days": plans_days, "live_records_days": live_records_days,
        "live_history_days": live_history_days,
    }  # fmt: skip
    settings = _settings(data, config, {f"retention.{name}": days for name, days in wished.items()})
    database, folder = _opened_with(settings)
    kept = Retention(
        **{name.removesuffix("_days"): timedelta(days=getattr(settings.retention, name)) for name in wished}
    )
    found = remove(database, folder, kept, LOCAL.actor_id, dry=not yes)
    if json:
        print_json({**asdict(found), "removed": yes})
        return
    verb = "Removed" if yes else "Would remove"
    stdout_console().print(
        f"{verb} {len(found.jobs)} jobs, {len(found.plans)} plans, {found.files} files "
        f"({found.file_bytes / 1e6:.1f} MB), {len(found.leftovers)} leftovers of jobs and "
        f"{found.live_files} files of live lines ({found.live_bytes / 1e6:.1f} MB)."
        + ("" if yes else " Run the command again with --yes.")
    )


def _settings(data: Path | None, config: Path | None, options: dict[str, object]) -> "Settings":
    from api.settings.read import read_settings  # noqa: PLC0415

    return read_settings({"data": data, **options}, config).settings


def _opened(data: Path | None, config: Path | None) -> "tuple[Database, Path]":
    return _opened_with(_settings(data, config, {}))


def _opened_with(settings: "Settings") -> "tuple[Database, Path]":
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415

    return database_of(settings), settings.data if settings.data is not None else default_data_folder()
