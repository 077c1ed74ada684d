"""`headwatt validate`: compare the physics with reference cases, one command per type of case."""

import typer

from api.cli import validate_driving, validate_supply

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Compute reference cases and print the result of Headwatt, the reference, the difference and the time.",
)
app.command("driving", help=validate_driving.HELP, epilog=validate_driving.EPILOG)(validate_driving.validate_driving)
app.command("supply", help=validate_supply.HELP, epilog=validate_supply.EPILOG)(validate_supply.validate_supply)
