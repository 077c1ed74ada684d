"""The names of the vehicles of a fleet: given by the fleet, by the calls of the timetable, or type and number."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.plans.in_force import timetable_in_force
from energy_models.faults import Fault
from scenarios.files.load import LINES, load_scenario
from scenarios.values.fleet import vehicle_names

Y = "scenario.yaml"
FLEET = "- {train_type: four_car, trainsets: 6}"
NAMED = "- {train_type: four_car, trainsets: 2, vehicles: [TS01, 102]}"
CALLS = [
    ("one", "HAR", "06:00", "A"), ("one", "MKT", "06:02", "A"), ("one", "UNI", "06:05", "A"),
    ("one", "PRK", "06:08", "A"), ("one", "AIR", "06:11", "A"), ("back", "AIR", "06:20", "B"),
    ("back", "PRK", "06:23", "B"), ("back", "UNI", "06:26", "B"), ("back", "MKT", "06:29", "B"),
    ("back", "HAR", "06:32", "B"),
]  # fmt: skip
DWELLS_S = {"MKT": 35, "UNI": 35, "PRK": 35}


def fleet(*parts: str) -> tuple[str, str, str]:
    """The edit that gives the tutorial line these parts of its fleet."""
    return (Y, FLEET, "\n".join(parts))


def calls(vehicles: str) -> list[tuple[str, str, str]]:
    """The edits that give the tutorial line calls of two trips, worked by the vehicles of two letters."""
    text = (LINES / "tutorial_line" / Y).read_text(encoding="utf-8")
    # The last line of the timetable in force is the last period.
    old = text[text.index("  running_time_s:") : text.index("\n", text.index('from: "08:30", to: "09:00"')) + 1]
    rows = ["trip_id,station,arrival,departure,vehicle"]
    for trip, station, arrival, vehicle in CALLS:
        departure = f"{arrival}:{DWELLS_S[station]}" if station in DWELLS_S else arrival
        rows.append(f"{trip},{station},{arrival},{departure},{vehicles['AB'.index(vehicle)]}")
    return [(Y, old, "  calls: calls.csv\n"), ("calls.csv", "", "\n".join(rows) + "\n")]


def test_a_fleet_names_its_vehicles_and_the_others_have_type_and_number(edited: Callable[..., Path]) -> None:
    parts = ("- {train_type: four_car, trainsets: 3}", NAMED, "- {train_type: four_car, trainsets: 1}")
    named = load_scenario(edited("tutorial_line", [fleet(*parts)]))
    assert list(vehicle_names(named)) == ["four_car-01", "four_car-02", "four_car-03", "TS01", "102", "four_car-06"]


def test_a_given_name_is_no_number_of_another_train(edited: Callable[..., Path]) -> None:
    parts = ("- {train_type: four_car, trainsets: 1, vehicles: [four_car-02]}", FLEET.replace("6", "2"))
    named = load_scenario(edited("tutorial_line", [fleet(*parts)]))
    assert list(vehicle_names(named)) == ["four_car-02", "four_car-03", "four_car-04"]
    # Today's timetable needs more trains than this fleet has: each has a name of its own.
    today = timetable_in_force(named)
    assert {trip.vehicle for trip in today.trips} > set(vehicle_names(named))


def test_only_given_names_change_the_hash(edited: Callable[..., Path]) -> None:
    named = load_scenario(edited("tutorial_line", [fleet(FLEET[:-1] + ", vehicles: [a, b, c, d, e, f]}")]))
    assert named.fleet[0].vehicles == ("a", "b", "c", "d", "e", "f")
    bare = named.model_copy(update={"fleet": (named.fleet[0].model_copy(update={"vehicles": ()}),)})
    assert len({line.with_parts(fleet=line.fleet).hash for line in (named, bare)}) == 2
    assert bare.with_parts(fleet=bare.fleet).hash == load_scenario("tutorial_line").hash


def test_vehicles_of_the_calls_keep_the_names_and_types_of_the_fleet(edited: Callable[..., Path]) -> None:
    part = "- {train_type: four_car, trainsets: 1}"
    named = load_scenario(edited("tutorial_line", [fleet(part, NAMED.replace("102", "B")), *calls("AB")]))
    assert list(vehicle_names(named)) == ["A", "TS01", "B"]


@pytest.mark.parametrize(
    ("parts", "vehicles", "value", "allowed"),
    [
        ((NAMED.replace("2,", "3,", 1),), "", "2 names", "3 names"),
        ((NAMED, NAMED.replace("102", "103")), "", "TS01", "fleet[0] contains this name too"),
        ((NAMED.replace("102", "TS01"),), "", "TS01", "the same list"),
        ((NAMED.replace("102", "''"),), "", "", "text, at most 120 letters"),
        ((NAMED,), "AB", "A", "a vehicle of fleet"),
        ((NAMED.replace("TS01", "A"),), "AB", "B", "one of A, 102"),
    ],
)
def test_names_that_do_not_fit_are_one_fault_each(
    parts: tuple[str, ...], vehicles: str, value: str, allowed: str, faults_after: Callable[..., tuple[Fault, ...]]
) -> None:
    fault = faults_after("tutorial_line", [fleet(*parts), *(calls(vehicles) if vehicles else [])])[0]
    assert fault.field.startswith("fleet") or fault.file == "calls.csv"
    assert fault.value == value
    assert allowed in fault.allowed
