"""The service over real HTTP: a uvicorn process of its own, with jobs in processes of theirs."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from answered_problems import PROBLEM, problem
from finished_plans import ended, finished, opened, placed
from served_process import asking

from api.experiment_result import result_of
from api.jobs.plan_order import PlanOrder
from api.plan_files.folder import write_plan_folder
from api.plan_files.manifest import PLAN_FILES
from api.state.database import Database
from api.state.files import FileStore
from api.state.plans import plan_files
from dispatch.plans.timetable import Timetable
from scenarios.files.load import bundled
from simulation.experiment import PlanExperiment


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the served installation."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def database(data: Path) -> Iterator[Database]:
    database = opened(data)
    yield database
    database.close()


@pytest.fixture(scope="module")
def finished_plan(data: Path, database: Database, experiment: PlanExperiment) -> str:
    """The id of a plan that had succeeded before the server started."""
    return finished(database, data, experiment)


@pytest.fixture(scope="module")
def client(data: Path, finished_plan: str) -> Iterator[httpx2.Client]:
    del finished_plan
    with asking(data) as client:
        yield client


def test_health_answers_and_counts(client: httpx2.Client) -> None:
    answer = client.get("/health").json()
    assert answer["status"] == "ok"
    assert answer["jobs"]["succeeded"] >= 1


def test_scenarios_are_the_bundled_ones_with_their_overrides(client: httpx2.Client) -> None:
    listed = {one["name"]: one for one in client.get("/v1/scenarios").json()["scenarios"]}
    assert tuple(sorted(listed)) == bundled()
    assert listed["beijing_yizhuang"]["length_km"] == 22.728
    assert listed["beijing_yizhuang"]["stations"] == 14
    assert "summer" in listed["beijing_yizhuang"]["overrides"]


def test_a_finished_plan_gives_its_result_report_and_files(
    client: httpx2.Client, finished_plan: str, experiment: PlanExperiment
) -> None:
    plan = client.get(f"/v1/plans/{finished_plan}").json()
    assert plan["status"] == "succeeded"
    assert plan["result"] == result_of(experiment).model_dump(mode="json")
    report = client.get(plan["links"]["report"])
    assert report.headers["content-type"].startswith("text/html")
    assert "Tutorial line" in report.text
    assert set(plan["links"]["files"]) == set(PLAN_FILES)
    assert client.get(plan["links"]["files"]["timetable.csv"]).text.startswith("trip_id,direction,stop")
    assert finished_plan in [one["id"] for one in client.get("/v1/plans").json()["plans"]]


def test_a_finished_plan_has_a_train_graph_that_is_sent_as_it_is_stored(
    client: httpx2.Client, finished_plan: str, experiment: PlanExperiment
) -> None:
    at = client.get(f"/v1/plans/{finished_plan}").json()["links"]["train_graph"]
    compressed = client.get(at, headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["content-encoding"] == "gzip"
    plain = client.get(at, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    graph = plain.json()
    assert compressed.json() == graph
    names = [one["station_id"] for one in graph["stations"]]
    for key, timetable in (("trips", experiment.plan.timetable), ("today", experiment.baseline_plan.timetable)):
        for shown, trip in zip(graph[key], timetable.by_departure(), strict=True):
            stops = zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True)
            assert [(names[place], arrival, departure) for place, arrival, departure in shown["stops"]] == list(stops)
            assert len(shown["power_kw"]) == len(shown["passengers"]) == len(trip.driving)
    # The energy of all trains at their current collectors lies between that at the substations and its double.
    kwh = sum(
        kw * (after[1] - before[2]) / 3600
        for trip in graph["trips"]
        for kw, (before, after) in zip(trip["power_kw"], pairwise(trip["stops"]), strict=True)
    )
    of_substations_kwh = sum(kw for _, kw in graph["power"]["plan"]) / 4
    assert 0.3 * of_substations_kwh < kwh < 1.2 * of_substations_kwh
    assert client.get(at, headers={"If-None-Match": plain.headers["etag"]}).status_code == 304
    problem(client.get("/v1/plans/none/train-graph"), 404, "unknown-plan")


@pytest.mark.many_cases
def test_an_edit_is_checked_without_being_stored(
    client: httpx2.Client, finished_plan: str, experiment: PlanExperiment
) -> None:
    at = f"/v1/plans/{finished_plan}"
    tag = client.get(at).headers["etag"]
    rules = len(experiment.check.rules)
    assert client.post(f"{at}/edit-checks", json={}).json() == {"passed": True, "rules": rules, "violations": []}
    first, second = experiment.plan.timetable.of("up")[3:5]
    late = {"trip": first.trip_id, "by_s": second.start_s - first.start_s - 1}
    broken = client.post(f"{at}/edit-checks", json={"moves": [late]}).json()
    assert not broken["passed"]
    assert {one["trip"] for one in broken["violations"]} >= {second.trip_id}
    strange = problem(client.post(f"{at}/edit-checks", json={"moves": [{"trip": "x", "by_s": 1}]}), 422, "input-faults")
    assert strange["errors"][0]["field"] == "moves.trip"
    # The second train stands at its second stop until the next train has come.
    stands = {"trip": first.trip_id, "stop": 1, "departure_by_s": second.arrival_s[1] - first.departure_s[1] + 1}
    broken = client.post(f"{at}/edit-checks", json={"stops": [stands]}).json()
    assert {"dwell-total", "dwell-limits"} & {one["rule"] for one in broken["violations"]}
    unknown = {"trip": first.trip_id, "stop": len(first.stations), "arrival_by_s": 1}
    strange = problem(client.post(f"{at}/edit-checks", json={"stops": [unknown]}), 422, "input-faults")
    assert strange["errors"][0]["field"] == "stops.stop"
    assert client.get(at).headers["etag"] == tag


def test_a_plan_without_a_train_graph_is_one_of_an_earlier_version(
    client: httpx2.Client, data: Path, database: Database, experiment: PlanExperiment, tmp_path: Path
) -> None:
    folder = write_plan_folder(experiment, tmp_path / "plan")
    plan_id = placed(database, data, PlanOrder("tutorial_line"), folder)
    assert client.get(f"/v1/plans/{plan_id}").json()["links"]["train_graph"] is None
    problem(client.get(f"/v1/plans/{plan_id}/train-graph"), 404, "unknown-file")


def test_a_plan_whose_files_were_edited_has_no_result_and_no_files(
    client: httpx2.Client, data: Path, database: Database, experiment: PlanExperiment
) -> None:
    # Another order of the trips, so that this plan shares no timetable with the other one of this module.
    trips = experiment.plan.timetable.trips
    other = replace(experiment, plan=replace(experiment.plan, timetable=Timetable(trips[::-1])))
    plan_id = finished(database, data, other)
    at = f"/v1/plans/{plan_id}"
    assert client.get(at).json()["result"]["scenario"] == "tutorial_line"
    with database.reading() as session:
        path = FileStore(data).path(plan_files(session, plan_id, 1)["timetable.csv"])
    timetable = path.read_text()
    path.chmod(0o600)
    path.write_text(timetable.replace("06:", "07:", 1))
    body = client.get(at).json()
    assert (body["status"], body["result"], body["problem"]["code"]) == ("succeeded", None, "plan-edited")
    assert "timetable.csv changed" in body["problem"]["detail"]
    for part in ("report", "files/timetable.csv", "files/result.json"):
        problem(client.get(f"{at}/{part}"), 409, "plan-edited")
    path.unlink()
    assert "timetable.csv missing" in client.get(at).json()["problem"]["detail"]
    path.write_text(timetable)
    assert client.get(at).json()["problem"] is None


def test_faults_of_an_order_are_reported_all_at_once(client: httpx2.Client) -> None:
    order = {"scenario": "../../etc", "mode": "cheapest", "replications": 1, "seed": "7", "colour": "green"}
    body = problem(client.post("/v1/plans", json=order), 422, "invalid-request")
    assert {error["field"].removeprefix("body.") for error in body["errors"]} == set(order)


def test_an_unknown_scenario_gets_the_list_of_known_ones(client: httpx2.Client) -> None:
    body = problem(client.post("/v1/plans", json={"scenario": "atlantis"}), 422, "input-faults")
    assert all(name in body["errors"][0]["allowed"] for name in bundled())


def test_an_unknown_override_is_reported(client: httpx2.Client) -> None:
    order = {"scenario": "tutorial_line", "overrides": ["monsoon"]}
    assert "monsoon" in problem(client.post("/v1/plans", json=order), 422, "input-faults")["errors"][0]["value"]


@pytest.mark.parametrize("text", ["{", "", "scenario=x", '{"scenario": tutorial}'])
def test_a_body_that_is_not_json_is_reported(client: httpx2.Client, text: str) -> None:
    response = client.post("/v1/plans", content=text, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    problem(response, response.status_code, "malformed-json" if text else "invalid-request")


def test_the_files_of_the_pages_are_compressed_and_not_sent_twice(client: httpx2.Client) -> None:
    plain = client.get("/pages/strings.js", headers={"Accept-Encoding": "identity"})
    packed = client.get("/pages/strings.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.content == plain.content
    assert {packed.headers["vary"], plain.headers["vary"]} == {"Accept-Encoding"}
    for answer in (plain, packed):
        again = {"If-None-Match": answer.headers["etag"], "Accept-Encoding": "gzip"}
        assert client.get("/pages/strings.js", headers=again).status_code == 304


def test_wrong_addresses_and_methods_are_problems_too(client: httpx2.Client, finished_plan: str) -> None:
    problem(client.get("/v2/nothing"), 404, "unknown-path")
    problem(client.get("/pages/nothing.js"), 404, "unknown-path")
    problem(client.get("/v1/plans/20990101-nothing"), 404, "unknown-plan")
    problem(client.get("/v1/plans/..%2F..%2Fetc"), 404, "unknown-path")
    problem(client.get(f"/v1/plans/{finished_plan}/files/order.json"), 404, "unknown-file")
    response = client.delete("/v1/plans")
    problem(response, 405, "method-not-allowed")
    assert set(response.headers["allow"].split(", ")) == {"GET", "POST"}
    problem(client.get("/v1/plans?limit=0"), 422, "invalid-request")


def test_a_plan_that_has_ended_cannot_be_stopped(client: httpx2.Client, finished_plan: str) -> None:
    problem(client.post(f"/v1/plans/{finished_plan}/cancel"), 409, "already-finished")


def test_a_repeated_order_with_a_key_is_one_plan(client: httpx2.Client) -> None:
    order = {"scenario": "tutorial_line", "effort": 1000, "seed": 4}
    first = client.post("/v1/plans", json=order, headers={"Idempotency-Key": "night-shift"})
    again = client.post("/v1/plans", json=dict(reversed(order.items())), headers={"Idempotency-Key": "night-shift"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    other = client.post("/v1/plans", json=order | {"seed": 5}, headers={"Idempotency-Key": "night-shift"})
    problem(other, 422, "idempotency-key-reused")
    client.post(f"{first.headers['location']}/cancel")


def test_an_unchanged_plan_is_not_sent_again(client: httpx2.Client, finished_plan: str) -> None:
    at = f"/v1/plans/{finished_plan}"
    tag = client.get(at).headers["etag"]
    assert client.get(at, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(at, headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_list_is_read_page_by_page(client: httpx2.Client, database: Database) -> None:
    added = [ended(database, PlanOrder("tutorial_line"), "cancelled") for _ in range(5)]
    seen: list[str] = []
    address = "/v1/plans?limit=2"
    while address:
        page = client.get(address).json()
        assert len(page["plans"]) <= 2
        seen += [plan["id"] for plan in page["plans"]]
        address = page["next"]
    assert seen[:5] == added[::-1]
    assert len(seen) == len(set(seen))
    problem(client.get("/v1/plans?cursor=nonsense"), 422, "input-faults")


def test_events_of_a_plan_end_with_it_and_continue_after_a_break(client: httpx2.Client, finished_plan: str) -> None:
    at = f"/v1/plans/{finished_plan}/events"
    first = client.get(at)
    assert first.headers["content-type"].startswith("text/event-stream")
    lines = first.text.splitlines()
    assert lines[1] == "event: plan"
    assert json.loads(lines[2].removeprefix("data: "))["status"] == "succeeded"
    number = lines[0].removeprefix("id: ")
    assert client.get(at, headers={"Last-Event-ID": number}).text == ""
    problem(client.get("/v1/plans/20990101-nothing/events"), 404, "unknown-plan")


def test_events_follow_a_plan_to_its_end(client: httpx2.Client) -> None:
    order = {"scenario": "tutorial_line", "effort": 1000}
    location = client.post("/v1/plans", json=order).headers["location"]
    with client.stream("GET", f"{location}/events") as stream:
        events = (json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: "))
        assert next(events)["status"] in ("queued", "running")
        assert client.post(f"{location}/cancel").json()["status"] == "cancelled"
        *_, last = events
    assert last["status"] == "cancelled"


def test_a_plan_is_approved_activated_and_rolled_back(client: httpx2.Client, finished_plan: str) -> None:
    at = f"/v1/plans/{finished_plan}"
    approval = f"{at}/approval"
    assert client.get(at).json()["approval"] == {"state": "judged", "active_from": None}
    problem(client.post(approval, json={"step": "approve"}), 428, "if-match-required")
    problem(client.post(approval, json={"step": "approve"}, headers={"If-Match": '"old"'}), 412, "stale")
    for step, state in (("approve", "approved"), ("activate", "active")):
        tag = client.get(at).headers["etag"]
        taken = client.post(approval, json={"step": step}, headers={"If-Match": tag})
        assert (taken.status_code, taken.json()["approval"]["state"]) == (200, state), taken.text
        assert taken.headers["etag"] != tag
    assert client.get("/v1/lines/tutorial_line/plan").json()["plan"]["id"] == finished_plan
    assert client.post("/v1/lines/tutorial_line/roll-back", json={}).json() == {"line": "tutorial_line", "plan": None}
    steps = [step["after"] for step in client.get(approval).json()["steps"]]
    assert steps == ["checked", "judged", "approved", "active", "superseded"]
    problem(client.get("/v1/lines/atlantis/plan"), 404, "unknown-line")


def test_the_service_is_live_and_ready(client: httpx2.Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    for _ in range(600):
        answer = client.get("/health/ready")
        if answer.status_code == 200:
            break
        problem(answer, 503, "not-ready")
        time.sleep(0.2)
    assert answer.json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("strange", "code"),
    # No address has a part of 300 characters or a control character, whatever the part names.
    [("x" * 300, "unknown-path"), ("%00", "unknown-path"), ("a%20b", "unknown-plan"), ("%ED%A0%80", "unknown-plan")],
)
def test_a_strange_id_is_unknown(client: httpx2.Client, strange: str, code: str) -> None:
    for part in ("", "/events", "/report", "/approval"):
        problem(client.get(f"/v1/plans/{strange}{part}"), 404, code)
    problem(client.post(f"/v1/plans/{strange}/cancel"), 404, code)


def test_openapi_documents_every_route_with_examples_and_its_problems(client: httpx2.Client) -> None:
    document = client.get("/openapi.json").json()
    posted = document["paths"]["/v1/plans"]["post"]
    assert {"202", "400", "422", "429"} <= set(posted["responses"])
    assert document["components"]["schemas"]["PlanOrderModel"]["examples"][0] == {"scenario": "beijing_yizhuang"}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            assert route.get("summary"), f"{method} {path}"
            for status, response in route["responses"].items():
                if int(status) >= 400:
                    assert set(response["content"]) == {PROBLEM}, f"{method} {path} {status}"


def test_an_infeasible_wish_is_an_answer_with_reasons(database: Database, client: httpx2.Client) -> None:
    """What the job writes for an infeasible wish reaches the client as it stands."""
    reasons = [{"detail": "3 trains instead of 6: 3 missing"}]
    plan_id = ended(database, PlanOrder("tutorial_line"), "infeasible", {
        "type": "urn:headwatt:problem:infeasible", "title": "The requirements are infeasible", "status": 422,
        "detail": reasons[0]["detail"], "code": "infeasible", "whose_fault": "nobody", "errors": reasons,
    })  # fmt: skip
    plan = client.get(f"/v1/plans/{plan_id}").json()
    assert plan["status"] == "infeasible"
    assert plan["problem"]["errors"] == reasons


def fields_of(body: dict[str, Any]) -> list[str]:
    return [error["field"] for error in body["errors"]]


def test_a_request_that_contradicts_itself_is_reported_with_every_fault(client: httpx2.Client) -> None:
    order = {
        "scenario": "tutorial_line",
        "pick": 2,
        "mean_waiting_s": 90,
        "from_plan": "20990101-nothing",
        "fixes": {"windows": [{"trip": "up-010", "earliest": "07:00", "latest": "06:59"}], "spare": 1},
    }
    body = problem(client.post("/v1/plans", json=order), 422, "input-faults")
    assert sorted(fields_of(body)) == sorted(["pick", "mean_waiting_s", "from_plan", "spare", "windows[0].latest"])
    both = {"scenario": "tutorial_line", "mode": "demand-led", "pick": 2, "mean_waiting_s": 90}
    assert fields_of(problem(client.post("/v1/plans", json=both), 422, "input-faults")) == ["pick"]
    named = {"scenario": "tutorial_line", "mode": "demand-led", "keep_close_s": 5, "fixes": {"trips": ["up-010"]}}
    assert fields_of(problem(client.post("/v1/plans", json=named), 422, "input-faults")) == ["trips", "keep_close_s"]
    longer = {"scenario": "tutorial_line", "mode": "demand-led", "longer_trips_s": 30, "fixes": {"spare": 1}}
    body = problem(client.post("/v1/plans", json=longer), 422, "input-faults")
    assert sorted(fields_of(body)) == ["longer_trips_s", "spare"]


def test_fixes_are_resolved_before_the_plan_waits_and_a_text_names_its_lines(client: httpx2.Client) -> None:
    text = "trips: [up-999]\nwindows:\n- {trip: up-010, earliest: '01:00', latest: '01:10'}\nspare_trains: 900\n"
    body = problem(client.post("/v1/plans", json={"scenario": "tutorial_line", "fixes": text}), 422, "input-faults")
    assert fields_of(body) == ["trips[0]", "windows[0].earliest", "spare_trains"]
    assert [error["place"] for error in body["errors"]] == ["line 1", "line 3", "line 4"]
    assert all(error["file"] == "fixes" for error in body["errors"])


@pytest.mark.parametrize("text", ["a: &a [1, 1]\ntrips: [*a, *a]", "trips: " + "[" * 20_000, "- a list", "{", "\x00"])
def test_fixes_that_no_reader_can_use_are_input_faults(client: httpx2.Client, text: str) -> None:
    problem(client.post("/v1/plans", json={"scenario": "tutorial_line", "fixes": text}), 422, "input-faults")
