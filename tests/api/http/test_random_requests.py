"""Random requests to every route, made from the description of the interface: each answer is as documented.

`many_cases` sends a few hundred requests on each database. HEADWATT_CASES sets the number of requests for each route;
with 130, these are more than 5,000.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from prepared_data import prepared_database
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from served_app import app_in, served_app

from api.state.database import SETTING

pytest_plugins = ["state_databases"]

CASES = int(os.environ.get("HEADWATT_CASES", "8"))
DOCUMENTED = [status_code_conformance, content_type_conformance, response_schema_conformance]
NOT_READY = "/health/ready"
"""Its 503 is the answer of a service without a worker, as in this test."""


@pytest.fixture(params=("sqlite", "postgresql"))
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    from state_databases import new_database_url  # a plugin of pytest, which imports it first

    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            url = new_database_url(request.param, tmp_path, request)
            patch.setenv(SETTING, prepared_database(url, tmp_path / "data"))
        app = app_in(tmp_path / "data")
    with served_app(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.many_cases
def test_every_answer_is_as_documented(address: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    count = 0
    faults: list[str] = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(max_examples=CASES, deadline=None, database=None, derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: "Case[Any]") -> None:
            nonlocal count
            count += 1
            response = case.call(timeout=120)
            checks = DOCUMENTED if case.path == NOT_READY else [not_a_server_error, *DOCUMENTED]
            case.validate_response(response, checks=checks)

        try:
            ask()
        except (Failure, FailureGroup) as error:
            faults.append(f"{operation.label}: {error}")
    assert not faults, "\n\n".join(faults)
    assert count >= 40 * min(CASES, 4)
