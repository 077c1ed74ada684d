"""The table of running times for systems without a link."""

from live_lines import live_plan

from api.live.live_plan import LivePlan
from api.live.running_time_table import running_times
from dispatch.plans.timetable import Timetable
from dispatch.regulation.controllers import regulators_named


def test_later_departures_have_shorter_running_times_and_never_shorter_than_possible() -> None:
    plan = live_plan()
    trip = plan.timetable.trips[3]
    small = LivePlan(plan.line, Timetable((trip,)), given_stock=plan.stock)
    factory = regulators_named("track", plan.scenario, plan.stock)
    assert factory is not None
    rows = list(running_times(small, factory.for_day(small.timetable), 30))
    for stop in range(len(trip.driving)):
        own = [one for one in rows if one.station_id == trip.stations[stop]]
        assert own[0].from_departure_s == trip.departure_s[stop]
        times_s = [one.running_time_s for one in own]
        assert times_s == sorted(times_s, reverse=True)
        assert times_s[-1] >= plan.shortest_s(trip, stop, trip.passengers[stop])
