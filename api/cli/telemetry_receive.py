"""`headwatt telemetry receive`: store the telemetry that MQTT, Kafka or an address of the web delivers."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

import typer

from api.cli.config import Config
from api.cli.console import stderr_console
from api.cli.telemetry_store import StoreFolder, print_receipt, store_folder
from api.process_memory import settle_memory

if TYPE_CHECKING:
    from api.ingest.receiver import Receiver
    from api.services.telemetry_log import TelemetryLog
    from energy_models.telemetry.receipt import Receipt

BROKERS = ("mqtt", "mqtts", "kafka")
EPILOG = """\
[bold]Examples[/]

Receive rows as JSON from a broker:
[cyan]headwatt telemetry receive mqtt://broker:1883 --topic 'trains/+/rows' --mapping recorder.yaml[/]

With a login, whose password is in the environment variable HEADWATT_MQTT_PASSWORD:
[cyan]headwatt telemetry receive mqtts://headwatt@broker:8883 --topic 'trains/#' --mapping recorder.yaml[/]

Receive rows as JSON from Kafka:
[cyan]headwatt telemetry receive kafka://broker1:9092,broker2:9092 --topic trains --mapping recorder.yaml[/]

Vehicle positions of GTFS-Realtime, fetched every 15 s:
[cyan]headwatt telemetry receive https://agency.example/positions.pb --every 15 --mapping positions.yaml[/]
"""


def receive(
    address: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="Broker (mqtt://HOST:PORT, mqtts:// with encryption, kafka://HOST:PORT,HOST:PORT), or address "
            "(https://...).",
        ),
    ],
    mapping: Annotated[Path, typer.Option(help="Mapping file of the messages.", metavar="FILE")],
    topic: Annotated[
        str | None,
        typer.Option(help="For a broker: topic of the messages; MQTT with the wildcards + and #.", metavar="TOPIC"),
    ] = None,
    store: StoreFolder = None,
    client: Annotated[
        str,
        typer.Option(
            help="For a broker: name of the session (Kafka: the consumer group), by which it keeps the place of this "
            "receiver.",
            metavar="ID",
        ),
    ] = "headwatt-telemetry",
    client_settings: Annotated[
        Path | None,
        typer.Option(
            help="For Kafka: file with further settings of the client, a line `key=value` each, such as "
            "`security.protocol=SASL_SSL`.",
            metavar="FILE",
        ),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=3600.0,
            metavar="S",
            help="Seconds for which messages of a broker are collected (1), or between two fetches of an address (15).",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Data folder of a service: its audit log gets an entry a minute with the sums of what was stored.",
            metavar="DIR",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Store the messages of MQTT or Kafka, or what an address returns, until Ctrl-C.

    A message of a broker is one JSON object with the columns of the mapping, or an array of objects. A message is
    acknowledged only when its rows are durable: after a crash, the broker sends the others again. An address returns
    vehicle positions of GTFS-Realtime, or any form that `headwatt telemetry ingest` reads; rows that it returns again
    are duplicates. If the address needs a key, put its header into HEADWATT_FEED_HEADER, such as "x-api-key: 17".
    MQTT and GTFS-Realtime need the extra `live`, Kafka the extra `kafka`.
    """
    from api.ingest.receiver import receiver_of  # noqa: PLC0415
    from api.services.availability import Caller  # noqa: PLC0415
    from api.services.telemetry_log import counts_of  # noqa: PLC0415
    from energy_models.telemetry.receipt import total  # noqa: PLC0415

    found_address = _address(address, topic, client_settings)
    receiver = receiver_of(store_folder(store), [mapping])
    console = stderr_console()
    log = _audit_log(data, config) if data is not None or config is not None else None
    caller, source = (
        Caller(f"receiver:{client if topic is not None else found_address.hostname}"),
        receiver.mapping(None).source,
    )
    receipts: list[Receipt] = []

    def report(receipt: "Receipt") -> None:
        receipts.append(receipt)
        if len(receipts) > 1:
            receipts[:] = [total(receipts)]
        if log is not None:
            log.received(caller, source, counts_of(receipt))

    def lost(reason: str) -> None:
        console.print(f"Nothing received: {reason}; trying again.", markup=False)

    console.print(f"Receiving {topic or 'rows'} from {address} (Ctrl-C stops it)", markup=False)
    try:
        if topic is None:
            _poll(address, receiver, every or 15.0, report, lost)
        elif found_address.scheme == "kafka":
            _consume(found_address.netloc, topic, receiver, client, client_settings, every or 1.0, report, lost)
        else:
            _subscribe(found_address, topic, receiver, client, every or 1.0, report, lost)
    finally:
        if log is not None:
            log.write_all()
    print_receipt(total(receipts), console, "all messages")


def _audit_log(data: Path | None, config: Path | None) -> "TelemetryLog":
    """The audit log of an installation; raises InputFaults for a database that is not one of this version."""
    from api.services.installation import database_of  # noqa: PLC0415
    from api.services.telemetry_log import TelemetryLog  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415
    from api.state.migrate import require_current  # noqa: PLC0415

    database = database_of(read_settings({"data": data}, config).settings)
    require_current(database)
    return TelemetryLog(database)


def _poll(
    address: str, receiver: "Receiver", every_s: float, report: "Callable[[Receipt], None]", lost: Callable[[str], None]
) -> None:
    from api.ingest.poll import poll  # noqa: PLC0415

    header = os.environ.get("HEADWATT_FEED_HEADER")
    poll(address, receiver, every_s=every_s, header=header, stop=_stop_by_signal(), report=report, lost=lost)


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _consume(
    servers: str, topic: str, receiver: "Receiver", group: str, settings: Path | None, every_s: float,
    report: "Callable[[Receipt], None]", lost: Callable[[str], None],
) -> None:  # fmt: skip
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    try:
        from api.ingest import kafka  # noqa: PLC0415
    except ModuleNotFoundError:
        allowed = "an installation with the extra `kafka`: pip install 'headwatt[kafka]'"
        raise InputFaults([Fault("", "", "receive", "confluent-kafka is not installed", allowed)]) from None
    kafka.receive(
        servers,
        topic,
        receiver,
        group=group,
        settings=kafka.client_settings(settings) if settings is not None else {},
        flush_s=every_s,
        stop=_stop_by_signal(),
        report=report,
        lost=lost,
    )


def _subscribe(
    address: SplitResult, topic: str, receiver: "Receiver", client: str, every_s: float,
    report: "Callable[[Receipt], None]", lost: Callable[[str], None],
) -> None:  # fmt: skip
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    try:
        from api.ingest import mqtt  # noqa: PLC0415
    except ModuleNotFoundError:
        allowed = "an installation with the extra `live`: pip install 'headwatt[live]'"
        raise InputFaults([Fault("", "", "receive", "aiomqtt is not installed", allowed)]) from None

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        broker = mqtt.Broker(
            host=str(address.hostname),
            port=address.port or (8883 if address.scheme == "mqtts" else 1883),
            username=address.username,
            password=address.password or os.environ.get("HEADWATT_MQTT_PASSWORD"),
            client=client,
            is_encrypted=address.scheme == "mqtts",
        )
        await mqtt.receive(broker, topic, receiver, flush_s=every_s, stop=stop, report=report, lost=lost)

    settle_memory()
    asyncio.run(run())


def _address(url: str, topic: str | None, client_settings: Path | None) -> SplitResult:
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    faults = []
    try:
        found = urlsplit(url)
        is_right = found.scheme in (*BROKERS, "http", "https") and bool(found.hostname)
        is_right = is_right and all(_has_port_or_none(one) for one in found.netloc.split(","))
        is_right = is_right and (found.scheme == "kafka" or "," not in found.netloc)
    except ValueError:
        found, is_right = SplitResult("", "", "", "", ""), False
    if not is_right:
        allowed = "mqtt://HOST:PORT, mqtts://HOST:PORT, kafka://HOST:PORT,HOST:PORT, http://... or https://..."
        faults.append(Fault("", "", "URL", url, allowed))
    elif (found.scheme in BROKERS) != (topic is not None):
        allowed = "a topic for a broker (mqtt, mqtts, kafka), and none for an address (http, https)"
        faults.append(Fault("", "", "--topic", topic or "missing", allowed))
    if is_right and client_settings is not None and found.scheme != "kafka":
        faults.append(Fault("", "", "--client-settings", str(client_settings), "only with kafka://..."))
    if faults:
        raise InputFaults(faults)
    return found


def _has_port_or_none(place: str) -> bool:
    """Whether `host` or `host:port` has a host, and a port from 1 if there is one. Raises ValueError."""
    one = urlsplit(f"//{place}")
    return bool(one.hostname) and (one.port is None or one.port > 0)
