"""Plans over real HTTP that the real planner computes, in a worker process of the service."""

import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from answered_problems import problem
from own_models import different_models
from prepared_data import prepared_data
from served_process import asking

from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import vehicle_content
from scenarios.vehicles.fleet import read_fleet


def until_ended(client: httpx2.Client, location: str) -> dict[str, Any]:
    for _ in range(6000):
        plan = dict(client.get(location).json())
        if plan["status"] not in ("queued", "running"):
            return plan
        time.sleep(0.05)
    raise AssertionError("it never ended")


@pytest.mark.many_cases
def test_a_plan_is_ordered_computed_and_found_by_the_next_server(tmp_path: Path) -> None:
    """The whole way, with the real planner in a real worker; then another server reads the same store."""
    with asking(prepared_data(tmp_path)) as client:
        ordered = client.post("/v1/plans", json={"scenario": "tutorial_line", "replications": 2, "effort": 0.02})
        assert ordered.status_code == 202
        location = ordered.headers["location"]
        assert ordered.json()["links"]["self"] == location
        problem(client.get(f"{location}/report"), 409, "not-finished")
        stages = set()
        for _ in range(6000):
            plan = client.get(location).json()
            stages.add(plan["progress"]["stage"])
            if plan["status"] not in ("queued", "running"):
                break
            time.sleep(0.05)
    assert plan["status"] == "succeeded", plan["problem"]
    assert len(stages) > 1
    assert plan["result"]["checks"]["passed"]
    assert plan["result"]["replications"] == 2
    with asking(tmp_path) as client:
        assert client.get(location).json() == plan


@pytest.mark.many_cases
def test_a_plan_with_the_models_of_another_line_is_ordered_for_one_of_its_types(tmp_path: Path) -> None:
    """Models of vehicles over HTTP: refused for another line, and with `as_type` planned with their versions."""
    line = load_scenario("tutorial_line")
    models = {
        name: model.model_copy(update={"scenario": "other_line", "train_type": "metro"})
        for name, model in different_models(line).items()
    }
    order = {
        "scenario": "tutorial_line", "replications": 2, "effort": 0.02,
        "fleet": {name: vehicle_content(model) for name, model in models.items()},
    }  # fmt: skip
    with asking(tmp_path) as client:
        refused = problem(client.post("/v1/plans", json=order), 422, "input-faults")
        assert len(refused["errors"]) == len(models)
        unknown = problem(client.post("/v1/plans", json={**order, "as_type": "six_car"}), 422, "input-faults")
        assert [fault["value"] for fault in unknown["errors"]] == ["six_car"]
        ordered = client.post("/v1/plans", json={**order, "as_type": "four_car"})
        assert ordered.status_code == 202, ordered.text
        location = ordered.headers["location"]
        for _ in range(1200):
            plan = client.get(location).json()
            if plan["status"] not in ("queued", "running"):
                break
            time.sleep(0.5)
        assert plan["status"] == "succeeded", plan["problem"]
        result = json.loads(client.get(plan["links"]["files"]["result.json"]).text)
        assert result["options"]["model_versions"] == {name: model.hash for name, model in models.items()}
        assert result["options"]["as_type"] == "four_car"
        kept = client.get(plan["links"]["files"]["fleet.yaml"]).text
    (tmp_path / "fleet.yaml").write_text(kept, encoding="utf-8")
    assert read_fleet(tmp_path / "fleet.yaml").of_vehicle == models


@pytest.mark.many_cases
def test_a_search_is_ended_with_its_best_plan_and_another_starts_from_it(tmp_path: Path) -> None:
    """A search for an hour, ended as soon as it may be; then a second one that keeps a trip and stays close."""
    with asking(tmp_path) as client:
        order = {
            "scenario": "tutorial_line", "mode": "demand-led", "objective": "cost", "pick": 2, "replications": 2,
            "effort": 1000,
        }  # fmt: skip
        location = client.post("/v1/plans", json=order).headers["location"]
        while client.get(location).json()["status"] != "running":
            time.sleep(0.02)
        requested = client.post(client.get(location).json()["links"]["keep_best"])
        assert (requested.status_code, requested.json()["status"], requested.json()["is_ending"]) == (
            202,
            "running",
            True,
        )
        assert requested.json()["links"]["keep_best"] is None
        plan = until_ended(client, location)
        assert plan["status"] == "succeeded", plan["problem"]
        result = plan["result"]
        assert any("cancelled" in note for note in result["notes"])
        assert [row["number"] for row in result["pareto"] if row["chosen"]] == [2]
        assert result["objective"] == "cost"
        assert result["checks"]["passed"]
        again = {
            "scenario": "tutorial_line", "mode": "demand-led", "from_plan": plan["id"], "keep_close_s": 4,
            "fixes": "trips: [up-003]\n", "replications": 2, "effort": 0.02, "peak_limit_kw": 1e5,
        }  # fmt: skip
        second = until_ended(client, client.post("/v1/plans", json=again).headers["location"])
        assert second["status"] == "succeeded", second["problem"]
        assert list(second["result"]["options"]["fixed"]["times"]) == ["up-003"]
        assert second["result"]["options"]["fixed"]["close_s"] == 4
        assert second["result"]["options"]["peak_limit_kw"] == 1e5
        assert second["result"]["plan"]["trips"] == result["plan"]["trips"]
