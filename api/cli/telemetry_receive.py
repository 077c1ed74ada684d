"""`headwatt telemetry receive`: store the telemetry that an MQTT broker delivers."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import typer
from rich.markup import escape

from api.cli.console import stderr_console
from api.cli.telemetry_store import StoreFolder, print_receipt, store_folder

EPILOG = """\
[bold]Examples[/]

Receive rows as JSON from a broker:
[cyan]headwatt telemetry receive mqtt://broker:1883 --topic 'trains/+/rows' --mapping recorder.yaml[/]

With a login, whose password is in the environment variable HEADWATT_MQTT_PASSWORD:
[cyan]headwatt telemetry receive mqtts://headwatt@broker:8883 --topic 'trains/#' --mapping recorder.yaml[/]
"""


def receive(
    broker: Annotated[
        str, typer.Argument(metavar="URL", help="Broker: mqtt://HOST:PORT, or mqtts:// with encryption.")
    ],
    topic: Annotated[
        str, typer.Option(help="Topic of the messages; the wildcards + and # are allowed.", metavar="TOPIC")
    ],
    mapping: Annotated[Path, typer.Option(help="Mapping file of the messages.", metavar="FILE")],
    store: StoreFolder = None,
    client: Annotated[
        str,
        typer.Option(help="Name of the session, by which the broker keeps messages for this receiver.", metavar="ID"),
    ] = "headwatt-telemetry",
    every: Annotated[
        float, typer.Option(min=0.05, max=60.0, help="Seconds for which messages are collected.", metavar="S")
    ] = 1.0,
) -> None:
    """Store the messages of an MQTT broker until Ctrl-C.

    A message is one JSON object with the columns of the mapping, or an array of objects. A message is acknowledged
    only when its rows are durable: after a crash, the broker sends the others again. This command needs the extra
    `live` (aiomqtt).
    """
    from api.ingest.receiver import receiver_of  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.receipt import Receipt, total  # noqa: PLC0415

    try:
        from api.ingest import mqtt  # noqa: PLC0415
    except ModuleNotFoundError:
        allowed = "an installation with the extra `live`: pip install 'headwatt[live]'"
        raise InputFaults([Fault("", "", "receive", "aiomqtt is not installed", allowed)]) from None
    address = _broker(broker)
    found = receiver_of(store_folder(store), [mapping])
    console = stderr_console()
    receipts: list[Receipt] = []

    def report(receipt: Receipt) -> None:
        receipts.append(receipt)
        if len(receipts) > 1:
            receipts[:] = [total(receipts)]

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        console.print(f"Receiving {topic} from {broker} (Ctrl-C stops it)", markup=False)
        await mqtt.receive(
            mqtt.Broker(
                host=str(address.hostname),
                port=address.port or (8883 if address.scheme == "mqtts" else 1883),
                username=address.username,
                password=address.password or os.environ.get("HEADWATT_MQTT_PASSWORD"),
                client=client,
                is_encrypted=address.scheme == "mqtts",
            ),
            topic,
            found,
            flush_s=every,
            stop=stop,
            report=report,
            lost=lambda reason: console.print(f"Connection lost: {escape(reason)}; trying again."),
        )

    asyncio.run(run())
    print_receipt(total(receipts), console, "all messages")


def _broker(url: str) -> SplitResult:
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    try:
        found = urlsplit(url)
        is_right = found.scheme in ("mqtt", "mqtts") and bool(found.hostname) and (found.port or 1) > 0
    except ValueError:
        is_right = False
    if not is_right:
        raise InputFaults([Fault("", "", "URL", url, "mqtt://HOST:PORT or mqtts://HOST:PORT")])
    return found
