"""`headwatt access`: users, their roles, and their keys."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.access.roles import EVERY_LINE, Role
from api.access.sessions import FIRST_USER, link_address
from api.cli.config import Config
from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.shared_options import JsonOutput

if TYPE_CHECKING:
    from api.services.access import UserView
    from api.services.installation import Installation

app = typer.Typer(
    no_args_is_help=True,
    help="Add, list and revoke the keys and roles of an installation's users.\n\n"
    "As soon as there is a user, each request to the service needs a key, also on this machine.",
)
Data = Annotated[
    Path | None,
    typer.Option(help="Data folder of the installation.", show_default="the user's state folder", metavar="DIR"),
]
BY = "command line"
"""The user of changes that the command line makes: who can write the data folder needs no key."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name of the user, a person or a program; new names are added.")],
    role: Annotated[Role, typer.Option(help="Role of the user on the lines, and of the key.")],
    line: Annotated[
        list[str] | None,
        typer.Option(help="Line of the role; may be repeated.", show_default="every line", metavar="NAME"),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until the key expires.", metavar="N")] = 365,
    data: Data = None,
    config: Config = None,
) -> None:
    """Give a user a role on lines, and print a new key that is limited to both.

    The key is the only text on the standard output, and is shown only once.
    """
    installation = _opened(data, config)
    key = installation.access.add(name, role, line or [EVERY_LINE], timedelta(days=days), BY)
    typer.echo(key)
    lines = ", ".join(line) if line else "every line"
    stderr_console().print(f"{name} is {role} on {lines}. The key expires in {days} days.", markup=False)
    installation.close()


@app.command()
def link(
    name: Annotated[str, typer.Argument(help="User whom the link signs in.")] = FIRST_USER,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="Minutes until the link expires.", metavar="N")] = 30,
    address: Annotated[
        str, typer.Option(help="Address of the service in the browser of the user.", metavar="URL")
    ] = "http://127.0.0.1:8740",
    data: Data = None,
    config: Config = None,
) -> None:
    """Print a link that signs a user in once in a browser; earlier links of the user become invalid.

    Without users, the link is for the new user `admin` with the role admin on every line.
    """
    installation = _opened(data, config)
    token = installation.sessions.new_link(name, BY, timedelta(minutes=minutes))
    typer.echo(link_address(address, token))
    stderr_console().print(f"The link signs in {name} once, within {minutes} minutes.", markup=False)
    installation.close()


@app.command("list")
def list_users(data: Data = None, config: Config = None, json: JsonOutput = False) -> None:
    """List users with their roles and keys; a key is shown by its begin."""
    installation = _opened(data, config)
    users = installation.access.users()
    installation.close()
    if json:
        print_json({"users": [_as_json(user) for user in users]})
        return
    table = Table(box=None, header_style="bold")
    for title in ("user", "roles", "key", "limits of the key", "expires", "revoked"):
        table.add_column(title)
    for user in users:
        roles = "disabled" if user.disabled_at is not None else _roles(user.roles)
        if not user.keys:
            table.add_row(escape(user.name), roles)
        for number, key in enumerate(user.keys):
            shown = (escape(user.name), roles) if number == 0 else ("", "")
            table.add_row(*shown, key.prefix, _roles(key.roles), _day(key.expires_at), _day(key.revoked_at))
    stdout_console().print(table)


@app.command()
def revoke(
    key: Annotated[str | None, typer.Option(help="Begin of the key to revoke, from the list.", metavar="BEGIN")] = None,
    user: Annotated[
        str | None, typer.Option(help="User who loses all access, or with --line one role.", metavar="NAME")
    ] = None,
    line: Annotated[str | None, typer.Option(help="Line of the role to take.", metavar="NAME")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Revoke a key, a role of a user on a line, or all access of a user."""
    if (key is None) == (user is None) or (line is not None and user is None):
        raise typer.BadParameter("give --key, or --user, or --user with --line")
    installation = _opened(data, config)
    if key is not None:
        installation.access.revoke_key(key, BY)
    elif user is not None:
        installation.access.revoke_role(user, line, BY)
    installation.close()


def _opened(data: Path | None, config: Path | None) -> "Installation":
    from api.services.installation import open_with  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415

    installation = open_with(read_settings({"data": data}, config).settings)
    installation.prepare(lambda told: stderr_console().print(told, markup=False))
    return installation


def _as_json(user: "UserView") -> dict[str, Any]:
    return {
        "name": user.name,
        "disabled_at": _at(user.disabled_at),
        "roles": user.roles,
        "keys": [
            {
                "key": key.prefix,
                "roles": key.roles,
                "created_at": _at(key.created_at),
                "expires_at": _at(key.expires_at),
                "revoked_at": _at(key.revoked_at),
            }
            for key in user.keys
        ],
    }


def _roles(roles: dict[str, str]) -> str:
    return escape(", ".join(f"{role} on {line}" for line, role in roles.items()))


def _at(time: datetime | None) -> str | None:
    return time.isoformat() if time is not None else None


def _day(time: datetime | None) -> str:
    return time.date().isoformat() if time is not None else ""
