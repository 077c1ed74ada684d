"""Planner and checker take the operator's facts from the scenario: each field changes what it is about."""

from dataclasses import replace

from dispatch.checker.case import CheckCase
from dispatch.checker.rules.vehicles import terminal_tracks
from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_energy_j
from dispatch.energy.planned_movements import planned_movements
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.terminal_occupancy import Turn, goes_to_depot, on_tracks
from dispatch.plans.timetable import Timetable, Trip
from dispatch.rostering.duties import assign, duty_summary
from dispatch.timing.limits import equal_service_limits
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.operation import Operation
from scenarios.values.build import profile_library, supply_network
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.values.station_times import departures_today

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)
LIBRARY = profile_library(LINE)
NETWORK = supply_network(LINE)


def operated(scenario: Scenario = LINE, **fields: float) -> Scenario:
    """The scenario with other values of the operation."""
    return scenario.with_parts(operation=Operation(**fields))


def without_longest_turnback(scenario: Scenario) -> Scenario:
    terminals = {
        name: terminal.model_copy(update={"maximum_turnback_s": None}) for name, terminal in scenario.terminals.items()
    }
    return scenario.with_parts(terminals=terminals)


def terminal_stands_s(**fields: float) -> list[int]:
    """How long trains at terminals stay powered in the timetable in force."""
    found = planned_movements(IN_FORCE, LineModel(operated(**fields), LIBRARY, NETWORK))
    ends = {trip.end_s for trip in IN_FORCE.trips}
    return [int(stand.to_s - stand.from_s) for stand in found.stands if stand.from_s in ends]


def test_trains_are_shut_down_as_the_operation_says() -> None:
    usual = terminal_stands_s()
    longest = max(stand for stand in usual if stand <= 900)
    assert set(usual) - {180} != set()
    short = terminal_stands_s(powered_stand_s=longest - 1)
    assert max(short) < longest
    earlier = terminal_stands_s(shut_down_after_s=60)
    assert usual.count(180) == earlier.count(60) > 0
    assert sum(earlier) == sum(usual) - 120 * usual.count(180)


def test_the_planned_energy_follows_the_stands() -> None:
    usual_j, less_j = (
        planned_energy_j(IN_FORCE, LineModel(operated(shut_down_after_s=s), LIBRARY, NETWORK)) for s in (180, 0)
    )
    assert less_j < usual_j


def test_the_search_prices_the_same_stands() -> None:
    limits = equal_service_limits(operated(powered_stand_s=700, shut_down_after_s=90), IN_FORCE, 1e4)
    assert (limits.stand_auxiliary_s, limits.stand_fallback_s) == (700, 90)


def test_a_train_goes_to_the_depot_after_the_operations_time() -> None:
    free = without_longest_turnback(LINE)
    stand = Turn("V1", "AIR", 1000, 1800)
    assert not goes_to_depot(stand, free)
    assert goes_to_depot(stand, operated(free, depot_after_s=799))


def test_a_track_is_taken_for_the_clearing_and_the_shunting() -> None:
    turns = (Turn("V1", "AIR", 1000, 1300), Turn("V2", "AIR", None, 2000))
    assert on_tracks(turns, LINE, "AIR") == [(1000, 1345), (1940.0, 2045)]
    other = operated(track_clearing_s=10, depot_shunting_share=0.25)
    assert on_tracks(turns, other, "AIR") == [(1000, 1310), (1970.0, 2010)]


def at_one_track(scenario: Scenario) -> int:
    """Violations of the tracks where two trains follow each other on the only track of a terminal."""
    terminals = {**scenario.terminals, "AIR": scenario.terminals["AIR"].model_copy(update={"tracks": 1})}
    narrow = scenario.with_parts(terminals=terminals)
    up, down = IN_FORCE.of("up")[0], IN_FORCE.of("down")[0]

    def at(trip: Trip, start_s: int, vehicle: str) -> Trip:
        by_s = start_s - trip.start_s
        arrival_s, departure_s = (tuple(t + by_s for t in times) for times in (trip.arrival_s, trip.departure_s))
        return replace(
            trip, trip_id=f"{vehicle}-{trip.direction}", arrival_s=arrival_s, departure_s=departure_s, vehicle=vehicle
        )

    first = at(up, 30_000, "V1")
    back = at(down, first.end_s + 200, "V1")
    second = at(up, first.start_s + 225, "V2")  # arrives 25 s after the first train has left
    later = at(down, second.end_s + 200, "V2")
    timetable = Timetable((first, back, second, later))
    plan = Plan(LINE.name, LINE.hash, "demand-led", timetable, headway_table(IN_FORCE, LINE), {}, 0, "test")
    return len([*terminal_tracks(CheckCase(plan, narrow, IN_FORCE, ShortestTimes(LINE)))])


def test_the_checker_reads_the_same_facts() -> None:
    assert at_one_track(LINE) == 1
    assert at_one_track(operated(track_clearing_s=20)) == 0


def test_the_last_departure_needs_its_gap() -> None:
    timetable = LINE.timetable
    assert timetable.last_departure_s is not None
    usual = departures_today(LINE, "up")
    # 200 s after the train before the last one, which then does not run at its own time.
    last = timetable.last_departure_s.model_copy(update={"up": usual[-2] + 200})
    sooner = LINE.with_parts(timetable=timetable.model_copy(update={"last_departure_s": last}))
    assert departures_today(operated(sooner, shortest_last_gap_s=200), "up") == (*usual[:-1], usual[-2] + 200)
    assert departures_today(operated(sooner, shortest_last_gap_s=201), "up") == usual[:-1]


def test_depot_visits_are_worth_their_distance() -> None:
    visits = [
        sum(duty.depot_visits for duty in duty_summary(assign(IN_FORCE, scenario, IN_FORCE), scenario).duties)
        for scenario in (operated(depot_visit_line_lengths=lengths) for lengths in (0.0, 4.0, 1000.0))
    ]
    assert visits[0] > visits[1] > visits[2] == 0
