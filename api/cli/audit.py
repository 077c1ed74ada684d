"""`headwatt audit`: the audit log of an installation."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.config import Config
from api.cli.console import stderr_console, stdout_console

if TYPE_CHECKING:
    from api.services.audit import Audit

app = typer.Typer(no_args_is_help=True, help="List the audit log of an installation, and verify its hash chain.")
Data = Annotated[
    Path | None,
    typer.Option(help="Data folder of the installation.", show_default="the user's state folder", metavar="DIR"),
]


@app.command()
def verify(
    kept: Annotated[
        str | None,
        typer.Option(help="Hash that an earlier call printed; an entry must still have this hash.", metavar="HASH"),
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Compute the hash of each entry again. The exit code is 1 if an entry was changed or removed.

    Keep the printed hash outside this machine: only a kept hash shows that the newest entries were removed.
    """
    found = _log(data, config).verify(kept)
    if found.fault is not None:
        stderr_console().print(f"The audit log is not intact: {found.fault}.", markup=False)
        raise typer.Exit(1)
    typer.echo(f"{found.entries} entries; the newest has the hash {found.newest_hash}")


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Largest number of entries.", metavar="N")] = 50,
    data: Data = None,
    config: Config = None,
) -> None:
    """List the newest entries, newest first."""
    table = Table(box=None, header_style="bold")
    for title in ("entry", "time in UTC", "user", "action", "object", "line", "before", "after", "request"):
        table.add_column(title, overflow="fold")
    for one in _log(data, config).newest(limit):
        table.add_row(
            str(one.number), one.at.strftime("%Y-%m-%d %H:%M:%S"), escape(one.actor_id), one.action,
            escape(one.object_id), escape(one.line_id or ""), escape(dumps(one.before) if one.before else ""),
            escape(dumps(one.after) if one.after else ""), one.request_id,
        )  # fmt: skip
    stdout_console().print(table)


def _log(data: Path | None, config: Path | None) -> "Audit":
    from api.services.installation import open_with  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415

    return open_with(read_settings({"data": data}, config).settings).audit
