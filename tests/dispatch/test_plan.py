"""The plan's JSON document: what is written is read back, and what is wrong is said in full."""

import json

import jsonschema
import pytest

from dispatch.baseline import headway_table, timetable_in_force
from dispatch.plan import Plan, plan_json_schema
from energy_models.faults import InputFaults
from scenarios.fleet import vehicle_names
from scenarios.load import load_scenario

LINE = load_scenario("tutorial_line")


@pytest.fixture(scope="module")
def plan() -> Plan:
    timetable = timetable_in_force(LINE)
    return Plan(
        scenario=LINE.name,
        scenario_hash=LINE.hash,
        mode="equal-service",
        timetable=timetable,
        headways=headway_table(timetable, LINE),
        vehicles=vehicle_names(LINE),
        seed=7,
        version="0.1.0",
        options={"effort": 1.0},
        metadata={"convergence": [[0.5, "patterns", 1234.5]]},
    )


def test_document_survives_json(plan: Plan) -> None:
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_document_fits_its_schema(plan: Plan) -> None:
    jsonschema.validate(json.loads(json.dumps(plan.to_dict())), plan_json_schema())


def test_every_fault_is_said_with_its_place(plan: Plan) -> None:
    document = json.loads(json.dumps(plan.to_dict()))
    document["trips"][0]["arrival_s"][1] = 21690.5
    document["trips"][1]["direction"] = "sideways"
    document["trips"][2]["driving"].pop()
    document["mode"] = "cheaper"
    document["colour"] = "green"
    del document["seed"]
    with pytest.raises(InputFaults) as caught:
        Plan.from_dict(document, file="plan.json")
    said = str(caught.value)
    assert len(caught.value.faults) == 6
    for place in (
        "trips.0.arrival_s, 1: 21690.5",
        "trips.1, direction: 'sideways'",
        "driving has 3 entries, 4 expected",
    ):
        assert place in said
    for field in ("mode: 'cheaper'", "colour: 'green'", "seed: Field required"):
        assert f"plan.json, {field}" in said


def test_the_schema_names_its_dialect() -> None:
    schema = plan_json_schema()
    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("wrong", ["no trips", "negative passengers", "no vehicle", "empty vehicle"])
def test_neither_schema_nor_reader_takes_what_is_no_plan(plan: Plan, wrong: str) -> None:
    document = json.loads(json.dumps(plan.to_dict()))
    trip = document["trips"][0]
    if wrong == "no trips":
        document["trips"] = []
    elif wrong == "negative passengers":
        trip["passengers"][0] = -1.0
    elif wrong == "no vehicle":
        del trip["vehicle"]
    else:
        trip["vehicle"] = ""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, plan_json_schema())
    with pytest.raises(InputFaults):
        Plan.from_dict(document)


def test_trips_of_the_same_name_are_a_fault(plan: Plan) -> None:
    document = json.loads(json.dumps(plan.to_dict()))
    document["trips"][1]["trip_id"] = document["trips"][0]["trip_id"]
    with pytest.raises(InputFaults, match="trip_id more than once: up-001"):
        Plan.from_dict(document)


@pytest.mark.parametrize("document", [None, [], "plan", {}])
def test_what_is_no_plan_is_a_fault(document: object) -> None:
    with pytest.raises(InputFaults):
        Plan.from_dict(document)


def test_plan_keeps_its_values(plan: Plan) -> None:
    with pytest.raises(TypeError):
        plan.options["effort"] = 2.0  # type: ignore[index]
