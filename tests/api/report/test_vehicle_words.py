"""The sentence of the summary on what the assignment of vehicles saves alone."""

import json
from dataclasses import asdict, replace

from api.result import PlanResult
from api.vehicle_words import vehicles_sentence
from dispatch.plans.plan_record import AssignmentSavingFacts

FACTS = AssignmentSavingFacts(
    kwh=990.0, random_kwh=1_000.0, random_range_kwh=(995.0, 1_005.0), saving_kwh=10.0, saving_ci95_kwh=(4.0, 16.0),
    random_assignments=8, is_mileage_balanced=False,
)  # fmt: skip


def sentence(facts: AssignmentSavingFacts) -> str:
    """The sentence for a plan with these facts, as its metadata contain them."""
    content = json.loads(json.dumps(asdict(facts)))
    return vehicles_sentence(PlanResult.model_construct(metadata={"assignment_saving": content}))


def test_a_saving_without_mileages_is_named_as_such() -> None:
    text = sentence(FACTS)
    assert "saves 10.0 kWh a day (95 % interval 4.0 to 16.0 kWh" in text
    assert "No mileage.csv of the fleet folder balances the mileage" in text
    assert "mileage" not in sentence(replace(FACTS, is_mileage_balanced=True))


def test_mileage_that_no_assignment_balances_is_named_with_its_distance() -> None:
    text = sentence(replace(FACTS, is_mileage_balanced=True, mileage_excess_km=1_234.0))
    assert "leave the band of mileage by 1,234 km in sum" in text
    assert "mileage.csv" not in text


def test_a_plan_stored_before_the_field_has_no_statement_on_mileages() -> None:
    content = json.loads(json.dumps(asdict(FACTS)))
    del content["is_mileage_balanced"]
    assert "mileage" not in vehicles_sentence(PlanResult.model_construct(metadata={"assignment_saving": content}))
    assert vehicles_sentence(PlanResult.model_construct(metadata={})) == ""
