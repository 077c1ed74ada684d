"""Options that every command with simulated days shares: who regulates, how many processes, or which cluster."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from simulation.engine import Engine

ControllerOption = Annotated[
    Literal["none", "hold", "even"],  # simulation.control.ControllerName, whose import takes seconds
    typer.Option(
        "--controller",
        help="Who regulates the traffic: nobody; no train leaves before its time; or trains are held, up to 45 s, "
        "where the gaps before and behind them have become uneven.",
    ),
]
Workers = Annotated[
    int, typer.Option(min=1, max=256, help="Processes that compute at once; results do not depend on it.", metavar="N")
]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Address of a Dask scheduler, tcp://host:port: its workers compute instead of processes here, with the "
        "same results. Needs the extra headwatt\\[cluster].",
        metavar="ADDRESS",
    ),
]


def engine_of(workers: int, address: str | None) -> "Engine":
    """The engine that was asked for."""
    from simulation.engine import Engine  # noqa: PLC0415 - imports the physics

    return Engine(workers, address)
