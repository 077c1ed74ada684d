"""`headwatt replay`: a page that plays a simulated day in time."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import stage_progress, stderr_console, stdout_console
from api.cli.targets import require_writable

if TYPE_CHECKING:
    from simulation.trace import Trace

HELP = (
    "Write a page that plays a simulated day in time: trains moving, coloured by power; the power of the substations; "
    "the voltage along the line.\n\n"
    "RUN is a folder that `headwatt simulate --trace` wrote, or the folder of a plan: then one day of the plan is "
    "simulated for it. The page opens in a browser without a network."
)
EPILOG = """\
[bold]Examples[/]

A day of a plan, without disturbances:  [cyan]headwatt replay plans/beijing_yizhuang --out replay.html[/]

A disturbed day of it:  [cyan]headwatt replay plans/beijing_yizhuang --seed 3 --out replay.html[/]

A traced run, its morning only:
[cyan]headwatt simulate beijing_yizhuang --trace out/trace[/]
[cyan]headwatt replay out/trace --from 07:00 --to 09:00[/]
"""


def replay(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A folder of `headwatt simulate --trace`, or of `headwatt plan`.")
    ],
    out: Annotated[Path | None, typer.Option(help="The page; RUN/replay.html by default.", metavar="FILE.html")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Begin of the window, as 07:00; the whole day by default.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="End of the window, as 09:00.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="Of a plan: the first disturbed day of this seed; without it nothing disturbs the day."
        ),
    ] = None,
) -> None:
    """Write a page that plays a simulated day; see HELP."""
    from api.replay.render import render_replay  # noqa: PLC0415
    from simulation.trace import is_trace, read_trace  # noqa: PLC0415

    target = out or run / "replay.html"
    begin_s, end_s = _clock("--from", from_), _clock("--to", to)
    if out is not None:
        require_writable({"--out": out})
    with stage_progress(f"headwatt replay {run.name}") as progress:
        progress("reading", 0.0)
        trace = read_trace(run) if is_trace(run) else _day_of_plan(run, seed, lambda: progress("the day", 0.0))
        progress("page", 0.0)
        page = render_replay(trace, begin_s, end_s)
        target.write_text(page, encoding="utf-8")
    stdout_console().print(str(target))
    stderr_console().print(f"{len(page) / 1e6:.1f} MB; it opens in a browser, without a network.")


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


def _day_of_plan(folder: Path, seed: int | None, tell: Callable[[], None]) -> "Trace":
    from api.sound_plan import read_sound_plan  # noqa: PLC0415
    from api.version import headwatt_version  # noqa: PLC0415
    from scenarios.build import profile_library  # noqa: PLC0415
    from simulation.day import day_model  # noqa: PLC0415
    from simulation.replications import prepare_profiles, replication_seeds  # noqa: PLC0415
    from simulation.trace import trace_of  # noqa: PLC0415

    written = read_sound_plan(folder)
    tell()
    model = day_model(written.scenario, profile_library(written.scenario, written.train()))
    prepare_profiles(model, [written.plan.timetable], 2)
    day = model.day(written.plan.timetable, replication_seeds(seed, 1)[0] if seed is not None else None, traces=True)
    return trace_of(written.scenario, day, "plan", headwatt_version())
