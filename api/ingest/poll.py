"""Telemetry that is fetched: an address that returns the newest rows, such as GTFS-Realtime vehicle positions."""

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from api.ingest.receiver import Receiver
from energy_models.faults import InputFaults
from energy_models.telemetry.receipt import Receipt
from energy_models.telemetry.recordings.files import MOST_BYTES_AT_ONCE

_PATIENCE_S = 20.0
_VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
"""Headers of an answer, and the headers of the next request with which an unchanged answer is not sent again."""


def poll(
    address: str,
    receiver: Receiver,
    *,
    every_s: float,
    source: str | None = None,
    header: str | None = None,
    stop: threading.Event,
    report: Callable[[Receipt], None],
    lost: Callable[[str], None],
) -> None:
    """Fetch an address again and again until `stop` is set, and store what it returns.

    Args:
        address: An http or https address; its answer has a form that the store reads.
        receiver: The store and the mappings.
        every_s: Seconds between two requests.
        source: Kind of recorder; None: the only mapping.
        header: A further header of the requests, as `name: value`.
        stop: Ends the receiver.
        report: Called with the receipt of each answer with rows.
        lost: Called with the reason when an answer is missing or cannot be read; nothing of it is stored.
    """
    own = header_of(header)
    unchanged: Mapping[str, str] = {}
    while not stop.is_set():
        try:
            content, unchanged = fetched(address, {**own, **unchanged})
            if content is not None:
                report(receiver.receive(content, source, "answer"))
        except InputFaults as error:
            lost("; ".join(str(fault) for fault in error.faults))
        except HTTPError as error:
            if error.code != HTTPStatus.NOT_MODIFIED:
                lost(f"{error.code} {error.reason}")
        except (URLError, OSError, ValueError) as error:
            lost(str(error))
        stop.wait(every_s)


def header_of(header: str | None) -> dict[str, str]:
    """A header `name: value` as a dictionary."""
    name, _, value = (header or "").partition(":")
    return {name.strip(): value.strip()} if name.strip() else {}


def fetched(address: str, headers: Mapping[str, str]) -> tuple[bytes | None, Mapping[str, str]]:
    """The answer, and the headers by which the next request asks only for a changed one."""
    with urlopen(Request(address, headers=dict(headers)), timeout=_PATIENCE_S) as answer:
        content = answer.read(MOST_BYTES_AT_ONCE + 1)
        if len(content) > MOST_BYTES_AT_ONCE:
            raise ValueError(f"an answer of more than {MOST_BYTES_AT_ONCE / 1e6:,.0f} MB")
        known = {asks: answer.headers[says] for says, asks in _VALIDATORS.items() if answer.headers[says]}
        return content or None, known
