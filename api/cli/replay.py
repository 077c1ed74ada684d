"""`headwatt replay`: a page that plays a simulated day in time."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import stage_progress, stderr_console, stdout_console
from api.cli.plan_state import note_state
from api.cli.targets import require_writable

if TYPE_CHECKING:
    from simulation.day.trace import Trace

HELP = (
    "Write a page that plays a simulated day: moving trains coloured by power, the power of the substations, and the "
    "voltage along the line.\n\n"
    "RUN is a folder of `headwatt simulate --trace`, or the folder of a plan. For a plan, the command simulates one "
    "day of the plan. The page needs no network."
)
EPILOG = """\
[bold]Examples[/]

One day of a plan, without disturbances:  [cyan]headwatt replay plans/beijing_yizhuang --out replay.html[/]

One disturbed day of the plan:  [cyan]headwatt replay plans/beijing_yizhuang --seed 3 --out replay.html[/]

The morning of a traced simulation:
[cyan]headwatt simulate beijing_yizhuang --trace out/trace[/]
[cyan]headwatt replay out/trace --from 07:00 --to 09:00[/]
"""


def replay(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A folder of `headwatt simulate --trace`, or of `headwatt plan`.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Page to write; by default RUN/replay.html.", metavar="FILE.html")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Start of the window, such as 07:00; by default the whole day.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="End of the window, such as 09:00.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="For a plan: the first disturbed day of this seed; by default a day without disturbances."
        ),
    ] = None,
) -> None:
    """Write a page that plays a simulated day; see HELP."""
    from api.plan_files.manifest import note_exports  # noqa: PLC0415
    from api.replay.render import render_replay  # noqa: PLC0415
    from simulation.day.trace import is_trace, read_trace  # noqa: PLC0415

    target = out or run / "replay.html"
    begin_s, end_s = _clock("--from", from_), _clock("--to", to)
    if out is not None:
        require_writable({"--out": out})
    with stage_progress(f"headwatt replay {run.name}") as progress:
        progress("reading", 0.0)
        trace, note = (
            (read_trace(run), "") if is_trace(run) else _day_of_plan(run, seed, lambda: progress("the day", 0.0))
        )
        progress("page", 0.0)
        page = render_replay(trace, begin_s, end_s, note)
        target.write_text(page, encoding="utf-8")
        if not is_trace(run):
            note_exports(run, [target])
    stdout_console().print(str(target))
    if note:
        stderr_console().print(note, markup=False)
    stderr_console().print(f"{len(page) / 1e6:.1f} MB; the page needs no network.")


def _clock(option: str, text: str | None) -> int | None:
    from pydantic_core import PydanticCustomError  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from scenarios.schema.base import clock_to_seconds  # noqa: PLC0415

    if text is None:
        return None
    try:
        return clock_to_seconds(text)
    except PydanticCustomError:
        raise InputFaults([Fault("", "", option, text, 'a time of day such as "07:00"')]) from None


def _day_of_plan(folder: Path, seed: int | None, report: Callable[[], None]) -> "tuple[Trace, str]":
    """The trace of one simulated day of a plan, and a note that compares its energy with the energy in the report."""
    from api.computations.tracing import traced_day  # noqa: PLC0415
    from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415
    from api.summary import kwh  # noqa: PLC0415

    written = read_sound_plan(folder)
    note_state(written.state)
    name = f"plan ({written.state.mark})" if written.state.mark else "plan"
    report()
    trace = traced_day(written.scenario, written.stock(), written.plan.timetable, seed, name)
    result = written.proven_result
    note = (
        ""
        if result is None
        else f"This is one day {'without' if seed is None else 'with'} disturbances. The judged energy of the plan is "
        f"{kwh(result.plan.energy_kwh)} a day: the mean over {result.replications} simulated days with disturbances."
    )
    return trace, note
