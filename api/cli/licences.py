"""`headwatt licences`: the licences of the packages that Headwatt uses."""

from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stdout_console
from api.cli.shared_options import JsonOutput

HELP = "List the packages that this installation uses, with version and licence, from the metadata of the packages."


def licences(json: JsonOutput = False) -> None:
    """List the packages that this installation uses with their licences."""
    from api.licences import used_packages  # noqa: PLC0415

    found = used_packages()
    if json:
        listed = [{"name": one.name, "version": one.version, "licence": one.licence} for one in found]
        print_json({"packages": listed})
        return
    table = Table(box=None, header_style="bold")
    for title in ("package", "version", "licence"):
        table.add_column(title, overflow="fold")
    for one in found:
        table.add_row(one.name, one.version, escape(one.licence))
    stdout_console().print(table)
