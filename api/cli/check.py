"""`headwatt check`: prove every rule on a plan that was written, edited by hand or not."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.outcome import ExitCode

HELP = (
    "Read a written plan back and prove every rule on it.\n\n"
    "timetable.csv is read as it stands, so that changes by hand are proved too; where headways.csv says something "
    "else, a note says so. "
    "Exit code 0: every rule holds; 1: a rule is broken; 2: the files cannot be read."
)
EPILOG = """\
[bold]Examples[/]

After `headwatt plan beijing_yizhuang`:  [cyan]headwatt check plans/beijing_yizhuang[/]

Edit timetable.csv in a spreadsheet, save it as CSV, and check again: each broken rule is named with its trip and place.
"""
_SHOWN = 50


def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `headwatt plan` wrote.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Read a written plan back and prove every rule on it."""
    from api.plan_folder import read_plan_folder  # noqa: PLC0415
    from dispatch.baseline import headway_table, timetable_in_force  # noqa: PLC0415
    from dispatch.check import check as prove  # noqa: PLC0415
    from dispatch.rules.shortest_times import ShortestTimes  # noqa: PLC0415

    written = read_plan_folder(folder)
    scenario = written.scenario
    in_force = timetable_in_force(scenario)
    report = prove(written.plan, scenario, in_force, ShortestTimes(scenario, written.train()))
    notes = []
    paired = in_force if written.plan.mode == "equal-service" else None
    if written.plan.headways != headway_table(written.plan.timetable, scenario, paired):
        notes.append(
            "headways.csv no longer says what timetable.csv does; the timetable was proved, the headway table was not."
        )
    if written.runs_without_profile:
        count = written.runs_without_profile
        ways = "1 way of running a section has" if count == 1 else f"{count} ways of running a section have"
        notes.append(
            f"{ways} no profile in profiles.csv: "
            "running times were changed by hand; plan again for profiles and for the energy."
        )
    if json:
        violations = [
            {
                "rule": one.rule,
                "sentence": one.sentence,
                "trip": one.trip,
                "place": one.place,
                "time_s": one.time_s,
                "amount": one.amount,
                "unit": one.unit,
            }
            for one in report.violations
        ]
        print_json(
            {
                "scenario": written.plan.scenario,
                "mode": written.plan.mode,
                "trips": len(written.plan.timetable.trips),
                "passed": report.passed,
                "rules": list(report.rules),
                "violations": violations,
                "notes": notes,
            }
        )
    else:
        console = stdout_console()
        trips, rules = len(written.plan.timetable.trips), len(report.rules)
        if report.passed:
            console.print(f"[green]All {rules} rules hold[/] for the {trips} trips of {escape(written.plan.scenario)}.")
        else:
            count = len(report.violations)
            console.print(f"[bold red]{count} violation{'s' if count != 1 else ''}[/] of {rules} rules, {trips} trips.")
            for violation in report.violations[:_SHOWN]:
                console.print(f"  [red]•[/] {escape(str(violation))}")
            if count > _SHOWN:
                console.print(f"  and {count - _SHOWN} more; --json lists all of them.")
        for note in notes:
            stderr_console().print(f"Note: {note}", markup=False)
    if not report.passed:
        raise typer.Exit(ExitCode.REFUSED)
