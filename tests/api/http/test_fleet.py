"""The fleet of a line over real HTTP: lists, versions, unchanged answers, unknown names, and the roles of a check."""

from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
from prepared_data import prepared_data
from published_fleet import LINE, VEHICLES, checked_days, history, publish_check, publish_models
from served_app import app_in, served_app

from api.access.roles import Role
from api.services.installation import Installation, open_installation

AT = f"/v1/lines/{LINE}"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = open_installation(prepared_data(tmp_path_factory.mktemp("data")))
    installation.prepare(lambda _line: None)
    publish_models(installation.database, installation.data, history())
    publish_check(installation.database, installation.data, checked_days())
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def port(installation: Installation) -> Iterator[int]:
    with served_app(app_in(installation.data)) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client:
        yield client


def test_the_page_is_served(client: httpx2.Client) -> None:
    page = client.get("/fleet/")
    assert page.status_code == 200
    assert "/pages/fleet/main.js" in page.text
    assert "script-src" in page.headers["content-security-policy"]


def test_the_fleet_has_intervals_ranks_and_what_changes_cost(client: httpx2.Client) -> None:
    answer = client.get(f"{AT}/vehicles")
    fleet = answer.json()
    assert [one["vehicle"] for one in fleet["vehicles"]] == list(VEHICLES)
    assert (fleet["is_ranking_current"], fleet["has_telemetry_store"], fleet["metering_point"]) == (
        True, False, "collector",
    )  # fmt: skip
    for one in fleet["vehicles"]:
        tare = one["model"]["parameters"]["tare_t"]
        assert tare["lower"] < tare["value"] < tare["upper"]
        assert one["rank"]["rank_from"] <= one["rank"]["rank"] <= one["rank"]["rank_to"]
        assert one["rank"]["pooled"]["lower"] < one["rank"]["pooled"]["value"] < one["rank"]["pooled"]["upper"]
    costs = [one["kwh_a_day"] for one in fleet["findings"]]
    assert costs == sorted(costs, reverse=True)
    assert fleet["findings"][0]["parameter"] == "auxiliary_kw"
    assert fleet["vehicles"][2]["findings"][0] == fleet["findings"][0]
    assert fleet["refused"][0]["vehicle"] == VEHICLES[1]
    again = client.get(f"{AT}/vehicles", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])


def test_a_vehicle_has_its_history_and_each_version_its_content(client: httpx2.Client) -> None:
    found = client.get(f"{AT}/vehicles/{VEHICLES[2]}").json()
    days = [one["day"] for one in found["models"]]
    assert days == sorted(days)
    assert len(days) == 8
    newest = found["models"][-1]
    content = client.get(newest["links"]["content"]).json()
    assert (content["version"], content["source"]["vehicles"]) == (newest["version"], [VEHICLES[2]])
    for address, code in (
        (f"{AT}/vehicles/nobody", "unknown-vehicle"),
        (f"{AT}/vehicle-models/{'0' * 64}", "unknown-vehicle"),
        ("/v1/lines/atlantis/vehicles", "unknown-line"),
        ("/v1/lines/atlantis/telemetry-quality", "unknown-line"),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, code), address


def test_the_quality_of_telemetry_is_read_by_days(client: httpx2.Client) -> None:
    whole = client.get(f"{AT}/telemetry-quality").json()
    assert (len(whole["days"]), whole["quarantine"]) == (23, {"rows": 40, "reasons": {"vehicle is blank": 40}})
    part = client.get(f"{AT}/telemetry-quality?from=2026-11-28&to=2026-11-28").json()
    assert [len(one["findings"]) for one in part["days"]] == [0, 1, 0]
    assert client.get(f"{AT}/telemetry-quality?from=yesterday").status_code == 422


@pytest.mark.many_cases
def test_a_plan_is_ordered_with_versions_and_lists_stay_small(client: httpx2.Client) -> None:
    fleet = client.get(f"{AT}/vehicles").json()
    versions = {one["vehicle"]: one["model"]["version"] for one in fleet["vehicles"]}
    ordered = client.post("/v1/plans", json={"scenario": LINE, "effort": "quick", "fleet_versions": versions})
    assert ordered.status_code == 202, ordered.text
    assert ordered.json()["order"]["fleet_versions"] == versions
    assert client.post("/v1/plans", json={"scenario": LINE, "fleet_versions": {"a": "b"}}).status_code == 422


def test_a_role_on_one_line_does_not_check_the_telemetry_of_another(installation: Installation) -> None:
    key = installation.access.add("eva", Role.ENGINEER, [LINE], timedelta(days=1), "a test")
    headers = {"authorization": f"Bearer {key}"}
    with (
        served_app(app_in(installation.data, is_local=False)) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0, headers=headers) as eva,
    ):
        for path in ("/v1/telemetry-checks", "/v1/calibrations"):
            assert eva.post(path, json={"scenario": LINE, "telemetry_line": LINE}).status_code == 202
            other = eva.post(path, json={"scenario": LINE, "telemetry_line": "beijing_yizhuang"})
            assert (other.status_code, other.json()["code"]) == (403, "role-missing")
        assert eva.get("/v1/lines/beijing_yizhuang/vehicles").status_code == 404
