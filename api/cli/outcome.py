"""How a command ends: every error becomes a message on stderr and an exit code, never a traceback."""

import os
import sys
import threading
import traceback
from enum import IntEnum

import typer
from rich.console import Console
from rich.markup import escape

from energy_models.faults import Infeasible, InputFaults


class ExitCode(IntEnum):
    """Exit codes that scripts may rely on; they stay stable."""

    DONE = 0
    REFUSED = 1
    """A check or a validation ran and failed."""
    INPUT_FAULT = 2
    """The input is wrong, or an option is wrong."""
    INFEASIBLE = 3
    """The input is valid, and no plan can meet the requirements."""
    OWN_FAULT = 70
    """A fault of Headwatt itself."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


interrupted = threading.Event()
"""Set by Ctrl-C. An interrupt during the import of compiled code may appear as an error of another type."""


def explain(error: BaseException, console: Console) -> ExitCode:
    """Write the error as a message and return the exit code; HEADWATT_DEBUG=1 adds the traceback."""
    if os.environ.get("HEADWATT_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    if interrupted.is_set():
        error = KeyboardInterrupt()
    match error:
        case InputFaults():
            count = len(error.faults)
            console.print(f"[bold red]{count} fault{'s' if count != 1 else ''} in the input[/]")
            for fault in error.faults:
                console.print(f"  [red]•[/] {escape(str(fault))}")
            return ExitCode.INPUT_FAULT
        case Infeasible():
            console.print("[bold yellow]No plan meets these requirements[/]")
            for reason in error.reasons:
                console.print(f"  [yellow]•[/] {escape(reason)}")
            return ExitCode.INFEASIBLE
        case KeyboardInterrupt():
            console.print("[yellow]Stopped.[/]")
            return ExitCode.INTERRUPTED
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            console.print(f"[bold red]Cannot read or write[/]: {escape(place + (error.strerror or str(error)))}")
            return ExitCode.INPUT_FAULT
        case _:
            kind = type(error).__name__
            console.print(f"[bold red]Headwatt failed[/] ({kind}): {escape(str(error) or 'no message')}")
            console.print("This is a fault of Headwatt, not of your input. HEADWATT_DEBUG=1 prints the traceback.")
            return ExitCode.OWN_FAULT


def leave(error: BaseException, console: Console) -> typer.Exit:
    """Write the error as a message and return the typer exit with its exit code."""
    return typer.Exit(int(explain(error, console)))
