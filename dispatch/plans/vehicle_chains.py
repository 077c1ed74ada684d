"""Vehicle chains: the trips that each vehicle works in order, and the rules by which trains turn."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from dispatch.plans.terminal_occupancy import terminal_excess_s
from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema import Scenario
from scenarios.values.fleet import vehicle_names

Ready = list[tuple[int, str]]
"""Vehicles at a station with the time from which they can leave, in order of this time."""


def turned_as_operated(timetable: Timetable, scenario: Scenario) -> Timetable:
    """The timetable with vehicles as an operator turns them.

    Trains turn first in, first out. If trains would then find the terminals full more often than with the last train
    leaving first, the last train leaves first: after the peak, surplus trains then stay in the depot, as in a plan,
    instead of every train standing longer at the terminal.
    """
    queue = first_in_first_out(timetable, scenario)
    queued_s = terminal_excess_s(queue, scenario)
    if queued_s == 0.0:
        return queue
    stack = last_in_first_out(timetable, scenario)
    return stack if terminal_excess_s(stack, scenario) < queued_s else queue


def first_in_first_out(timetable: Timetable, scenario: Scenario) -> Timetable:
    """The timetable with vehicles that turn first in, first out, after the turnback time.

    A departure without a ready train uses a new vehicle. The size of the fleet is not a limit: additional vehicles have
    the next numbers of the main type.
    """
    return _turned(timetable, scenario, lambda _ready, _start_s: 0)


def last_in_first_out(timetable: Timetable, scenario: Scenario) -> Timetable:
    """The timetable with vehicles of which the one that became ready last leaves first, after the turnback time.

    Additional vehicles as with `first_in_first_out`.
    """
    return _turned(timetable, scenario, lambda ready, start_s: sum(1 for ready_s, _ in ready if ready_s <= start_s) - 1)


def _turned(timetable: Timetable, scenario: Scenario, choice: Callable[[Ready, int], int]) -> Timetable:
    """The timetable with vehicles; `choice` gives the place of the next vehicle among those at the station."""
    names = list(vehicle_names(scenario))
    main = scenario.main_train_type
    owned = sum(part.trainsets for part in scenario.fleet if part.train_type == main)
    further = (f"{main}-{owned + extra:02d}" for extra in range(1, len(names) + len(timetable.trips) + 1))
    names += [name for name in further if name not in names]
    waiting: dict[str, Ready] = {}
    vehicle_of: dict[str, str] = {}
    used = 0
    for trip in timetable.by_departure():
        queue = waiting.setdefault(trip.stations[0], [])
        if queue and queue[0][0] <= trip.start_s:
            vehicle = queue.pop(choice(queue, trip.start_s))[1]
        else:
            vehicle = names[used]
            used += 1
        vehicle_of[trip.trip_id] = vehicle
        end = trip.stations[-1]
        ready = waiting.setdefault(end, [])
        ready.append((trip.end_s + turnback_after_s(scenario, trip), vehicle))
        ready.sort()
    return with_vehicles(timetable, vehicle_of)


def turnback_after_s(scenario: Scenario, trip: Trip) -> int:
    """Shortest turnback of the vehicle after a trip."""
    return scenario.terminals[trip.stations[-1]].turnback_at_s(trip.end_s, trip.direction)


def with_vehicles(timetable: Timetable, vehicle_of: Mapping[str, str]) -> Timetable:
    """The timetable with a vehicle for each trip id."""
    return Timetable(tuple(replace(trip, vehicle=vehicle_of[trip.trip_id]) for trip in timetable.trips))
