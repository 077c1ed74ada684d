"""The files for deployment: units, image, compose file and dashboard fit the commands, settings and metrics."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from api.cli.main import app
from api.http.metrics import Metrics
from api.services.figures import Figures
from api.settings.leaves import leaves
from api.settings.read import read_settings
from api.state.database import open_database
from api.state.migrate import require_current

UNITS = ("headwatt.service", "headwatt-worker.service")
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")


@pytest.fixture
def deploy(root: Path) -> Path:
    return root / "deploy"


@pytest.fixture
def compose(deploy: Path) -> dict[str, Any]:
    read = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def unit(path: Path) -> dict[str, list[str]]:
    """The values of each key of a unit."""
    pairs = [line.partition("=") for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return {key: [value for other, _, value in pairs if other == key] for key, _, _ in pairs}


def require_options(command: list[str]) -> None:
    """Check that the command line accepts the options; `--help` ends before anything runs."""
    answer = CliRunner().invoke(app, [*command, "--help"])
    assert answer.exit_code == 0, (command, answer.output)


def require_variables(environment: dict[str, str]) -> None:
    known = {leaf.variable for leaf in leaves()} | {"HEADWATT_CONFIG", "HEADWATT_CACHE"}
    assert {name for name in environment if name.startswith("HEADWATT_")} <= known


def test_the_commands_and_settings_exist(deploy: Path, compose: dict[str, Any]) -> None:
    for name in UNITS:
        found = unit(deploy / "systemd" / name)
        (start,) = found["ExecStart"]
        require_options(shlex.split(start)[1:])
        require_variables(dict(one.split("=", maxsplit=1) for one in shlex.split(" ".join(found["Environment"]))))
    own = {name: service for name, service in compose["services"].items() if "build" in service}
    assert set(own) == {"service", "worker", "telemetry"}
    for service in own.values():
        require_options(service["command"])
        require_variables(service["environment"])
    container = (deploy / "Containerfile").read_text()
    (command,) = re.findall(r"^CMD (\[.*\])$", container, re.MULTILINE)
    require_options(json.loads(command))
    given = dict(re.findall(r"(HEADWATT_\w+)=(\S+)", container))
    require_variables(given)
    read = read_settings(file=deploy / "headwatt.toml", environment={})
    assert read.settings.server.behind_tls_proxy
    assert read.settings.limits.viewer.as_limits().waiting == 0


def test_a_wrong_option_would_be_noticed() -> None:
    assert CliRunner().invoke(app, ["serve", "--behind-proxy", "--help"]).exit_code == 2


def test_images_and_packages_are_pinned(deploy: Path, root: Path, compose: dict[str, Any]) -> None:
    container = (deploy / "Containerfile").read_text()
    images = re.findall(r"^FROM (\S+)", container, re.MULTILINE)
    images += [service["image"] for service in compose["services"].values()]
    assert len(images) == 7
    assert all(PINNED.fullmatch(image) for image in images), images
    assert "--require-hashes" in container
    copied = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", container, re.MULTILINE) for name in line.split()]
    assert len(copied) > 8
    assert all((root / name).exists() for name in copied)
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    assert compose["services"]["service"]["image"] == f"headwatt:{version}"


def test_no_service_has_a_password_in_the_file(deploy: Path) -> None:
    text = (deploy / "compose.yaml").read_text()
    assert set(re.findall(r"PASSWORD\S*: (\S+)", text)) == {"${POSTGRES_PASSWORD:?}"}
    assert set(re.findall(r"//headwatt:([^@]+)@", text)) == {"${POSTGRES_PASSWORD:?}"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_systemd_accepts_the_units(deploy: Path, tmp_path: Path) -> None:
    for name in UNITS:
        text = (deploy / "systemd" / name).read_text()
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE))
    files = [str(tmp_path / name) for name in UNITS]
    run = subprocess.run(("systemd-analyze", "verify", *files), capture_output=True, text=True, check=False)
    assert (run.returncode, [line for line in run.stderr.splitlines() if str(tmp_path) in line]) == (0, []), run.stderr


def test_the_dashboard_shows_metrics_that_exist(deploy: Path, tmp_path: Path) -> None:
    dashboard = json.loads((deploy / "grafana" / "headwatt.json").read_text())
    database = open_database(tmp_path)
    require_current(database)
    names = {metric.name for metric in Metrics(Figures(database), None).registry.collect()}
    database.close()
    names.add("headwatt_telemetry_age_seconds")
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    shown = {
        re.sub("_(bucket|count|sum)$", "", name) for text in expressions for name in re.findall(r"headwatt_\w+", text)
    }
    assert shown == names
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    yaml.safe_load((deploy / "prometheus.yaml").read_text())
