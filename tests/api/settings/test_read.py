"""Settings: options win over the environment, the environment over the file; every fault is named at once."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.settings.leaves import leaves, value_of
from api.settings.model import Settings
from api.settings.read import read_settings
from energy_models.faults import InputFaults

FILE = """
data = "data"
database = "postgresql://planner:hunter2@db/headwatt"

[server]
port = 9000
allowed_hosts = ["plans.example"]
behind_tls_proxy = true

[telemetry]
store = "/srv/store"
mappings = ["recorder.yaml"]

[limits.planner]
waiting = 7

[oidc]
issuer = "https://login.example"
audience = "headwatt"
roles = { "Planners of line 1" = ["planner:one", "viewer:*"] }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "headwatt.toml"
    path.write_text(FILE)
    return path


def test_options_win_over_the_environment_and_the_environment_over_the_file(file: Path) -> None:
    environment = {"HEADWATT_SERVER_PORT": "9001", "HEADWATT_LIMITS_PLANNER_AT_ONCE": "2", "HEADWATT_LOGS_FORM": "json"}
    read = read_settings({"server.port": 9002, "server.host": None}, file, environment)
    settings = read.settings
    assert (settings.server.port, settings.server.host) == (9002, "127.0.0.1")
    assert settings.limits.planner.as_limits().waiting == 7
    assert settings.limits.planner.as_limits().at_once == 2
    assert settings.logs.form == "json"
    assert settings.oidc.roles == {"Planners of line 1": ("planner:one", "viewer:*")}
    assert settings.data == file.parent / "data"
    assert settings.telemetry.mappings == (file.parent / "recorder.yaml",)
    assert settings.telemetry.store == Path("/srv/store")
    sources = {name: read.sources[name] for name in ("server.port", "server.host", "limits.planner.at_once", "data")}
    assert sources == {
        "server.port": "command line", "server.host": "default", "limits.planner.at_once": "environment",
        "data": str(file),
    }  # fmt: skip
    read = read_settings({}, None, environment | {"HEADWATT_CONFIG": str(file)})
    assert (read.settings.server.port, read.file) == (9001, file)


def test_the_environment_has_lists_and_tables() -> None:
    for text in ("a.example,b.example", '["a.example", "b.example"]'):
        read = read_settings(environment={"HEADWATT_SERVER_ALLOWED_HOSTS": text})
        assert read.settings.server.allowed_hosts == ("a.example", "b.example")
    environment = {
        "HEADWATT_OIDC_ISSUER": "http://127.0.0.1:1", "HEADWATT_OIDC_AUDIENCE": "x",
        "HEADWATT_OIDC_ROLES": '{a = ["admin:*"]}', "HEADWATT_SERVER_BEHIND_TLS_PROXY": "true",
    }  # fmt: skip
    read = read_settings(environment=environment)
    assert read.settings.oidc.roles == {"a": ("admin:*",)}
    assert read.settings.server.behind_tls_proxy


def test_every_fault_is_named_with_its_source(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        '[server]\nport = 70000\nhots = "x"\n[logs]\nform = "xml"\n[nothing]\na = 1\n[worker]\nbeside = 5\n'
    )
    environment = {
        "HEADWATT_SESSIONS_IDLE_MINUTES": "soon", "HEADWATT_DATABSE": "x", "HEADWATT_OIDC_ROLES": "{a",
        "HEADWATT_OIDC_AUDIENCE": "headwatt", "HEADWATT_CACHE": "/tmp", "HOME": "/root",
    }  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        read_settings({"worker.at_once": 100}, file, environment)
    faults = {(fault.file, fault.field): fault for fault in caught.value.faults}
    assert set(faults) == {
        (str(file), "server.port"), (str(file), "server.hots"), (str(file), "logs.form"), (str(file), "nothing"),
        (str(file), "worker.beside"), ("environment", "HEADWATT_SESSIONS_IDLE_MINUTES"),
        ("environment", "HEADWATT_DATABSE"), ("environment", "HEADWATT_OIDC_ROLES"), ("environment", "oidc"),
        ("command line", "worker.at_once"),
    }  # fmt: skip
    assert "server.host" in faults[str(file), "server.hots"].allowed
    assert "65535" in faults[str(file), "server.port"].allowed
    assert faults[str(file), "server.port"].value == "70000"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a = ", "TOML"),
        ('[oidc]\nissuer = "http://login.example"\naudience = "a"\nroles = {a = ["viewer:*"]}', "https"),
        ('[oidc]\nissuer = "https://login.example"\naudience = "a"\nroles = {a = ["boss:*"]}', "role:line"),
        ('[oidc]\nissuer = "https://login.example"\naudience = "a"', "oidc.roles"),
        ("data = 5", "path"),
        ("[limits.planner]\nseconds = 0", "greater than 0"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(InputFaults, match=part):
        read_settings(file=file, environment={})
    with pytest.raises(InputFaults, match="No such file"):
        read_settings(file=tmp_path / "none.toml", environment={})


def test_a_fault_of_a_secret_hides_its_value(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('database = ["postgresql://planner:hunter2@db/headwatt"]')
    with pytest.raises(InputFaults) as caught:
        read_settings(file=file, environment={})
    assert "hunter2" not in str(caught.value)


def test_the_command_shows_each_setting_with_its_source_and_no_secret(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATT_SERVER_PORT", "9001")
    shown = CliRunner().invoke(app, ("config", "show", "--config", str(file), "--json"))
    assert shown.exit_code == 0, shown.output
    rows = {row["name"]: row for row in json.loads(shown.stdout)["settings"]}
    assert list(rows) == [leaf.name for leaf in leaves()]
    assert (rows["server.port"]["value"], rows["server.port"]["source"]) == ("9001", "environment")
    assert rows["database"]["value"] == "********"
    table = CliRunner().invoke(app, ("config", "show", "--config", str(file)))
    assert "hunter2" not in shown.output + table.output
    assert rows["limits.planner.waiting"]["variable"] == "HEADWATT_LIMITS_PLANNER_WAITING"
    file.write_text("[server]\nport = -1\nhots = 1")
    wrong = CliRunner().invoke(app, ("config", "show", "--config", str(file)))
    assert wrong.exit_code == 2


def test_every_setting_has_a_description() -> None:
    assert all(leaf.field.description for leaf in leaves())
    assert all(value_of(Settings(), leaf.name) == leaf.field.default for leaf in leaves())
