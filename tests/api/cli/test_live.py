"""`headwatt live` refuses wrong options before anything starts."""

from pathlib import Path

from typer.testing import CliRunner

from api.cli.main import app
from api.cli.outcome import ExitCode


def test_every_wrong_address_and_zone_is_named_at_once(tmp_path: Path) -> None:
    words = (
        "live", "tutorial_line", "--data", str(tmp_path / "data"), "--broker", "nonsense", "--service", "mqtt://x",
        "--gtfs-realtime", "feed.pb", "--gtfs-realtime", "https://agency.example/a.pb", "--gtfs-realtime", "http://x:port",
        "--zone", "Mars/Base",
    )  # fmt: skip
    run = CliRunner().invoke(app, words)
    assert run.exit_code == ExitCode.INPUT_FAULT
    for wrong in ("--broker: nonsense", "--service: mqtt://x", "feed.pb", "http://x:port", "--zone: Mars/Base"):
        assert wrong in run.stderr, wrong
    assert "agency.example" not in run.stderr
    assert not (tmp_path / "data").exists()
