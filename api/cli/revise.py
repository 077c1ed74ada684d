"""`headwatt revise`: make a plan of a timetable that was edited by hand."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.outcome import ExitCode
from api.cli.plan_state import print_proof, written_to
from api.cli.plan_summary import print_result
from api.cli.shared_options import JsonOutput, ReplacesEditedPlan
from api.cli.simulation_options import Workers

if TYPE_CHECKING:
    from api.plan_files.folder import WrittenPlan
    from dispatch.checker.check import CheckReport

HELP = (
    "Make a plan of a timetable that was edited by hand, or of a plan of an earlier version.\n\n"
    "The command checks the timetable in DIR and then judges it on simulated days, without a search. The new plan has "
    "its own result.json, profiles.csv, headways.csv, report.html and manifest.json. The files in DIR stay unchanged "
    "until the new folder is complete. "
    "Exit code 0: the command wrote a plan; 1: a rule is violated and no plan is written, or the judge rejects the "
    "plan; 2: the files are not readable."
)
EPILOG = """\
[bold]Examples[/]

Edit timetable.csv in a spreadsheet, save it as CSV, then:  [cyan]headwatt revise plans/beijing_yizhuang[/]

Into another folder, with 20 simulated days:
[cyan]headwatt revise plans/beijing_yizhuang --out plans/by_hand --replications 20[/]
"""


def revise(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a plan, edited by hand.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the plan: a new folder, or the folder of a plan that was not edited.",
            show_default="DIR",
            metavar="DIR",
        ),
    ] = None,
    force: ReplacesEditedPlan = False,
    replications: Annotated[
        int | None,
        typer.Option(
            min=2, max=1000, help="Number of simulated days for the interval.", show_default="as DIR", metavar="N"
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the simulated days.", show_default="as DIR", metavar="N")
    ] = None,
    unproven: Annotated[
        bool,
        typer.Option("--unproven", help="Also judge and write a plan that violates rules; its status is rejected."),
    ] = False,
    workers: Workers = 2,
    json: JsonOutput = False,
) -> None:
    """Make a plan of a timetable that was edited by hand; see HELP."""
    with stage_progress(f"headwatt revise {folder.name}") as progress:
        progress("reading", 0.0)
        from api.experiment_result import result_of  # noqa: PLC0415
        from api.plan_files.folder import require_plan_folder, write_plan_folder  # noqa: PLC0415
        from api.plan_files.placing import place_for  # noqa: PLC0415
        from api.plan_files.proof import prove  # noqa: PLC0415
        from api.plan_files.revise import revised  # noqa: PLC0415
        from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415

        require_plan_folder(folder)
        target = out or folder
        is_own = target.resolve() == folder.resolve()
        # The place is checked before the files are read, so that an edit in between is noticed.
        place = place_for(target, "--out" if out is not None else "DIR", force=force, any_plan=is_own)
        written = read_sound_plan(folder, any_scenario=True)
        result = written.result
        if is_own and written.state.is_as_written:
            stderr_console().print(f"{folder} was not edited after the plan was written: nothing to revise.")
        else:
            progress("check", 0.0)
            report = prove(written)
            if not report.passed and not unproven:
                _refuse(written, report, json)
            experiment = revised(
                written,
                replications or result.replications,
                seed if seed is not None else result.seed,
                workers,
                progress,
            )
            result = result_of(experiment)
            progress("writing the plan", 0.0)
            target = written_to(write_plan_folder(experiment, place), target)
    if json:
        print_json(result.model_dump(mode="json"))
    else:
        print_result(result, written.scenario, target)
    if result.status == "rejected":
        raise typer.Exit(ExitCode.REFUSED)


def _refuse(written: "WrittenPlan", report: "CheckReport", json: bool) -> None:
    """Print the rules that the edit violates, and end before the simulation."""
    from api.plan_files.proof import violations_json  # noqa: PLC0415

    if json:
        print_json(
            {
                "scenario": written.plan.scenario,
                "passed": False,
                "violations": violations_json(report, written.scenario),
                "plan_folder": written.state.as_json(),
            }
        )
    print_proof(stderr_console() if json else stdout_console(), written, report)
    stderr_console().print(
        "[bold red]No plan was written.[/] Edit timetable.csv again, or use --unproven for a plan that is rejected."
    )
    raise typer.Exit(ExitCode.REFUSED)
