"""`headwatt validate`: the physics beside reference cases, one command for each kind of case."""

import typer

from api.cli import validate_driving, validate_supply

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Run reference cases and print ours, the reference, the difference and the seconds of each.",
)
app.command("driving", help=validate_driving.HELP, epilog=validate_driving.EPILOG)(validate_driving.validate_driving)
app.command("supply", help=validate_supply.HELP, epilog=validate_supply.EPILOG)(validate_supply.validate_supply)
