"""The quantities of a scenario that the sense check compares with its table of ranges.

Each function yields one quantity, or one for each section, train type or row. A function that meets a missing value
stops; the schema or another rule reports that fault.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scenarios.rules.plausible_ranges import NOMINAL_VOLTAGES_V, RANGES, PlausibleRange, price_range
from scenarios.rules.rule import having
from scenarios.schema.base import DIRECTIONS, seconds_to_clock
from scenarios.schema.line import Station
from scenarios.schema.scenario import Scenario
from scenarios.schema.train import EffortCurve, TrainType
from scenarios.values.load_today import fullest_trains
from scenarios.values.running_times_today import given_running_times
from scenarios.values.station_times import departures_today, station_times

KMH = 3.6
TEST_SPEED_KMH = 80.0
"""Speed at which running resistances are compared."""
_EVERY_M_S = 0.5
_VOLT_SHARE = 0.005


@dataclass(frozen=True)
class Measured:
    """One quantity of a scenario: its range, its value, and where it is.

    `path` is that of the value in the scenario that a change would correct, `subject` names it (a section, a direction)
    and `group` is the train type of a value of a train. `other_units` are values of the same quantity if some input
    were in another unit, with the words for it. `is_unusual` marks a value outside a list of usual values.
    """

    range: PlausibleRange
    value: float
    path: tuple[str | int, ...]
    subject: str = ""
    group: str = ""
    other_units: tuple[tuple[float, str], ...] = ()
    is_unusual: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether a real line can have this value."""
        return self.range.is_possible(self.value)

    @property
    def is_usual(self) -> bool:
        """Whether most lines have such a value."""
        return self.range.is_usual(self.value) and not self.is_unusual

    @property
    def likely_error(self) -> str:
        """The unit error that explains the value, in words; empty if no unit error does."""
        for value, words in self.other_units:
            if self.range.is_usual(value):
                return words
        return self.range.likely_error(self.value)


Quantity = Callable[[Scenario], Iterator[Measured]]


def _sections(scenario: Scenario) -> list[tuple[int, Station, Station]]:
    """Each section in direction up with the position of its second station; none unless the chainage rises."""
    placed = list(scenario.stations)
    found = [(position, here, there) for position, (here, there) in enumerate(pairwise(placed), start=1)]
    rising = all(there.chainage_m > here.chainage_m for _, here, there in found)
    return found if rising else []


def section_lengths(scenario: Scenario) -> Iterator[Measured]:
    """Length of each section."""
    for position, here, there in _sections(scenario):
        yield Measured(
            RANGES["section_length"], there.chainage_m - here.chainage_m, ("stations", position, "chainage_m"),
            f"{here.id}-{there.id}",
        )  # fmt: skip


def line_length(scenario: Scenario) -> Iterator[Measured]:
    """Length of the whole line."""
    if _sections(scenario):
        yield Measured(RANGES["line_length"], scenario.length_m, ("stations", len(scenario.stations) - 1, "chainage_m"))


def gradients(scenario: Scenario) -> Iterator[Measured]:
    """Steepness of each gradient."""
    for position, row in having(scenario.track.gradients, "permil", "from_m", "to_m"):
        yield Measured(
            RANGES["gradient"], abs(row.permil), ("track", "gradients", position, "permil"),
            f"{row.from_m:g}-{row.to_m:g} m",
        )  # fmt: skip


def curves(scenario: Scenario) -> Iterator[Measured]:
    """Radius of each curve."""
    for position, row in having(scenario.track.curves, "radius_m", "from_m", "to_m"):
        yield Measured(
            RANGES["curve_radius"], row.radius_m, ("track", "curves", position, "radius_m"),
            f"{row.from_m:g}-{row.to_m:g} m",
        )  # fmt: skip


def highest_speed_limit(scenario: Scenario) -> Iterator[Measured]:
    """The highest speed limit of the line."""
    rows = list(having(scenario.track.speed_limits, "limit_kmh"))
    if rows:
        position, row = max(rows, key=lambda item: item[1].limit_kmh)
        yield Measured(
            RANGES["highest_speed_limit"], row.limit_kmh, ("track", "speed_limits", position, "limit_kmh")
        )  # fmt: skip


def section_speeds(scenario: Scenario) -> Iterator[Measured]:
    """Mean speed on each section in each direction."""
    if not _sections(scenario):
        return
    for given in given_running_times(scenario):
        here, there = scenario.stations_in_order(given.direction)[given.section : given.section + 2]
        length_m = abs(there.chainage_m - here.chainage_m)
        if given.running_time_s > 0:
            yield Measured(
                RANGES["mean_speed"], KMH * length_m / given.running_time_s, given.path,
                f"{here.id}-{there.id} {given.direction}",
            )  # fmt: skip


def commercial_speed(scenario: Scenario) -> Iterator[Measured]:
    """Mean speed from terminal to terminal, with dwells, in each direction."""
    if not _sections(scenario):
        return
    for direction in DIRECTIONS:
        speed_kmh = KMH * scenario.length_m / station_times(scenario, direction).one_way_s
        yield Measured(RANGES["commercial_speed"], speed_kmh, ("timetable",), direction)


def _of_types(key: str, steps: Sequence[str], value_of: Callable[[TrainType], float]) -> Quantity:
    """One value for each train type; a type that lacks a field is left out."""

    def measured(scenario: Scenario) -> Iterator[Measured]:
        for name, train in scenario.train_types.items():
            try:
                value = value_of(train)
            except (AttributeError, TypeError, ZeroDivisionError, ValueError):
                continue
            yield Measured(RANGES[key], value, ("train_types", name, *steps), name, name)

    return measured


def _optional(value: float | None) -> float:
    """The value; raises ValueError for a value that is not given."""
    if value is None:
        raise ValueError
    return value


def _largest_power_kw(curve: EffortCurve, maximum_speed_kmh: float) -> float:
    """The largest force times speed up to the maximum speed."""
    speeds = [_EVERY_M_S * step for step in range(1, int(maximum_speed_kmh / KMH / _EVERY_M_S) + 1)]
    return max(min(_force_kn(curve, v) * v, curve.power_kw or float("inf")) for v in speeds)


def _force_kn(curve: EffortCurve, speed_m_s: float) -> float:
    """The largest force at a speed, without the power limit: linear between points."""
    if not curve.points:
        return _optional(curve.force_kn)
    speed_kmh = KMH * speed_m_s
    for before, after in pairwise(curve.points):
        if before.speed_kmh <= speed_kmh < after.speed_kmh:
            share = (speed_kmh - before.speed_kmh) / (after.speed_kmh - before.speed_kmh)
            return before.force_kn + share * (after.force_kn - before.force_kn)
    return curve.points[-1].force_kn


def resistance(scenario: Scenario) -> Iterator[Measured]:
    """Running resistance at 80 km/h of each train type; also if the coefficients were those for a speed in km/h."""
    for name, train in scenario.train_types.items():
        if not {"resistance", "tare_t"} <= train.__dict__.keys():
            continue
        a, b, c = train.resistance.constant_kn, train.resistance.per_m_s_kn, train.resistance.per_m_s_squared_kn

        def newton_per_tonne(
            v: float, tare_t: float = train.tare_t, abc: tuple[float, float, float] = (a, b, c)
        ) -> float:
            return 1000.0 * (abc[0] + abc[1] * v + abc[2] * v * v) / tare_t

        in_kmh = newton_per_tonne(TEST_SPEED_KMH), "the coefficients look like those for a speed in km/h"
        yield Measured(
            RANGES["resistance_at_80"], newton_per_tonne(TEST_SPEED_KMH / KMH), ("train_types", name, "resistance"),
            name, name, (in_kmh,),
        )  # fmt: skip


def auxiliaries(scenario: Scenario) -> Iterator[Measured]:
    """Auxiliary power per metre of train at each temperature."""
    for name, train in scenario.train_types.items():
        for position, point in having(train.__dict__.get("auxiliaries", ()), "temperature_c", "power_kw"):
            path = ("train_types", name, "auxiliaries", position, "power_kw")
            subject = f"{name} at {point.temperature_c:g} °C"
            yield Measured(RANGES["auxiliaries_per_metre"], point.power_kw / train.length_m, path, subject, name)


def nominal_voltage(scenario: Scenario) -> Iterator[Measured]:
    """The nominal voltage; unusual unless it is one of the voltages in use."""
    voltage = scenario.supply.nominal_v
    known = any(abs(voltage - one) <= _VOLT_SHARE * one for one in NOMINAL_VOLTAGES_V)
    yield Measured(RANGES["nominal_voltage"], voltage, ("supply", "nominal_v"), is_unusual=not known)


def voltages(scenario: Scenario) -> Iterator[Measured]:
    """Voltages of the substations and of the trains, as shares of the nominal voltage."""
    supply = scenario.supply
    if not RANGES["nominal_voltage"].is_possible(supply.nominal_v):
        return
    yield Measured(RANGES["no_load_voltage"], supply.no_load_v / supply.nominal_v, ("supply", "no_load_v"))
    for position, item in having(supply.substations, "id", "no_load_v"):
        if item.no_load_v is not None:
            path = ("supply", "substations", position, "no_load_v")
            yield Measured(RANGES["no_load_voltage"], item.no_load_v / supply.nominal_v, path, item.id)
    yield Measured(
        RANGES["end_of_regeneration"], supply.regeneration.fade_to_v / supply.nominal_v,
        ("supply", "regeneration", "fade_to_v"),
    )  # fmt: skip
    yield Measured(
        RANGES["end_of_traction"], supply.traction.none_below_v / supply.nominal_v,
        ("supply", "traction", "none_below_v"),
    )  # fmt: skip


def resistances(scenario: Scenario) -> Iterator[Measured]:
    """Resistances of substations, contact line and running rails."""
    supply = scenario.supply
    yield Measured(
        RANGES["contact_line_resistance"], supply.contact_line_ohm_per_km, ("supply", "contact_line_ohm_per_km")
    )
    yield Measured(RANGES["rail_resistance"], supply.running_rail_ohm_per_km, ("supply", "running_rail_ohm_per_km"))
    if not RANGES["nominal_voltage"].is_possible(supply.nominal_v):
        return

    def drop_percent(ohm: float) -> float:
        return 100.0 * ohm * 1e6 / supply.nominal_v**2

    path: tuple[str | int, ...] = ("supply", "substation_resistance_ohm")
    yield Measured(RANGES["substation_voltage_drop"], drop_percent(supply.substation_resistance_ohm), path)
    for position, item in having(supply.substations, "id", "resistance_ohm"):
        if item.resistance_ohm is not None:
            path = ("supply", "substations", position, "resistance_ohm")
            yield Measured(RANGES["substation_voltage_drop"], drop_percent(item.resistance_ohm), path, item.id)


def substation_spacing(scenario: Scenario) -> Iterator[Measured]:
    """Distances between neighbouring substations in service, scaled to 750 V."""
    supply = scenario.supply
    if not _sections(scenario) or not RANGES["nominal_voltage"].is_possible(supply.nominal_v):
        return
    chainage_m = {station.id: station.chainage_m for station in scenario.stations}
    placed = sorted(
        (chainage_m[item.station] if item.station is not None else item.chainage_m or 0.0, position, item.id)
        for position, item in having(supply.substations, "id", "station", "chainage_m", "in_service")
        if item.in_service
    )
    for (before_m, _, before), (after_m, position, after) in pairwise(placed):
        yield Measured(
            RANGES["substation_spacing"], (after_m - before_m) * 750.0 / supply.nominal_v,
            ("supply", "substations", position), f"{before}-{after}",
        )  # fmt: skip


def loads(scenario: Scenario) -> Iterator[Measured]:
    """The largest load of a train of the timetable in force in each direction; trains of the main type."""
    capacity = scenario.train_types[scenario.main_train_type].capacity
    for fullest in fullest_trains(scenario, only_in_service=True):
        subject = (
            f"{fullest.passengers:.0f} passengers from {fullest.departure_station} to {fullest.arrival_station} "
            f"{fullest.direction} at {seconds_to_clock(fullest.from_s)}"
        )
        # A rounding of the last digit is no overload.
        passengers = round(fullest.passengers, 6)
        yield Measured(RANGES["load_of_normal"], 100.0 * passengers / capacity.normal, ("demand",), subject)
        yield Measured(RANGES["load_of_crush"], 100.0 * passengers / capacity.crush, ("demand",), subject)


def headways(scenario: Scenario) -> Iterator[Measured]:
    """Headways of the periods, or the longest gap between departures, and the limits of headways."""
    for position, period in having(scenario.timetable.periods or (), "headway_s"):
        yield Measured(
            RANGES["headway"], period.headway_s, ("timetable", "periods", position, "headway_s"), f"row {position + 1}"
        )
    for direction in DIRECTIONS if not scenario.timetable.periods else ():
        gaps = [(after - before, before) for before, after in pairwise(departures_today(scenario, direction))]
        if gaps:
            gap_s, from_s = max(gaps)
            where = f"direction {direction} from {seconds_to_clock(from_s)}"
            yield Measured(RANGES["longest_gap"], gap_s, ("timetable",), where)
    shortest_s = scenario.signalling.minimum_headway_s
    yield Measured(RANGES["minimum_headway"], shortest_s, ("signalling", "minimum_headway_s"))
    yield Measured(RANGES["longest_headway"], scenario.policy.longest_headway_s, ("policy", "longest_headway_s"))


def stops(scenario: Scenario) -> Iterator[Measured]:
    """Dwells between the terminals, and turnback times."""
    last = len(scenario.stations) - 1
    for position, station in having(scenario.stations, "id", "dwell_s"):
        if 0 < position < last and station.dwell_s > 0:
            yield Measured(RANGES["dwell"], station.dwell_s, ("stations", position, "dwell_s"), station.id)
    for name, terminal in scenario.terminals.items():
        if "turnback_s" in terminal.__dict__:
            yield Measured(RANGES["turnback"], terminal.turnback_s, ("terminals", name, "turnback_s"), name)


def fleet(scenario: Scenario) -> Iterator[Measured]:
    """The fleet divided by the trains that the shortest headway needs over a whole cycle."""
    ends = [scenario.terminals[scenario.stations[end].id].turnback_s for end in (0, -1)]
    cycle_s = sum(station_times(scenario, direction).one_way_s for direction in DIRECTIONS) + sum(ends)
    need = 0
    for direction in DIRECTIONS:
        starts = departures_today(scenario, direction)
        counts = (bisect_left(starts, begin_s + cycle_s) - number for number, begin_s in enumerate(starts))
        need = max(need, *counts)
    if need:
        yield Measured(RANGES["fleet_of_need"], scenario.trainsets / need, ("fleet",), f"{need} trains needed")


def weather(scenario: Scenario) -> Iterator[Measured]:
    """The mean temperature of simulated days against the outside temperature of the planning."""
    given = scenario.disturbances.weather
    points = [point for _, point in having(given.temperatures, "temperature_c")] if given is not None else []
    if points:
        mean_c = sum(point.temperature_c for point in points) / len(points)
        path = ("disturbances", "weather", "temperatures")
        yield Measured(RANGES["weather"], mean_c - scenario.outside_temperature_c, path)


def prices(scenario: Scenario) -> Iterator[Measured]:
    """Mean price by currency, ratio of the prices, and the demand charge."""
    tariff = scenario.tariff
    rows = list(having(tariff.periods, "from_s", "to_s", "price_per_kwh"))
    seconds = sum(row.to_s - row.from_s for _, row in rows)
    if seconds <= 0:
        return
    mean = sum(row.price_per_kwh * (row.to_s - row.from_s) for _, row in rows) / seconds
    known = price_range(tariff.currency)
    if known is not None and mean != 0.0:
        yield Measured(known, mean, ("tariff", "periods"), tariff.currency)
    found = [row.price_per_kwh for _, row in rows]
    if min(found) > 0.0:
        yield Measured(RANGES["price_ratio"], max(found) / min(found), ("tariff", "periods"))
    if mean > 0.0 and tariff.demand_charge_per_kw_month > 0.0:
        path = ("tariff", "demand_charge_per_kw_month")
        yield Measured(RANGES["demand_charge"], tariff.demand_charge_per_kw_month / mean, path)


def carbon(scenario: Scenario) -> Iterator[Measured]:
    """CO2 of the electricity, and by time of day."""
    if not scenario.co2_periods:
        yield Measured(RANGES["co2"], scenario.co2_kg_per_kwh, ("co2_kg_per_kwh",))
    for position, row in having(scenario.co2_periods, "co2_kg_per_kwh"):
        yield Measured(RANGES["co2"], row.co2_kg_per_kwh, ("co2_periods", position, "co2_kg_per_kwh"))


tare_per_metre = _of_types("tare_per_metre", ("tare_t",), lambda train: train.tare_t / train.length_m)
train_masses: tuple[Quantity, ...] = (
    _of_types("train_length", ("length_m",), lambda train: train.length_m),
    tare_per_metre,
    _of_types("normal_places_per_metre", ("capacity", "normal"), lambda train: train.capacity.normal / train.length_m),
    _of_types("crush_places_per_metre", ("capacity", "crush"), lambda train: train.capacity.crush / train.length_m),
    _of_types("passenger_mass", ("passenger_kg",), lambda train: train.passenger_kg),
    _of_types("rotating_mass", ("rotating_mass_share",), lambda train: train.rotating_mass_share),
)
train_efforts: tuple[Quantity, ...] = (
    _of_types("power_per_tonne", ("traction",),
              lambda train: _largest_power_kw(train.traction, train.maximum_speed_kmh) / train.tare_t),
    _of_types("force_per_tonne", ("traction",), lambda train: _force_kn(train.traction, 0.0) / train.tare_t),
    _of_types("brake_force_per_tonne", ("service_brake_kn",), lambda train: train.service_brake_kn / train.tare_t),
    _of_types("maximum_speed", ("maximum_speed_kmh",), lambda train: train.maximum_speed_kmh),
    _of_types("acceleration", ("comfort", "maximum_acceleration_m_s2"),
              lambda train: train.comfort.maximum_acceleration_m_s2),
    _of_types("deceleration", ("comfort", "maximum_deceleration_m_s2"),
              lambda train: train.comfort.maximum_deceleration_m_s2),
    _of_types("jerk", ("comfort", "maximum_jerk_m_s3"), lambda train: _optional(train.comfort.maximum_jerk_m_s3)),
)  # fmt: skip
train_efficiencies: tuple[Quantity, ...] = (
    _of_types("traction_efficiency", ("efficiency", "traction"), lambda train: _optional(train.efficiency.traction)),
    _of_types("regeneration_efficiency", ("efficiency", "regeneration"),
              lambda train: _optional(train.efficiency.regeneration)),
)  # fmt: skip
