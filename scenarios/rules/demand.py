"""Rules of demand and tariff (D)."""

from collections.abc import Iterator, Sequence

from scenarios.rules.line import known_station, station_ids
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.base import seconds_to_clock
from scenarios.schema.demand import ExtraPassengers, PeriodJourneys
from scenarios.schema.scenario import Scenario
from scenarios.schema.tariff import CarbonPeriod, PricePeriod
from scenarios.values.demand import busiest_section

TABLES = ("origin_destination", "station_counts", "section_loads")
FORMS = (*TABLES, "origin_destination_periods", "boardings", "gravity")
PLACES = ("origin", "destination", "station", "departure_station")
DAY_S = 86_400


def _one_table(scenario: Scenario) -> Iterator[Finding]:
    given = [name for name in FORMS if getattr(scenario.demand, name) is not None]
    if len(given) != 1:
        yield Finding(("demand",), "no form" if not given else ", ".join(given), "exactly one of " + ", ".join(FORMS))


def _known_stations(scenario: Scenario) -> Iterator[Finding]:
    ids = station_ids(scenario)
    for table in (*TABLES, "origin_destination_periods", "boardings", "extra"):
        for position, row in enumerate(getattr(scenario.demand, table) or ()):
            for column in PLACES:
                name = row.__dict__.get(column)
                if name is not None and name not in ids:
                    yield Finding(("demand", table, position, column), name, known_station(scenario, name))


def _somewhere_else(scenario: Scenario) -> Iterator[Finding]:
    for table in ("origin_destination", "origin_destination_periods", "extra"):
        for position, row in having(getattr(scenario.demand, table) or (), "origin", "destination"):
            if row.origin == row.destination:
                yield Finding(
                    ("demand", table, position, "destination"), row.destination, "another station than the origin"
                )


def _intervals(scenario: Scenario) -> Iterator[Finding]:
    step = scenario.demand.interval_s
    for table in (*TABLES, "boardings"):
        seen: set[tuple[object, ...]] = set()
        for position, row in having(getattr(scenario.demand, table) or (), "from_s"):
            if row.from_s % step:
                yield Finding(
                    ("demand", table, position, "from"),
                    seconds_to_clock(row.from_s),
                    f"a multiple of interval_s {step}",
                )
            key = (row.from_s, *(row.__dict__.get(name) for name in (*PLACES, "direction")))
            if key in seen:
                yield Finding(
                    ("demand", table, position, "from"), seconds_to_clock(row.from_s), "each row's key only once"
                )
            seen.add(key)
    yield from _periods_end_later(scenario.demand.extra, ("demand", "extra"))
    yield from _periods_end_later(
        scenario.demand.origin_destination_periods or (), ("demand", "origin_destination_periods")
    )


def _periods_end_later(rows: Sequence[ExtraPassengers | PeriodJourneys], path: tuple[str, ...]) -> Iterator[Finding]:
    for position, row in having(rows, "from_s", "to_s"):
        if row.to_s <= row.from_s:
            yield Finding((*path, position, "to"), seconds_to_clock(row.to_s), f"after {seconds_to_clock(row.from_s)}")


def _section_exists(scenario: Scenario) -> Iterator[Finding]:
    if not scenario.stations:
        return
    ends = {"up": scenario.stations[-1].id, "down": scenario.stations[0].id}
    for position, row in having(scenario.demand.section_loads or (), "departure_station", "direction", "passengers"):
        if row.departure_station == ends[row.direction]:
            yield Finding(
                ("demand", "section_loads", position, "departure_station"), row.departure_station,
                f"a station that is not the last in direction {row.direction}",
            )  # fmt: skip


def _passengers_balance(scenario: Scenario) -> Iterator[Finding]:
    rows = list(having(scenario.demand.station_counts or (), "direction", "boarding", "alighting"))
    for direction in ("up", "down"):
        boarding = sum(row.boarding for _, row in rows if row.direction == direction)
        alighting = sum(row.alighting for _, row in rows if row.direction == direction)
        if abs(boarding - alighting) > 0.01 * max(boarding, alighting):
            yield Finding(
                ("demand", "station_counts"), f"{boarding:.0f} board and {alighting:.0f} alight, direction {direction}",
                "as many alighting as boarding in a direction over the day, to 1 %",
            )  # fmt: skip


def _within_any_capacity(scenario: Scenario) -> Iterator[Finding]:
    crush = max(train.capacity.crush for train in scenario.train_types.values())
    most = crush * 3600 / scenario.signalling.minimum_headway_s
    if len([name for name in FORMS if getattr(scenario.demand, name) is not None]) != 1:
        return
    busiest = busiest_section(scenario)
    if busiest.passengers_per_hour > most:
        yield Finding(
            ("demand",), f"{busiest.passengers_per_hour:.0f} passengers an hour from {busiest.departure_station} to "
            f"{busiest.arrival_station} at {seconds_to_clock(busiest.from_s)}",
            f"at most {most:.0f}, the capacity of full trains at the minimum headway",
        )  # fmt: skip


def _prices(scenario: Scenario) -> Iterator[Finding]:
    yield from _whole_day(scenario.tariff.periods, ("tariff", "periods"), "price")


def _carbon(scenario: Scenario) -> Iterator[Finding]:
    if scenario.co2_periods:
        yield from _whole_day(scenario.co2_periods, ("co2_periods",), "value")


def _whole_day(periods: Sequence[PricePeriod | CarbonPeriod], path: tuple[str, ...], what: str) -> Iterator[Finding]:
    rows = sorted(having(periods, "from_s", "to_s"), key=lambda item: item[1].from_s)
    reached = 0
    for position, period in rows:
        if period.from_s != reached:
            yield Finding(
                (*path, position, "from"), seconds_to_clock(period.from_s),
                f"{seconds_to_clock(reached)}, the end of the previous {what}: no gap, no overlap",
            )  # fmt: skip
        if period.to_s <= period.from_s:
            yield Finding(
                (*path, position, "to"), seconds_to_clock(period.to_s), f"after {seconds_to_clock(period.from_s)}"
            )
        reached = max(reached, period.to_s)
    if reached != DAY_S:
        yield Finding(path, f"{what}s until {seconds_to_clock(reached)}", f"{what}s from 00:00 to 24:00")


def _demand_interval(scenario: Scenario) -> Iterator[Finding]:
    interval = scenario.tariff.demand_interval_s
    if DAY_S % interval:
        yield Finding(("tariff", "demand_interval_s"), f"{interval}", "a divisor of the day, such as 900")


RULES = (
    Rule("D1", "Demand is given in exactly one form.", _one_table),
    Rule("D2", "Stations of the demand are stations of the line.", _known_stations),
    Rule("D3", "Origin and destination of passengers are different stations.", _somewhere_else),
    Rule(
        "D4",
        "Intervals begin at multiples of their length, and each key occurs once; periods end after their start.",
        _intervals,
    ),
    Rule("D5", "Section loads name sections of the line.", _section_exists),
    Rule(
        "D6",
        "In each direction, the passengers who alight over the day equal the passengers who board.",
        _passengers_balance,
    ),
    Rule(
        "D7",
        "The demand does not exceed the capacity of full trains at the minimum headway.",
        _within_any_capacity,
        needs_whole=True,
    ),
    Rule("D8", "The prices cover the day without gap or overlap.", _prices),
    Rule("D9", "The interval of the demand charge divides the day.", _demand_interval),
    Rule("D10", "The CO2 values by time of day cover the day without gap or overlap.", _carbon),
)
