"""`headwatt config`: the settings of an installation."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stdout_console
from api.cli.shared_options import JsonOutput

app = typer.Typer(no_args_is_help=True, help="Check and show the settings of an installation.")
Config = Annotated[
    Path | None,
    typer.Option(
        help="File with the settings, in TOML.", show_default="the file that HEADWATT_CONFIG names", metavar="FILE"
    ),
]


@app.command()
def show(config: Config = None, json: JsonOutput = False) -> None:
    """Show each setting with its value and where the value comes from; secrets are hidden.

    The variable of the environment of a setting is `HEADWATT_` with the name in capitals and `_` for each dot, for
    example HEADWATT_SERVER_PORT. The exit code is 2 if a setting is wrong; every fault is listed.
    """
    from api.settings.leaves import leaves, shown, value_of  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415

    found = read_settings(file=config)
    rows = [(leaf, shown(value_of(found.settings, leaf.name)), found.sources[leaf.name]) for leaf in leaves()]
    if json:
        listed = [
            {"name": leaf.name, "value": value, "source": source, "variable": leaf.variable}
            for leaf, value, source in rows
        ]
        print_json({"settings": listed})
        return
    table = Table(box=None, header_style="bold")
    for title in ("setting", "value", "from", "meaning"):
        table.add_column(title, overflow="fold")
    for leaf, value, source in rows:
        table.add_row(leaf.name, escape(value), escape(source), escape(leaf.field.description or ""))
    stdout_console().print(table)
