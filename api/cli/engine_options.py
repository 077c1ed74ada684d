"""Options that every command with simulated days shares: how many processes, or which cluster."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulation.engine import Engine

Workers = Annotated[
    int, typer.Option(min=1, max=256, help="Processes that compute at once; results do not depend on it.", metavar="N")
]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Address of a Dask scheduler, tcp://host:port: its workers compute instead of processes here, with the "
        "same results. Needs the extra headwatt[cluster].",
        metavar="ADDRESS",
    ),
]


def engine_of(workers: int, address: str | None) -> "Engine":
    """The engine that was asked for."""
    from simulation.engine import Engine  # noqa: PLC0415 - imports the physics

    return Engine(workers, address)
