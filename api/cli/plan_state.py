"""Messages of commands that read a plan folder: edits after the plan was written, and violated rules."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from api.cli.console import stderr_console

if TYPE_CHECKING:
    from api.plan_files.folder import WrittenPlan
    from api.plan_files.manifest import FolderState
    from dispatch.checker.check import CheckReport

_SHOWN = 50


def note_state(state: "FolderState") -> None:
    """Print a note on stderr if a plan folder was edited after the plan was written."""
    if not state.is_as_written:
        stderr_console().print(f"[yellow]Note:[/] {escape(state.sentence())}")


def written_to(place: Path, requested: Path) -> Path:
    """The folder of a plan; prints a note if it is not the folder of the user's option."""
    if place == requested.resolve():
        return requested
    stderr_console().print(
        f"[yellow]Note:[/] {escape(str(requested))} was changed during the computation of the plan and not replaced; "
        f"the plan is in {escape(str(place))}."
    )
    return place


def print_proof(console: Console, written: "WrittenPlan", report: "CheckReport") -> None:
    """Print how many rules hold, or each violation with the train number of its trip."""
    from api.source_names import violation_line  # noqa: PLC0415 - imports the checker
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    numbers = train_numbers(written.scenario)
    trips, rules = len(written.plan.timetable.trips), len(report.rules)
    if report.passed:
        console.print(f"[green]All {rules} rules hold[/] for the {trips} trips of {escape(written.plan.scenario)}.")
        return
    count = len(report.violations)
    console.print(f"[bold red]{count} violation{'s' if count != 1 else ''}[/] of {rules} rules, {trips} trips.")
    for violation in report.violations[:_SHOWN]:
        console.print(f"  [red]•[/] {escape(violation_line(violation, numbers))}")
    if count > _SHOWN:
        console.print(f"  and {count - _SHOWN} more; `headwatt check {written.state.folder} --json` lists all of them.")
