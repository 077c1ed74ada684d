"""The `headwatt` command: registers one module a command and turns every error into words."""

import errno
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.cli import (
    calibrate,
    check,
    compare,
    drive,
    explain,
    export,
    judge,
    plan,
    replay,
    scenario,
    serve,
    simulate,
    supply,
    sweep,
    telemetry,
    validate,
)
from api.cli.console import stderr_console
from api.cli.interrupt import stop_soon_on_interrupt
from api.cli.outcome import leave
from api.version import headwatt_version


class Commands(TyperGroup):
    """The root group; errors of any command end here and never as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; `Exit`, usage errors and a closed pipe pass through to typer, the rest is explained."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise leave(error, stderr_console()) from None
        except (Exception, KeyboardInterrupt) as error:
            raise leave(error, stderr_console()) from None


app = typer.Typer(
    name="headwatt",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "Cut the electricity that a subway line draws, by dispatch alone.\n\n"
        "Start with [bold]headwatt plan beijing_yizhuang[/]: it plans a weekday with the same service "
        "and less electricity, proves every rule of the plan and writes a report that opens in a browser."
    ),
    epilog="Exit codes: 0 done, 1 a check said no, "
    "2 wrong input, 3 infeasible wish, 70 a fault of Headwatt, 130 stopped.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"headwatt {headwatt_version()}")
        raise typer.Exit


@app.callback()
def headwatt(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Hold the options that every command shares."""
    del version


app.command(help=plan.HELP, epilog=plan.EPILOG)(plan.plan)
app.command(help=simulate.HELP, epilog=simulate.EPILOG)(simulate.simulate)
app.command(help=judge.HELP, epilog=judge.EPILOG)(judge.judge)
app.command(help=replay.HELP, epilog=replay.EPILOG)(replay.replay)
app.command(help=sweep.HELP, epilog=sweep.EPILOG)(sweep.sweep)
app.command(help=export.HELP, epilog=export.EPILOG)(export.export)
app.command(help=check.HELP, epilog=check.EPILOG)(check.check)
app.command(help=compare.HELP, epilog=compare.EPILOG)(compare.compare)
app.command(help=explain.HELP, epilog=explain.EPILOG)(explain.explain)
app.command(help=serve.HELP, epilog=serve.EPILOG)(serve.serve)
app.command(help=drive.HELP, epilog=drive.EPILOG)(drive.drive)
app.command(help=supply.HELP, epilog=supply.EPILOG)(supply.supply)
app.add_typer(validate.app, name="validate")
app.add_typer(scenario.app, name="scenario")
app.command(help=calibrate.HELP, epilog=calibrate.EPILOG)(calibrate.calibrate)
app.add_typer(telemetry.app, name="telemetry")


def run() -> None:
    """Entry point of the `headwatt` script."""
    stop_soon_on_interrupt()
    app()
