"""`headwatt worker`: computes the jobs of an installation."""

import os
from pathlib import Path
from typing import Annotated

import typer

from api.cli.config import Config

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
        int | None,
        typer.Option(
            min=1, max=64, help="Jobs computed at the same time, in each lane.", show_default="1", metavar="N"
        ),
    ] = None,
    beside: Annotated[
        bool, typer.Option(hidden=True, help="End with the service that started this worker, after the running jobs.")
    ] = False,
    config: Config = None,
) -> None:
    """Compute the jobs of an installation."""
    from api.jobs.place import DASK_SETTING  # noqa: PLC0415
    from api.jobs.worker import run_worker  # noqa: PLC0415
    from api.logs import log_to_stderr  # noqa: PLC0415
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415

    settings = read_settings({"data": data, "worker.at_once": at_once}, config).settings
    log_to_stderr(settings.logs.form, settings.logs.level)
    if settings.dask is not None:
        os.environ[DASK_SETTING] = settings.dask  # the processes of jobs read it
    folder = settings.data if settings.data is not None else default_data_folder()
    run_worker(database_of(settings), folder, settings.worker.at_once, settings.limits.largest(), has_parent=beside)
