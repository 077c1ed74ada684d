"""`headwatt serve`: the HTTP service and its web page."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.access.sessions import link_address
from api.cli.config import Config
from api.cli.console import stderr_console
from api.cli.telemetry_store import store_folder
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from api.ingest.receiver import Receiver
    from api.services.installation import Installation
    from api.settings.model import ServerSettings

HELP = (
    "Serve plans over HTTP, with a web page to order and show plans.\n\n"
    "A worker process beside the service computes the plans. Ctrl-C puts running plans back into the queue; the next "
    "`headwatt serve` with the same data folder starts these plans again. The same holds after a crash. The state is "
    "in a SQLite file of the data folder, or in PostgreSQL if HEADWATT_DATABASE has its address.\n\n"
    "The environment and a file may contain these options as settings (`headwatt config show`); options win."
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
        str | None,
        typer.Option(
            help="Address of the service. Beyond this machine, each request needs a key, and TLS is needed.",
            show_default="127.0.0.1",
        ),
    ] = None,
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
        bool | None,
        typer.Option("--behind-tls-proxy", help="A proxy with TLS passes on all requests; each of them needs a key."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 selects a free port.", show_default="8740")
    ] = None,
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
        int | None,
        typer.Option(
            min=1, max=64, help="Jobs computed at the same time, in each lane.", show_default="1", metavar="N"
        ),
    ] = None,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="Whether a worker starts beside the service; without it, run `headwatt worker`.",
            show_default="a worker",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Serve plans over HTTP, with a web page to order and show plans."""
    import uvicorn  # noqa: PLC0415

    from api.access.exposure import is_local_only  # noqa: PLC0415
    from api.http.app import create_app  # noqa: PLC0415
    from api.http.exposure import Exposure  # noqa: PLC0415
    from api.http.service import Service  # noqa: PLC0415
    from api.http.slow_connections import TimedProtocol  # noqa: PLC0415
    from api.jobs.beside import COMMAND, WorkerBeside  # noqa: PLC0415
    from api.logs import log_to_stderr  # noqa: PLC0415
    from api.services.installation import open_with  # noqa: PLC0415
    from api.services.noted_settings import note_settings  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415

    read = read_settings(
        {
            "server.host": host, "server.allowed_hosts": allowed_host or None, "server.port": port, "data": data,
            "server.tls_certificate": tls_certificate, "server.tls_key": tls_key, "worker.at_once": at_once,
            "server.behind_tls_proxy": behind_tls_proxy, "worker.beside": worker, "telemetry.store": telemetry,
            "telemetry.mappings": mapping or None,
        },
        config,
    )  # fmt: skip
    settings = read.settings
    log_to_stderr(settings.logs.form, settings.logs.level)
    server, console = settings.server, stderr_console()
    is_local = is_local_only(server.host, server.tls_certificate, server.tls_key, server.behind_tls_proxy)
    installation = open_with(settings)
    listening = _listen(server.host, server.port)
    address = _address(server, listening)
    receiver = None
    if settings.telemetry.store is not None or settings.telemetry.mappings:
        from api.ingest.receiver import receiver_of  # noqa: PLC0415

        receiver = receiver_of(store_folder(settings.telemetry.store), settings.telemetry.mappings)
    beside = None
    if settings.worker.beside:
        command = COMMAND if read.file is None else (*COMMAND, "--config", str(read.file))
        beside = WorkerBeside(installation.data, settings.worker.at_once, command)

    def start() -> None:
        installation.prepare(lambda line: console.print(line, markup=False))
        note_settings(installation.database, settings)
        if receiver is not None:
            installation.use_telemetry(receiver.store.root)
        if beside is not None:
            beside.start()
        installation.check.start()
        if not is_local:
            _show_first_link(installation, server, address)

    def stop() -> None:
        if beside is not None:
            beside.stop()
        installation.close()

    is_secure = server.tls_certificate is not None or server.behind_tls_proxy
    exposure = Exposure(server.allowed_hosts, is_local, is_secure, settings.metrics.access)
    app = create_app(Service.of(installation), receiver, start, stop, exposure)
    _announce(address, installation, receiver)
    uvicorn_config = uvicorn.Config(
        app, loop="uvloop", http=TimedProtocol, ws="none", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=5, ssl_certfile=server.tls_certificate, ssl_keyfile=server.tls_key,
    )  # fmt: skip
    uvicorn.Server(uvicorn_config).run(sockets=[listening])


def _announce(address: str, installation: "Installation", receiver: "Receiver | None") -> None:
    """Print where the service is, and where its data and telemetry are."""
    console = stderr_console()
    console.print(f"Headwatt serves {address} (Ctrl-C stops it)", markup=False)
    console.print(f"The data folder is {installation.data}", markup=False)
    if receiver is not None:
        console.print(f"Telemetry is stored in {receiver.store.root}", markup=False)


def _address(server: "ServerSettings", listening: socket.socket) -> str:
    scheme = "https" if server.tls_certificate is not None else "http"
    shown = f"[{server.host}]" if ":" in server.host else server.host
    return f"{scheme}://{shown}:{listening.getsockname()[1]}"


def _show_first_link(installation: "Installation", server: "ServerSettings", address: str) -> None:
    """Print the link of the first administrator, as long as nobody has a key."""
    token = installation.sessions.first_link()
    if token is None:
        return
    public = f"https://{server.allowed_hosts[0]}" if server.behind_tls_proxy and server.allowed_hosts else address
    minutes = installation.sessions.lifetimes.link.total_seconds() / 60
    stderr_console().print(
        f"Nobody has a key yet. This link signs in the first administrator once, within {minutes:.0f} minutes:\n"
        f"{link_address(public, token)}",
        markup=False,
        soft_wrap=True,
    )


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
