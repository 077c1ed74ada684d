"""The JSON document of a plan: reading gives the written plan, and every fault is reported."""

import json
from dataclasses import FrozenInstanceError

import jsonschema
import pytest

from dispatch.plans.fixed import FixedService
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Plan, plan_json_schema
from dispatch.plans.plan_record import (
    PlanFacts,
    PlanOptions,
    SearchFacts,
    SearchStep,
    VehicleChoiceFacts,
)
from dispatch.plans.potential import Potential
from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.values.fleet import vehicle_names

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
        options=PlanOptions(effort=2.0, keep_close_s=30, fixed=FixedService(spare_trains=1)),
        facts=PlanFacts(
            search=SearchFacts((SearchStep(0.5, "patterns", 1234.5),), stopped_early=True),
            trips_back_at_todays_times=0,
            vehicles_by_energy=VehicleChoiceFacts(kwh=12.5),
            potential=Potential(9.0, 9.0, 8.0, 7.0, 0.5, 0.99),
        ),
    )


def test_document_survives_json(plan: Plan) -> None:
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_document_fits_its_schema(plan: Plan) -> None:
    jsonschema.validate(json.loads(json.dumps(plan.to_dict())), plan_json_schema())


def test_every_fault_is_reported_with_its_place(plan: Plan) -> None:
    document = json.loads(json.dumps(plan.to_dict()))
    document["trips"][0]["arrival_s"][1] = 21690.5
    document["trips"][1]["direction"] = "sideways"
    document["trips"][2]["driving"].pop()
    document["mode"] = "cheaper"
    document["colour"] = "green"
    del document["seed"]
    with pytest.raises(InputFaults) as caught:
        Plan.from_dict(document, file="plan.json")
    printed = str(caught.value)
    assert len(caught.value.faults) == 6
    for place in (
        "trips.0.arrival_s, 1: 21690.5",
        "trips.1, direction: 'sideways'",
        "driving has 3 entries, 4 expected",
    ):
        assert place in printed
    for field in ("mode: 'cheaper'", "colour: 'green'", "seed: Field required"):
        assert f"plan.json, {field}" in printed


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
    with pytest.raises(FrozenInstanceError):
        plan.options.effort = 2.0  # type: ignore[misc]


def test_a_plan_of_before_some_options_and_facts_were_recorded_is_read(plan: Plan) -> None:
    document = plan.to_dict() | {"options": {"time_limit_s": 30.0}, "metadata": {"cancelled": False, "of_later": 1}}
    read = Plan.from_dict(document)
    assert read.options == PlanOptions(time_limit_s=30.0)
    assert read.facts == PlanFacts(search=SearchFacts())


@pytest.mark.parametrize(
    ("part", "document", "place"),
    [
        ("options", {"longer_trips": 20}, "options.longer_trips"),
        ("options", {"longer_trips_s": "20"}, "options.longer_trips_s"),
        ("options", {"longer_trips_s": 20.5}, "options.longer_trips_s"),
        ("options", {"longer_trips_s": True}, "options.longer_trips_s"),
        ("options", {"objective": "time"}, "options.objective"),
        ("metadata", {"convergence": [[1, 2, 3]]}, "metadata.convergence.0.1"),
        ("metadata", {"stopped_early": "no"}, "metadata.stopped_early"),
    ],
)
def test_options_and_facts_of_a_wrong_form_are_faults(plan: Plan, part: str, document: object, place: str) -> None:
    with pytest.raises(InputFaults) as caught:
        Plan.from_dict(plan.to_dict() | {part: document})
    assert [fault.field for fault in caught.value.faults] == [place]
