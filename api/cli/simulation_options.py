"""Options of all commands with simulated days: the controller, the number of processes, the cluster."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispatch.regulation.interface.controller_name import ControllerName

if TYPE_CHECKING:
    from simulation.runs.engine import Engine

ControllerOption = Annotated[
    ControllerName,
    typer.Option(
        "--controller",
        help="Controller of the trains. none; hold: no train leaves before its time; even: a train is held, at most "
        "for the longest_hold_s of the operation, if the gaps ahead and behind are uneven; track: running "
        "times bring each train back to its schedule plus the schedule_margin_s of the operation; energy: departures "
        "and running times near the schedule with which the line draws the least energy.",
    ),
]
BaselineControllerOption = Annotated[
    ControllerName, typer.Option("--baseline-controller", help="Controller of the trains of today's timetable.")
]
Workers = Annotated[
    int,
    typer.Option(min=1, max=256, help="Number of parallel processes; the results do not depend on it.", metavar="N"),
]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Address of a Dask scheduler, tcp://host:port: its workers compute instead of local processes, with the "
        "same results. Requires the extra headwatt\\[cluster].",
        metavar="ADDRESS",
    ),
]


def engine_of(workers: int, address: str | None) -> "Engine":
    """The engine of the options."""
    from simulation.runs.engine import Engine  # noqa: PLC0415 - imports the physics

    return Engine(workers, address)
