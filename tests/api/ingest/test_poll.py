"""An address is fetched again and again, from a real server: rows are stored once, and no bad answer ends it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prepared_data import prepared_data
from typer.testing import CliRunner
from vehicle_positions import NOW_S, feed_mapping, feed_mapping_text, feed_message

from api.cli import telemetry_receive
from api.cli.main import app
from api.ingest.poll import poll
from api.ingest.receiver import Receiver
from api.services.audit import Audit
from api.state.database import SETTING, open_database
from energy_models.telemetry.receipt import Receipt, total
from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.store import create_store


class Feed(BaseHTTPRequestHandler):
    """Answers with one message after the other; some requests fail, and a message that is known is not sent again."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, FeedServer)
        server.headers_seen.append(dict(self.headers))
        number = len(server.headers_seen) - 1
        if number % 4 == 1:
            self.send_error(503)
            return
        tag = f'"{number // 4}"'
        if number % 4 != 2 and self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        content = feed_message(60 * (number // 4)).SerializeToString()
        content = content[:-3] if number % 4 == 2 else content
        self.send_response(200)
        self.send_header("ETag", tag if number % 4 != 2 else '"cut"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if number >= 19:
            server.stop.set()  # before the client has the answer, so that it is the last one
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class FeedServer(ThreadingHTTPServer):
    """A server on a free port, with what it saw."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Feed)
        self.headers_seen: list[dict[str, str]] = []
        self.stop = threading.Event()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_position_is_stored_once_and_bad_answers_are_told(tmp_path: Path, server: FeedServer) -> None:
    receipts: list[Receipt] = []
    lost: list[str] = []
    receiver = Receiver(create_store(tmp_path / "s", "Europe/Berlin"), [feed_mapping()])
    address = f"http://127.0.0.1:{server.server_port}/positions.pb"
    poll(
        address, receiver, every_s=0.01, header="x-api-key: 17", stop=server.stop, report=receipts.append,
        lost=lost.append,
    )  # fmt: skip
    found = total(receipts)
    assert found.rows_in == found.stored + found.flagged + found.duplicates + found.quarantined
    rows = read_rows(receiver.store, "my_line")
    assert len(rows) == 10  # five messages of two trains
    assert sorted(set(rows["instant_ms"].tolist()))[0] == 1000 * (NOW_S - 3)
    assert any(reason.startswith("503") for reason in lost)
    assert any("a whole GTFS-Realtime feed message" in reason for reason in lost)
    assert all(headers["X-Api-Key"] == "17" for headers in server.headers_seen)
    assert any("If-None-Match" in headers for headers in server.headers_seen)


def test_the_audit_log_of_a_service_contains_what_was_stored(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    data, mapping = prepared_data(tmp_path / "data"), tmp_path / "rt.yaml"
    mapping.write_text(feed_mapping_text())
    monkeypatch.setattr(telemetry_receive, "_stop_by_signal", lambda: server.stop)
    address = f"http://127.0.0.1:{server.server_port}/positions.pb"
    words = ("--mapping", str(mapping), "--store", str(tmp_path / "s"), "--every", "0.05", "--data", str(data))
    found = CliRunner().invoke(app, ["telemetry", "receive", address, *words])
    assert found.exit_code == 0, found.output
    database = open_database(data)
    entries = [one for one in Audit(database).newest(50) if one.action == "telemetry.received"]
    assert {(one.actor_id, one.object_id) for one in entries} == {("receiver:127.0.0.1", "rt")}
    sums = [one.after for one in entries]
    assert sum(one["stored"] + one["flagged"] for one in sums if one is not None) == 10
    assert Audit(database).verify().fault is None
    database.close()


def test_a_server_that_is_gone_is_told_and_tried_again(tmp_path: Path) -> None:
    stop, lost = threading.Event(), []

    def note(reason: str) -> None:
        lost.append(reason)
        if len(lost) == 3:
            stop.set()

    receiver = Receiver(create_store(tmp_path / "s", "Europe/Berlin"), [feed_mapping()])
    poll("http://127.0.0.1:9/feed", receiver, every_s=0.01, stop=stop, report=lambda _: None, lost=note)
    assert len(lost) == 3
