"""`headwatt worker`: computes the jobs of an installation."""

from pathlib import Path
from typing import Annotated

import typer

HELP = (
    "Compute the jobs of an installation.\n\n"
    "`headwatt serve` starts a worker on its machine. With PostgreSQL (HEADWATT_DATABASE), workers on other machines "
    "compute jobs as well; the data folder must be the same network folder on all machines."
)
EPILOG = """\
[bold]Examples[/]

[cyan]HEADWATT_DATABASE=postgresql://planner@db/headwatt headwatt worker --data /srv/headwatt --at-once 4[/]
"""


def worker(
    data: Annotated[
        Path | None,
        typer.Option(help="Data folder of the installation.", show_default="the user's state folder", metavar="DIR"),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, max=64, help="Jobs computed at the same time, in each lane.", metavar="N")
    ] = 1,
    beside: Annotated[
        bool, typer.Option(hidden=True, help="End with the service that started this worker, after the running jobs.")
    ] = False,
) -> None:
    """Compute the jobs of an installation."""
    import logging  # noqa: PLC0415

    from api.jobs.port import Limits  # noqa: PLC0415
    from api.jobs.worker import run_worker  # noqa: PLC0415
    from api.services.installation import default_data_folder  # noqa: PLC0415
    from api.state.database import open_database  # noqa: PLC0415

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    folder = data if data is not None else default_data_folder()
    run_worker(open_database(folder), folder, at_once, Limits(), has_parent=beside)
