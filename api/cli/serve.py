"""`headwatt serve`: the HTTP service and its web page."""

import socket
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import stderr_console
from api.cli.telemetry_store import store_folder
from energy_models.faults import Fault, InputFaults

HELP = (
    "Serve plans over HTTP, with a web page to order and show plans.\n\n"
    "A worker process beside the service computes the plans. Ctrl-C puts running plans back into the queue; the next "
    "`headwatt serve` with the same data folder starts these plans again. The same holds after a crash. The state is "
    "in a SQLite file of the data folder, or in PostgreSQL if HEADWATT_DATABASE has its address."
)
EPILOG = """\
[bold]Examples[/]

On this machine:  [cyan]headwatt serve[/], then open http://127.0.0.1:8740

Order a plan from a program:
[cyan]curl -X POST http://127.0.0.1:8740/v1/plans --json '{"scenario": "beijing_yizhuang"}'[/]

Beyond this machine: [cyan]headwatt access add me --role admin[/] prints a key, then
[cyan]headwatt serve --host 0.0.0.0 --tls-certificate chain.pem --tls-key key.pem[/]

Receive telemetry:  [cyan]headwatt serve --telemetry store/ --mapping recorder.yaml[/]
"""


def serve(
    host: Annotated[
        str,
        typer.Option(help="Address of the service. Beyond this machine, each request needs a key, and TLS is needed."),
    ] = "127.0.0.1",
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name under which browsers and programs address the service, besides addresses and localhost; may be "
            "repeated.",
            metavar="NAME",
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate chain of the service, in PEM format.", metavar="FILE")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key of the certificate.", metavar="FILE")] = None,
    behind_tls_proxy: Annotated[
        bool,
        typer.Option("--behind-tls-proxy", help="A proxy with TLS passes on all requests; each of them needs a key."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 selects a free port.")] = 8740,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Data folder: plans, files and the database.", show_default="the user's state folder", metavar="DIR"
        ),
    ] = None,
    telemetry: Annotated[
        Path | None,
        typer.Option(help="Folder of the telemetry store for POST /v1/telemetry; needs --mapping.", metavar="DIR"),
    ] = None,
    mapping: Annotated[
        list[Path] | None,
        typer.Option(help="Mapping file of a recorder that sends telemetry; may be repeated.", metavar="FILE"),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, max=64, help="Jobs computed at the same time, in each lane.", metavar="N")
    ] = 1,
    worker: Annotated[
        bool, typer.Option(help="Whether a worker starts beside the service; without it, run `headwatt worker`.")
    ] = True,
) -> None:
    """Serve plans over HTTP, with a web page to order and show plans."""
    import uvicorn  # noqa: PLC0415

    from api.access.exposure import is_local_only  # noqa: PLC0415
    from api.http.app import create_app  # noqa: PLC0415
    from api.http.service import Service  # noqa: PLC0415
    from api.http.slow_connections import TimedProtocol  # noqa: PLC0415
    from api.jobs.beside import WorkerBeside  # noqa: PLC0415
    from api.services.installation import default_data_folder, open_installation  # noqa: PLC0415

    folder = data if data is not None else default_data_folder()
    console = stderr_console()
    is_local = is_local_only(host, tls_certificate, tls_key, behind_tls_proxy)
    installation = open_installation(folder)
    listening = _listen(host, port)
    receiver = None
    if telemetry is not None or mapping:
        from api.ingest.receiver import receiver_of  # noqa: PLC0415

        receiver = receiver_of(store_folder(telemetry), mapping or [])
    beside = WorkerBeside(folder, at_once) if worker else None

    def start() -> None:
        installation.prepare(lambda line: console.print(line, markup=False))
        if receiver is not None:
            installation.use_telemetry(receiver.store.root)
        if beside is not None:
            beside.start()
        installation.check.start()

    def stop() -> None:
        if beside is not None:
            beside.stop()
        installation.close()

    app = create_app(Service.of(installation), receiver, start, stop, allowed_host or (), is_local)
    scheme = "https" if tls_certificate is not None else "http"
    shown = f"[{host}]" if ":" in host else host
    console.print(f"Headwatt serves {scheme}://{shown}:{listening.getsockname()[1]} (Ctrl-C stops it)", markup=False)
    console.print(f"The data folder is {folder}", markup=False)
    if receiver is not None:
        console.print(f"Telemetry is stored in {receiver.store.root}", markup=False)
    config = uvicorn.Config(
        app, http=TimedProtocol, log_level="warning", server_header=False, timeout_graceful_shutdown=5,
        ssl_certfile=tls_certificate, ssl_keyfile=tls_key,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket; raises InputFaults for a port in use or an address of another machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # from here on, clients wait during the start of the server instead of getting a refusal
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        fault = Fault(
            "", "", "--host and --port", f"{host}:{port} ({reason})", "an address of this machine, a free port"
        )
        raise InputFaults([fault]) from None
    return listening
