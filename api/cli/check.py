"""`headwatt check`: check all rules on a plan, edited by hand or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.outcome import ExitCode
from api.cli.plan_state import print_proof
from api.cli.shared_options import JsonOutput

if TYPE_CHECKING:
    from api.plan_files.folder import WrittenPlan

HELP = (
    "Check all rules on a plan.\n\n"
    "The command reads timetable.csv with all changes by hand. A note lists the files that were edited after the plan "
    "was written; another note appears if headways.csv does not agree with timetable.csv. "
    "Exit code 0: all rules hold; 1: a rule is violated; 2: the files are not readable."
)
EPILOG = """\
[bold]Examples[/]

After `headwatt plan beijing_yizhuang`:  [cyan]headwatt check plans/beijing_yizhuang[/]

Edit timetable.csv in a spreadsheet, save it as CSV, and check again: each violation has its trip and place.
Then make a new plan of the edited timetable, with its own judgement:
[cyan]headwatt revise plans/beijing_yizhuang[/]
"""


def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `headwatt plan` wrote.")],
    json: JsonOutput = False,
) -> None:
    """Check all rules on a plan; see HELP."""
    from api.plan_files.folder import read_plan_folder  # noqa: PLC0415
    from api.plan_files.proof import prove, violations_json  # noqa: PLC0415
    from api.source_names import origin_json  # noqa: PLC0415

    written = read_plan_folder(folder)
    report = prove(written)
    notes = _notes(written)
    if json:
        print_json(
            {
                "scenario": written.plan.scenario,
                "mode": written.plan.mode,
                "trips": len(written.plan.timetable.trips),
                "passed": report.passed,
                "rules": list(report.rules),
                "violations": violations_json(report, written.scenario),
                "plan_folder": written.state.as_json(),
                "notes": notes,
                **origin_json(written.scenario),
            }
        )
    else:
        print_proof(stdout_console(), written, report)
    for note in notes:
        stderr_console().print(f"Note: {note}", markup=False)
    if not report.passed:
        raise typer.Exit(ExitCode.REFUSED)


def _notes(written: "WrittenPlan") -> list[str]:
    """Notes on a plan folder: edits, and files that do not agree with its timetable."""
    from dispatch.plans.in_force import headway_table, timetable_in_force  # noqa: PLC0415

    plan, scenario = written.plan, written.scenario
    notes = [] if written.state.is_as_written else [written.state.sentence()]
    paired = timetable_in_force(scenario) if plan.mode == "equal-service" else None
    if plan.headways != headway_table(plan.timetable, scenario, paired):
        notes.append("headways.csv does not agree with timetable.csv; the check used timetable.csv, not headways.csv.")
    if written.runs_without_profile:
        count = written.runs_without_profile
        ways = "1 way of running a section has" if count == 1 else f"{count} ways of running a section have"
        notes.append(f"{ways} no profile in profiles.csv, because running times were changed by hand.")
    return notes
