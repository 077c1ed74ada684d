"""`headwatt serve`: the HTTP service and its page."""

import socket
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_state_path

from api.cli.console import stderr_console
from energy_models.faults import Fault, InputFaults

HELP = (
    "Serve plans over HTTP, with a page that orders and shows them.\n\n"
    "Plans are computed in processes of their own. Stopped with Ctrl-C, plans at work go back into the queue and start "
    "again with the next `headwatt serve` on the same folder; after a crash they are found again."
)
EPILOG = """\
[bold]Examples[/]

For yourself:  [cyan]headwatt serve[/]  and open http://127.0.0.1:8740

Order a plan from a program:
[cyan]curl -X POST http://127.0.0.1:8740/v1/plans --json '{"scenario": "beijing_yizhuang"}'[/]
"""


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on. The service has no login: leave it local, or put one before it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8740,
    jobs: Annotated[
        Path | None,
        typer.Option(help="Folder where plans are kept.", show_default="the user's state folder", metavar="DIR"),
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Plans computed at the same time.", metavar="N")] = 1,
) -> None:
    """Serve plans over HTTP, with a page that orders and shows them."""
    import uvicorn  # noqa: PLC0415

    from api.http.app import create_app  # noqa: PLC0415
    from api.jobs.store import JobStore  # noqa: PLC0415
    from api.jobs.supervisor import Supervisor  # noqa: PLC0415

    folder = jobs if jobs is not None else user_state_path("headwatt", appauthor=False) / "jobs"
    listening = _listen(host, port)
    app = create_app(Supervisor(JobStore(folder), at_once))
    shown = f"[{host}]" if ":" in host else host
    console = stderr_console()
    console.print(f"Headwatt serves http://{shown}:{listening.getsockname()[1]} (Ctrl-C stops it)", markup=False)
    console.print(f"Plans are kept in {folder}", markup=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5))
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket; a taken port or a foreign address is an input fault."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # from here on clients wait rather than being refused while the server starts
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        fault = Fault(
            "", "", "--host and --port", f"{host}:{port} ({reason})", "an address of this machine, a free port"
        )
        raise InputFaults([fault]) from None
    return listening
