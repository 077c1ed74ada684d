"""The verdict: plans that save at equal service pass, and every other kind is rejected with its measure."""

from dataclasses import replace

import pytest

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.judging.judge import Judgement, compare, judge_with
from simulation.judging.verdict import longer_trips_sentences, objections, trades

TOLERATED = {"tolerated_waiting_share": 0.05}


@pytest.fixture(scope="module")
def model() -> DayModel:
    scenario = load_scenario("tutorial_line")
    return day_model(scenario, profile_library(scenario))


@pytest.fixture(scope="module")
def in_force() -> Timetable:
    return timetable_in_force(load_scenario("tutorial_line"))


def driven(timetable: Timetable, strategy: str) -> Timetable:
    return Timetable(tuple(replace(trip, driving=(strategy,) * len(trip.driving)) for trip in timetable.trips))


def measures(model: DayModel, before: Timetable, after: Timetable) -> list[str]:
    return [objection.measure for objection in objections(judge_with(model, before, after, 2, 1), **TOLERATED)]


def test_a_plan_that_only_drives_better_passes(model: DayModel, in_force: Timetable) -> None:
    assert measures(model, in_force, driven(in_force, "optimal")) == []


def test_a_plan_that_saves_nothing_is_not_proven(model: DayModel, in_force: Timetable) -> None:
    assert measures(model, in_force, in_force) == ["saving_percent"]
    assert "saving_percent" in measures(model, driven(in_force, "optimal"), in_force)


def test_fewer_trains_save_energy_and_are_rejected_for_the_waiting(model: DayModel, in_force: Timetable) -> None:
    fewer = Timetable((*in_force.of("up")[::2], *in_force.of("down")[::2]))
    rejected = objections(judge_with(model, in_force, fewer, 2, 1), **TOLERATED)
    assert "mean_waiting_s" in [objection.measure for objection in rejected]
    waiting = next(objection for objection in rejected if objection.measure == "mean_waiting_s")
    assert waiting.change.mean > waiting.tolerance
    assert waiting.sentence.startswith("The service is worse: mean waiting changes by +")


def test_fewer_trains_on_request_are_no_objection_and_are_reported(model: DayModel, in_force: Timetable) -> None:
    fewer = Timetable((*in_force.of("up")[::2], *in_force.of("down")[::2]))
    judged = judge_with(model, in_force, fewer, 2, 1)
    measures_against = [objection.measure for objection in objections(judged, mode="demand-led", **TOLERATED)]
    assert "mean_waiting_s" not in measures_against
    assert "maximum_load_share" not in measures_against
    reported = trades(judged, **TOLERATED)
    before, after = (days.served("mean_waiting_s").mean for days in (judged.baseline, judged.plan))
    assert any(f"{after:.0f} s instead of {before:.0f} s" in sentence for sentence in reported)


def test_more_trains_may_draw_more_when_passengers_wait_less(model: DayModel, in_force: Timetable) -> None:
    fewer = Timetable((*in_force.of("up")[::2], *in_force.of("down")[::2]))
    more_trains = judge_with(model, fewer, in_force, 2, 1)
    assert more_trains.saving_kwh.mean < 0.0
    assert "saving_percent" not in [one.measure for one in objections(more_trains, mode="demand-led", **TOLERATED)]
    assert "saving_percent" in [one.measure for one in objections(more_trains, **TOLERATED)]
    nothing = judge_with(model, in_force, in_force, 2, 1)
    assert [one.measure for one in objections(nothing, mode="demand-led", **TOLERATED)] == ["saving_percent"]
    assert trades(nothing, **TOLERATED) == ()


def test_slower_trains_are_rejected_for_the_time(model: DayModel, in_force: Timetable) -> None:
    def slower(trip: Trip) -> Trip:
        stretched = [10 * i for i in range(len(trip.stations))]
        return replace(
            trip,
            arrival_s=tuple(t + s for t, s in zip(trip.arrival_s, stretched, strict=True)),
            departure_s=tuple(t + s for t, s in zip(trip.departure_s, stretched, strict=True)),
            vehicle="",
        )

    relaxed = Timetable(tuple(slower(trip) for trip in in_force.trips))
    assert "mean_one_way_s" in measures(model, in_force, relaxed)
    judged = judge_with(model, in_force, relaxed, 2, 1)
    assert "mean_one_way_s" in [one.measure for one in objections(judged, mode="demand-led", **TOLERATED)]


def test_a_plan_may_not_starve_trains(model: DayModel, in_force: Timetable) -> None:
    weak = tuple(replace(substation, resistance_ohm=0.25) for substation in model.network.substations[:1])
    feeble = replace(model, network=replace(model.network, substations=weak, storages=()))
    gentle, hard = driven(in_force, "optimal"), driven(in_force, "flat_out")
    assert "unserved_kwh" in measures(feeble, gentle, hard)


def test_longer_trips_on_request_are_reported_and_no_objection(model: DayModel, in_force: Timetable) -> None:
    """Ten seconds more in the last section; with an allowance of one second less it is too much."""

    def longer(trip: Trip) -> Trip:
        end_s = trip.end_s + 10
        return replace(
            trip,
            arrival_s=(*trip.arrival_s[:-1], end_s),
            departure_s=(*trip.departure_s[:-1], end_s),
            driving=("optimal",) * len(trip.driving),
        )

    relaxed = Timetable(tuple(longer(trip) for trip in in_force.trips))
    judged = judge_with(model, in_force, relaxed, 2, 1)
    assert "mean_one_way_s" in [one.measure for one in objections(judged, **TOLERATED)]
    assert "mean_one_way_s" in [one.measure for one in objections(judged, longer_trips_s=5, **TOLERATED)]
    assert "mean_one_way_s" not in [one.measure for one in objections(judged, longer_trips_s=12, **TOLERATED)]
    assert longer_trips_sentences(judged, 0) == ()
    before, after = (days.served("mean_one_way_s").mean for days in (judged.baseline, judged.plan))
    (reported,) = longer_trips_sentences(judged, 12)
    assert "up to 12 s longer" in reported
    assert f"{after:.0f} s instead of {before:.0f} s" in reported


def served(judged: Judgement, **later: float) -> Judgement:
    """The judgement with measures of the plan's days increased."""
    days = tuple(
        replace(
            day, service=replace(day.service, **{name: getattr(day.service, name) + by for name, by in later.items()})
        )
        for day in judged.plan.results
    )
    return compare(judged.seeds, judged.baseline.results, days)


def against_demand_led(judged: Judgement) -> list[str]:
    return [one.measure for one in objections(judged, mode="demand-led", **TOLERATED)]


def test_demand_led_headways_that_vary_more_and_bunch_a_little_are_reported(
    model: DayModel, in_force: Timetable
) -> None:
    """The same seconds late are more of a shorter headway: what equal service forbids is part of the trade here."""
    saves = judge_with(model, in_force, driven(in_force, "optimal"), 2, 1)
    changed = served(saves, headway_variation=0.06, excess_waiting_s=1.5, mean_waiting_s=1.5)
    assert [one.measure for one in objections(changed, **TOLERATED)] == [
        "mean_waiting_s",
        "excess_waiting_s",
        "headway_variation",
    ]
    assert against_demand_led(changed) == []
    reported = " ".join(trades(changed, **TOLERATED))
    for words in (
        "mean waiting is ",
        "waiting above the waiting of the timetable is 1.5 s instead of 0.0 s",
        "headway variation is ",
    ):
        assert words in reported


def test_demand_led_plans_must_keep_what_they_promise(model: DayModel, in_force: Timetable) -> None:
    """Waiting far above that of the plan's timetable, late trains and denied passengers are objections."""
    saves = judge_with(model, in_force, driven(in_force, "optimal"), 2, 1)
    promised_s = saves.plan.served("mean_waiting_s").mean - saves.plan.served("excess_waiting_s").mean
    bunched = served(saves, excess_waiting_s=0.06 * promised_s, mean_waiting_s=0.06 * promised_s)
    (objection,) = objections(bunched, mode="demand-led", **TOLERATED)
    assert objection.measure == "excess_waiting_s"
    assert objection.tolerance == pytest.approx(0.05 * promised_s, rel=0.01)
    assert "waiting above" not in " ".join(trades(bunched, **TOLERATED))
    assert against_demand_led(served(saves, punctual_share=-0.02)) == ["punctual_share"]
    assert against_demand_led(served(saves, denied_boardings=1.0)) == ["denied_boardings"]
    assert against_demand_led(served(saves, never_served=6.0)) == ["never_served"]
