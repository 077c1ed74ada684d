"""Rules of the operation (O): times at terminals that fit together.

Only values that a scenario gives are checked against the line, so that a scenario without them is never at fault for a
default.
"""

from collections.abc import Iterator

from scenarios.rules.rule import Finding, Rule
from scenarios.schema.scenario import Scenario


def _shut_down_within_the_powered_stand(scenario: Scenario) -> Iterator[Finding]:
    operation = scenario.operation
    given = operation.model_fields_set
    name = "shut_down_after_s" if "shut_down_after_s" in given or "powered_stand_s" not in given else "powered_stand_s"
    if operation.shut_down_after_s > operation.powered_stand_s:
        allowed = (
            f"at most operation.powered_stand_s {operation.powered_stand_s}"
            if name == "shut_down_after_s"
            else f"at least operation.shut_down_after_s {operation.shut_down_after_s}"
        )
        yield Finding(("operation", name), f"{getattr(operation, name)}", allowed)


def _time_for_the_depot(scenario: Scenario) -> Iterator[Finding]:
    operation = scenario.operation
    if not {"depot_after_s", "depot_shunting_share"} & operation.model_fields_set:
        return
    name = "depot_after_s" if "depot_after_s" in operation.model_fields_set else "depot_shunting_share"
    with_depot = {depot.station for depot in scenario.depots}
    for station, terminal in scenario.terminals.items():
        if terminal.maximum_turnback_s is not None or (with_depot and station not in with_depot):
            continue
        least_s = 2.0 * operation.depot_shunting_share * max(terminal.turnbacks_s)
        if operation.depot_after_s < least_s:
            yield Finding(
                ("operation", name), f"{getattr(operation, name):g}",
                f"depot_after_s of at least {least_s:g} s, the time to go into the depot at {station} and to come out",
            )  # fmt: skip


def _energised_during_the_service(scenario: Scenario) -> Iterator[Finding]:
    operation, timetable = scenario.operation, scenario.timetable
    if "supply_energised_s" not in operation.model_fields_set:
        return
    times_s = [row.departure_s for row in timetable.departures or ()]
    times_s += [trip.departure_s[0] for trip in timetable.called_trips]
    for clocks in (timetable.first_departure_s, timetable.last_departure_s):
        times_s += [clocks.up, clocks.down] if clocks is not None else []
    service_s = max(times_s, default=0) - min(times_s, default=0)
    if operation.supply_energised_s < service_s:
        yield Finding(
            ("operation", "supply_energised_s"), f"{operation.supply_energised_s}",
            f"at least {service_s}, the time from the first departure of the day to the last",
        )  # fmt: skip


RULES = (
    Rule(
        "O1", "A train is shut down no later than the longest stand with power on.", _shut_down_within_the_powered_stand
    ),
    Rule("O2", "A stand that ends in the depot is long enough to go in and to come out.", _time_for_the_depot),
    Rule(
        "O3", "The supply is energised for at least the time from the first departure to the last.",
        _energised_during_the_service,
    ),
)  # fmt: skip
