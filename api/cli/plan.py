"""`headwatt plan`: plan a scenario, check and judge the plan, and write it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import print_json, stage_progress, stderr_console
from api.cli.interrupt import interrupt_keeps_best
from api.cli.outcome import ExitCode
from api.cli.plan_state import note_state, written_to
from api.cli.plan_summary import print_result
from api.cli.planning_options import plain_values, with_planning_options
from api.cli.shared_options import JsonOutput, OverrideNames, ReplacesEditedPlan, ScenarioName
from api.cli.simulation_options import ControllerOption, Workers
from api.cli.stage_seconds import seconds_text, seconds_until_now

HELP = (
    "Plan a day with less electricity, check and judge the plan, and write it.\n\n"
    "The command writes headways.csv, timetable.csv, profiles.csv, result.json, scenario.json, report.html and "
    "manifest.json. It prints the saving with its baseline, metering point and confidence interval, and the share of "
    "each lever. The new folder replaces an earlier plan only when all files are complete."
)
EPILOG = """\
[bold]Examples[/]

A weekday of the bundled line:  [cyan]headwatt plan beijing_yizhuang[/]

A summer day, 20 simulated days:  [cyan]headwatt plan beijing_yizhuang --override summer --replications 20[/]

Your own line, with JSON output:  [cyan]headwatt plan lines/my_line --out out --json > result.json[/]

Plan again with fixes and small changes:
[cyan]headwatt plan beijing_yizhuang --from plans/beijing_yizhuang \
--fix fixes.yaml --keep-close 20 --out plans/revised[/]

Least cost, with a peak below 5 MW:  [cyan]headwatt plan beijing_yizhuang --objective cost --peak-limit-kw 5000[/]

A short search and a long search:
[cyan]headwatt plan beijing_yizhuang --effort quick[/]
[cyan]headwatt plan beijing_yizhuang --effort thorough[/]

Trips up to 30 s longer from end to end, with shorter stands at the terminals:
[cyan]headwatt plan beijing_yizhuang --longer-trips 30[/]

Ctrl-C during the search ends the search: the best plan so far is checked, judged and written. Ctrl-C again ends the
command.

With a calibrated vehicle, or with a model for each vehicle:
[cyan]headwatt plan beijing_yizhuang --vehicle vehicle.yaml[/]
[cyan]headwatt plan beijing_yizhuang --fleet fleet/[/]

Headways that follow the demand, with today's waiting, and a set of choices:
[cyan]headwatt plan beijing_yizhuang --mode demand-led[/]

Your own headways in some periods (a CSV table with from, to, headway_s), today's trips in the others:
[cyan]headwatt plan beijing_yizhuang --mode demand-led --headways headways.csv[/]

The third choice of this set, or the choice with the least cost and a mean waiting of 170 s:
[cyan]headwatt plan beijing_yizhuang --mode demand-led --pick 3[/]
[cyan]headwatt plan beijing_yizhuang --mode demand-led --objective cost --mean-waiting 170[/]
"""


@with_planning_options
def plan(
    scenario: ScenarioName,
    *,
    given: Mapping[str, Any],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the plan: a new folder, or the folder of a plan that was not edited, which is replaced.",
            show_default="plans/NAME",
            metavar="DIR",
        ),
    ] = None,
    force: ReplacesEditedPlan = False,
    replications: Annotated[
        int, typer.Option(min=2, max=1000, help="Number of simulated days for the interval.", metavar="N")
    ] = 10,
    override: OverrideNames = None,
    controller: ControllerOption = "none",
    workers: Workers = 2,
    sensitivity: Annotated[
        bool | None,
        typer.Option(
            "--sensitivity/--no-sensitivity",
            help="Also compute the saving for main inputs that are 20 % smaller and larger (voltages 5 %).",
            show_default="only if inputs are borrowed from another line",
        ),
    ] = None,
    json: JsonOutput = False,
) -> None:
    """Plan a day with less electricity; see HELP."""
    with stage_progress(f"headwatt plan {scenario}") as progress:
        progress("reading the scenario", 0.0)
        # The physics and the solvers take seconds to import; `--help` and the other commands do not wait for them.
        from simulation.runs.engine import import_for_workers  # noqa: PLC0415

        if workers > 1:
            import_for_workers()
        from api.experiment_result import result_of  # noqa: PLC0415
        from api.plan_files.folder import read_plan_folder, write_plan_folder  # noqa: PLC0415
        from api.plan_files.models import ModelFiles  # noqa: PLC0415
        from api.plan_files.placing import place_for  # noqa: PLC0415
        from dispatch.planner.options import require_sensible  # noqa: PLC0415
        from dispatch.plans.longer_trips import allowed_in  # noqa: PLC0415
        from dispatch.timing.task import SearchStop  # noqa: PLC0415
        from scenarios.files.load import load_scenario  # noqa: PLC0415
        from scenarios.requests.fixes import NO_FIXES, read_fixes  # noqa: PLC0415
        from scenarios.requests.headways import read_headways  # noqa: PLC0415
        from simulation.experiment import PlanRequest, run_plan_experiment  # noqa: PLC0415

        fix, start, wished = (given[name] for name in ("fixes", "from_plan", "headways"))
        asked = load_scenario(scenario, tuple(override or ()))
        before = read_plan_folder(start) if start is not None else None
        if before is not None:
            note_state(before.state)
        files = ModelFiles(given["vehicle"], given["fleet"], given["as_type"])
        models = files.read(before.models if before is not None else None)
        models.stock(asked)
        table_notes: list[str] = []
        headways = read_headways(wished, table_notes) if wished is not None else ()
        request = PlanRequest(
            scenario=asked,
            replications=replications,
            vehicle=models.vehicle,
            fleet=models.fleet,
            as_type=models.as_type,
            workers=workers,
            fixes=read_fixes(fix) if fix is not None else NO_FIXES,
            headways=headways,
            start=before.plan if before is not None else None,
            notes=(*(before.state.start_notes() if before is not None else ()), *table_notes),
            sensitivity=sensitivity,
            controller=controller,
            **plain_values(given),
        )
        require_sensible(request, allowed_in(before.plan) if before is not None else 0, by_flag=True)
        folder = out if out is not None else Path("plans") / asked.name
        place = place_for(folder, "--out", force=force)
        start_s = seconds_until_now()
        progress("preparing", 0.0)
        stop = SearchStop()
        with interrupt_keeps_best(stop, progress):
            experiment = run_plan_experiment(request, progress, stop)
        experiment = replace(experiment, seconds={"start": start_s, **experiment.seconds})
        writing_from_s = seconds_until_now()
        progress("writing the plan", 0.0)
        folder = written_to(write_plan_folder(experiment, place), folder)
        progress("writing the plan", 1.0)
    result = result_of(experiment)
    result.seconds["writing"] = round(seconds_until_now() - writing_from_s, 3)
    if json:
        print_json(result.model_dump(mode="json"))
    else:
        print_result(result, asked, folder)
        stderr_console().print(f"Time: {seconds_text(result.seconds)}", markup=False)
    if result.status == "rejected":
        raise typer.Exit(ExitCode.REFUSED)
