"""The application on a real socket, in a thread of the test: its settings can be those of the test."""

import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from prepared_data import prepared_data
from starlette.types import ASGIApp

from api.http.app import create_app
from api.http.exposure import Exposure
from api.http.service import Service
from api.http.slow_connections import TimedProtocol
from api.services.installation import open_installation


def app_in(
    data: Path, hosts: Collection[str] = (), is_local: bool = True, checks: bool = False, is_secure: bool = False
) -> FastAPI:
    """The application of a data folder without a worker; with `checks`, the first order does not wait for the check."""
    installation = open_installation(prepared_data(data))

    def start() -> None:
        installation.prepare(lambda _line: None)
        if checks:
            installation.check.start()

    return create_app(Service.of(installation), None, start, installation.close, Exposure(hosts, is_local, is_secure))


@contextmanager
def served_app(app: ASGIApp, **settings: Any) -> Iterator[int]:
    """Serve an application with the protocol of `headwatt serve`; yields its port on 127.0.0.1."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, loop="uvloop", http=TimedProtocol, ws="none", log_level="critical", **settings)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
