"""The list of licences: every package of the run-time lock that is installed, each with a licence."""

import json

from typer.testing import CliRunner

from api.cli.main import app


def test_every_package_has_a_licence() -> None:
    answer = CliRunner().invoke(app, ("licences", "--json"))
    assert answer.exit_code == 0, answer.output
    found = {one["name"].lower().replace("_", "-"): one for one in json.loads(answer.stdout)["packages"]}
    assert {"fastapi", "starlette", "numpy", "pyjwt", "cryptography", "prometheus-client", "sqlalchemy"} <= set(found)
    assert "pytest" not in found
    assert "headwatt" not in found
    assert found["pyjwt"]["licence"] in ("MIT", "MIT License")
    unknown = [name for name, one in found.items() if one["licence"] == "unknown"]
    assert unknown == []
    assert found["pyjwt"]["version"] in CliRunner().invoke(app, ("licences",)).stdout
