"""The `headwatt` command: registers one module per command and prints every error as a message."""

import errno
import gc
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.cli import (
    access,
    audit,
    calibrate,
    calibrate_supply,
    check,
    compare,
    config,
    data,
    drive,
    explain,
    export,
    fleet,
    judge,
    licences,
    live,
    plan,
    replay,
    revise,
    scenario,
    serve,
    simulate,
    supply,
    sweep,
    telemetry,
    validate,
    worker,
)
from api.cli.console import stderr_console
from api.cli.interrupt import stop_soon_on_interrupt
from api.cli.outcome import leave
from api.version import headwatt_version


class Commands(TyperGroup):
    """The root group: catches the errors of every command, so that no command ends with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; typer handles `Exit`, usage errors and a closed pipe; every other error is explained."""
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
        "Reduce the electricity that a subway line draws, by dispatch only.\n\n"
        "Start with [bold]headwatt plan beijing_yizhuang[/]. This command plans a weekday with the same service "
        "and less electricity, checks every rule of the plan, and writes a report for the browser."
    ),
    epilog="Exit codes: 0 done, 1 a check failed, "
    "2 wrong input, 3 infeasible requirements, 70 a fault of Headwatt, 130 stopped by the user.",
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
    """The options that all commands share."""
    del version


app.command(help=plan.HELP, epilog=plan.EPILOG)(plan.plan)
app.command(help=simulate.HELP, epilog=simulate.EPILOG)(simulate.simulate)
app.command(help=judge.HELP, epilog=judge.EPILOG)(judge.judge)
app.command(help=replay.HELP, epilog=replay.EPILOG)(replay.replay)
app.command(help=sweep.HELP, epilog=sweep.EPILOG)(sweep.sweep)
app.command(help=export.HELP, epilog=export.EPILOG)(export.export)
app.command(help=check.HELP, epilog=check.EPILOG)(check.check)
app.command(help=revise.HELP, epilog=revise.EPILOG)(revise.revise)
app.command(help=compare.HELP, epilog=compare.EPILOG)(compare.compare)
app.command(help=explain.HELP, epilog=explain.EPILOG)(explain.explain)
app.command(help=serve.HELP, epilog=serve.EPILOG)(serve.serve)
app.command(help=worker.HELP, epilog=worker.EPILOG)(worker.worker)
app.command(help=drive.HELP, epilog=drive.EPILOG)(drive.drive)
app.command(help=supply.HELP, epilog=supply.EPILOG)(supply.supply)
app.add_typer(validate.app, name="validate")
app.add_typer(scenario.app, name="scenario")
app.command(help=calibrate.HELP, epilog=calibrate.EPILOG)(calibrate.calibrate)
app.command("calibrate-supply", help=calibrate_supply.HELP, epilog=calibrate_supply.EPILOG)(
    calibrate_supply.calibrate_supply
)
app.command(help=fleet.HELP, epilog=fleet.EPILOG)(fleet.fleet)
app.add_typer(telemetry.app, name="telemetry")
app.add_typer(access.app, name="access")
app.add_typer(audit.app, name="audit")
app.add_typer(config.app, name="config")
app.command(help=licences.HELP)(licences.licences)
app.add_typer(data.app, name="data")
app.add_typer(live.app, name="live")


def run() -> None:
    """Entry point of the `headwatt` script."""
    # Profiles and days are many objects that stay: with the default, the collector of garbage examines them again and
    # again, 4 % of the time of a plan.
    gc.set_threshold(100_000, 20, 50)
    stop_soon_on_interrupt()
    app()
