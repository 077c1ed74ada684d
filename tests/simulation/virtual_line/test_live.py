"""The virtual line in steps: the same trains as a simulated day, incidents, and advice from outside."""

import pytest
from live_lines import EIGHT, first_trip, line_model, live_plan, virtual_line

from energy_models.faults import InputFaults
from simulation.virtual_line.live import Incident
from simulation.virtual_line.outside_centre import Command


def test_the_trains_are_those_of_the_simulated_day() -> None:
    events = virtual_line(EIGHT + 600).before
    day = line_model().run_trains(live_plan().timetable, 1)
    known = {
        (trip.trip.trip_id, stop): time_s
        for trip in day.trips
        for stop, time_s in enumerate(trip.departure_s[:-1])
        if time_s < EIGHT + 600
    }
    assert {(one.trip_id, one.stop): one.time_s for one in events if one.event == "departed"} == known


def test_a_held_train_leaves_when_the_incident_is_over() -> None:
    virtual, trip = virtual_line(), first_trip()
    until_s = trip.departure_s[1] + 120.0
    virtual.add(Incident("hold station", trip.stations[1], EIGHT, until_s))
    events = [one for _ in range(int(until_s) - EIGHT + 60) for one in virtual.second().events]
    left = [one for one in events if (one.trip_id, one.stop, one.event) == (trip.trip_id, 1, "departed")]
    assert left[0].time_s >= until_s


def test_a_train_follows_advice_that_has_reached_it() -> None:
    trip = first_trip()
    for delay_s, follows in ((0.0, True), (1e5, False)):
        virtual = virtual_line(delay_s=delay_s)
        departs_s = trip.departure_s[1] + 25.0
        virtual.centre.command(Command(trip.trip_id, 1, departs_s, trip.running_time_s(1) + 3, EIGHT))
        events = [one for _ in range(int(departs_s) - EIGHT + 30) for one in virtual.second().events]
        (left,) = [one for one in events if (one.trip_id, one.stop, one.event) == (trip.trip_id, 1, "departed")]
        assert (left.time_s >= departs_s, left.running_time_s == trip.running_time_s(1) + 3) == (follows, follows)


def test_silent_trains_and_meters_send_nothing_and_an_outage_moves_the_power() -> None:
    virtual = virtual_line()
    name, (first, second) = virtual.second().records[0].vehicle, virtual.substations
    virtual.add(Incident("silent train", name, EIGHT, EIGHT + 20))
    virtual.add(Incident("silent meters", "", EIGHT, EIGHT + 20))
    virtual.add(Incident("substation out", first, EIGHT, EIGHT + 20))
    seconds = [virtual.second() for _ in range(15)]
    assert all(one.vehicle != name for each in seconds for one in each.records)
    assert all(each.substation_w == {} for each in seconds)
    assert all(each.true_substation_w[first] == 0.0 for each in seconds)
    assert any(each.true_substation_w[second] > 0.0 for each in seconds)
    assert name in seconds[0].true_positions_m


def test_an_incident_at_an_unknown_place_is_refused() -> None:
    with pytest.raises(InputFaults):
        virtual_line().add(Incident("hold train", "nobody", EIGHT, EIGHT + 60))
