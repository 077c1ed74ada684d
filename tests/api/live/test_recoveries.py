"""The process that compares recoveries: requests of the hub, answers in place, and the recommendation."""

from dataclasses import replace
from pathlib import Path

import pytest
from live_lines import EIGHT, LINE, event_row, first_trip, live_line, live_plan, take

from api.live.place import LivePlace, read_whole
from api.live.recoveries import RecoveryStudy, RecoveryTask, _answer, recommended
from api.live.recovery_requests import MOST_KEPT, read_recovery, waiting_request, write_request
from simulation.virtual_line.recovery_figures import RecoveryFigures

FIGURES = RecoveryFigures(None, 0, 0, 100.0, 10.0, 0.0, None, 0.0, 500.0, 90.0, 800.0, 700.0, 0.0, 0.0, "", None)


@pytest.fixture
def place(tmp_path: Path) -> LivePlace:
    found = LivePlace(tmp_path, LINE)
    found.folder.mkdir(parents=True)
    return found


def test_a_request_is_answered_in_place_from_the_lateness_of_now(place: LivePlace) -> None:
    line, trip = live_line(), first_trip()
    take(line, [event_row(trip, 0, "departed", late_s=120.0)], trip.start_s + 121.0)
    value = {"kind": "train failed", "at": trip.vehicle, "from_s": None, "duration_s": 300}
    write_request(place, line, "a1", "ada", value)
    waiting = waiting_request(place)
    assert waiting is not None
    assert waiting[1]["lateness_s"][trip.vehicle] == pytest.approx(120.0, abs=1.0)
    plan = live_plan()
    study = RecoveryStudy.of(RecoveryTask(plan.scenario, plan.stock, plan.timetable, plan.rated_kw))
    _answer(replace(study, energy=study.even), *waiting)
    found = read_recovery(place, "a1")
    assert found is not None
    assert (found["status"], found["by"]) == ("done", "ada")
    assert [one["name"] for one in found["recoveries"]] == ["own", "energy", "withdraw"]
    assert found["recommended"] in {one["name"] for one in found["recoveries"]}
    assert found["without"]["energy_kwh"] > 0
    assert found["window"][0] <= EIGHT + 3600
    assert waiting_request(place) is None


def test_an_unknown_place_is_told_in_the_answer(place: LivePlace) -> None:
    write_request(place, live_line(), "a2", "ada", {"kind": "substation out", "at": "none", "duration_s": 300})
    waiting = waiting_request(place)
    assert waiting is not None
    plan = live_plan()
    study = RecoveryStudy.of(RecoveryTask(plan.scenario, plan.stock, plan.timetable, plan.rated_kw))
    _answer(study, *waiting)
    found = read_whole(place.recoveries / "a2.json")
    assert found is not None
    assert found["status"] == "failed"
    assert "none" in found["problem"]


def test_old_requests_are_removed_and_names_stay_within_the_folder(place: LivePlace) -> None:
    for number in range(MOST_KEPT + 3):
        write_request(place, live_line(), f"r{number}", "ada", {"kind": "train failed", "at": "x", "duration_s": 60})
    assert len(list(place.recoveries.iterdir())) == MOST_KEPT
    assert read_recovery(place, "../snapshot") is None


def test_the_recommendation_weighs_waiting_before_energy_and_refuses_starved_trains() -> None:
    before = FIGURES
    slow = replace(FIGURES, waiting_passenger_h=20.0, energy_kwh=400.0)
    quick = replace(FIGURES, waiting_passenger_h=15.0, energy_kwh=520.0)
    alike = replace(FIGURES, waiting_passenger_h=15.1, energy_kwh=510.0)
    starved = replace(FIGURES, waiting_passenger_h=9.0, unserved_kwh=30.0)
    assert recommended(before, [("own", slow), ("even", quick)]) == "even"
    assert recommended(before, [("own", slow), ("even", quick), ("energy", alike)]) == "energy"
    assert recommended(before, [("own", slow), ("even", starved)]) == "own"
