"""A plan as JSON, with the names of the operator."""

from typing import Any

from api.plan_files.proof import CheckedPlan
from api.source_names import origin_json
from scenarios.values.train_numbers import train_numbers


def plan_document(checked: CheckedPlan) -> dict[str, Any]:
    """The plan as plain JSON values; each trip with its train number and the plan with the origin of its timetable, if
    the scenario has them."""
    scenario = checked.written.scenario
    document = {**checked.plan.to_dict(), **origin_json(scenario)}
    if numbers := train_numbers(scenario):
        document["trips"] = [
            {**trip, "train_number": numbers.get(trip["trip_id"], "")} for trip in document["trips"]
        ]  # fmt: skip
    return document
