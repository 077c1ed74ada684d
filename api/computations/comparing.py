"""Two plans beside each other, or a plan beside the timetable in force, as one JSON document."""

from dataclasses import asdict
from typing import Any

from api.plan_files.folder import WrittenPlan
from api.source_names import origin_json
from api.summary import headline_beside
from dispatch.explanation.compare import Comparison, PlannedLine, TripDifference
from scenarios.values.train_numbers import train_numbers

MODEL = "two-track ladder, every train on time"


def headlines_of(found: Comparison, names: tuple[str, str], judged: tuple[WrittenPlan | None, WrittenPlan]) -> Any:
    """The judged saving of each plan that has one, as a sentence, by the name of the plan."""
    return {
        name: headline_beside(side.proven_result, "on-time-ladder", totals.energy_kwh)
        for name, side, totals in zip(names, judged, found.totals, strict=True)
        if side is not None
    }


def comparison_document(
    found: Comparison, names: tuple[str, str], first: PlannedLine, second: PlannedLine
) -> dict[str, object]:
    """The comparison as one JSON object."""
    numbers = [train_numbers(side.scenario) for side in (first, second)]

    def own(row: TripDifference) -> dict[str, object]:
        """Train numbers of the trip in both plans; nothing without train numbers."""
        if not any(numbers):
            return {}
        return {"train_numbers": [of.get(name or "", "") for name, of in zip(row.trip_ids, numbers, strict=True)]}

    return {
        "plans": list(names),
        "same_scenario": found.is_same_scenario,
        "metering_point": "substation DC terminals",
        "model": MODEL,
        "totals": [asdict(side) for side in found.totals],
        "headways": [asdict(row) for row in found.headways],
        "trips_changed": sum(row.is_changed for row in found.trips),
        "trips": [{**asdict(row), "largest_move_s": row.largest_move_s, **own(row)} for row in found.trips],
        **origin_json(first.scenario),
    }
