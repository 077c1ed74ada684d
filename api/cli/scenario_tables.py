"""Tables of a scenario for the terminal: line, trains, supply, service, assumptions."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from scenarios.files.provenance import assumptions
from scenarios.rules.plausible import SenseWarning
from scenarios.schema import DIRECTIONS, Scenario, seconds_to_clock
from scenarios.values.build import section_tracks, supply_network, train_of
from scenarios.values.headway_periods import periods_today
from scenarios.values.load_today import fullest_trains
from scenarios.values.station_times import departures_today, station_times
from scenarios.values.substation_ratings import ratings
from scenarios.values.track_lengths import section_lengths_m


def _add_columns(table: Table, text: tuple[str, ...], numbers: tuple[str, ...]) -> None:
    """Columns of a table that shows every character at 80 columns: text is folded, numbers keep their width."""
    for name in text:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)


def line_table(scenario: Scenario) -> Table:
    """One row per station, with the section to the next station; equipment at a station is below its name."""
    title = f"{escape(scenario.title)}  ({scenario.length_m / 1000:.2f} km)"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("", justify="center", no_wrap=True)
    _add_columns(table, ("station",), ("km", "next\nm", "run s\n↓ / ↑", "dwell s", "gradient\n‰", "limit\nkm/h"))
    up = station_times(scenario, "up").running_times_s
    down = station_times(scenario, "down").running_times_s[::-1]
    lengths_m = {"up": section_lengths_m(scenario, "up"), "down": section_lengths_m(scenario, "down")[::-1]}
    tracks = section_tracks(scenario, "up", train_of(scenario), train_length_m=0.0)
    substations = {item.chainage_m: item.name for item in supply_network(scenario).substations}
    last = len(scenario.stations) - 1
    for position, station in enumerate(scenario.stations):
        here = []
        if station.chainage_m in substations:
            here.append("substation")
        if station.id in scenario.terminals:
            here.append(f"turnback {scenario.terminals[station.id].turnback_s} s")
        here += [f"depot {depot.id}" for depot in scenario.depots if depot.station == station.id]
        name = f"[bold]{station.id}[/]" + (f" {escape(station.name)}" if station.name != station.id else "")
        between = ["", "", "", ""]
        if position < last:
            track = tracks[position]
            between = [
                _both(lengths_m["up"][position], lengths_m["down"][position]),
                f"{up[position]} / {down[position]}",
                f"{track.slope.min() * 1000:+.0f}…{track.slope.max() * 1000:+.0f}",
                f"{track.speed_limit_m_s.min() * 3.6:.0f}…{track.speed_limit_m_s.max() * 3.6:.0f}",
            ]
        dwell = f"{station.dwell_s} ({station.minimum_dwell_s}-{station.maximum_dwell_s})" if station.dwell_s else ""
        table.add_row(
            "●" if position in (0, last) else "┿", "\n".join((name, *(f"[dim]{escape(fact)}[/]" for fact in here))),
            f"{station.chainage_m / 1000:.3f}", *between[:2], dwell, *between[2:],
        )  # fmt: skip
    return table


def _both(up_m: float, down_m: float) -> str:
    """A length, or the lengths of both tracks if they differ."""
    return f"{up_m:.0f}" if up_m == down_m else f"{up_m:.0f} / {down_m:.0f}"


def train_table(scenario: Scenario) -> Table:
    """One column per train type."""
    table = Table(title="Trains", title_justify="left")
    _add_columns(table, ("",), ())
    for name in scenario.train_types:
        table.add_column(name, justify="right", overflow="fold")
    count = {name: sum(p.trainsets for p in scenario.fleet if p.train_type == name) for name in scenario.train_types}
    trains = {name: train_of(scenario, name) for name in scenario.train_types}
    rows = {
        "trains in the fleet": [str(count[name]) for name in trains],
        "tare t": [f"{train.tare_kg / 1e3:g}" for train in trains.values()],
        "passengers, normal / crush": [
            f"{train.capacity_normal} / {train.capacity_crush}" for train in trains.values()
        ],
        "length m": [f"{train.length_m:g}" for train in trains.values()],
        "maximum speed km/h": [f"{train.maximum_speed_m_s * 3.6:g}" for train in trains.values()],
        "traction from standstill kN": [f"{float(train.traction.at(0.0)) / 1e3:g}" for train in trains.values()],
        f"auxiliaries at {scenario.outside_temperature_c:g} °C kW": [
            f"{train.auxiliary_w / 1e3:.0f}" for train in trains.values()
        ],
        "ATO levels": [str(len(kind.ato_levels) or "any profile") for kind in scenario.train_types.values()],
    }
    for title, cells in rows.items():
        table.add_row(title, *cells)
    return table


def supply_table(scenario: Scenario) -> Table:
    """Substations and storages along the line."""
    supply = scenario.supply
    title = (
        f"Supply: {supply.nominal_v:g} V, contact line {supply.contact_line_ohm_per_km:g} Ω/km a track, "
        f"running rails {supply.running_rail_ohm_per_km:g} Ω/km a track"
    )
    table = Table(title=title, title_justify="left")
    _add_columns(table, ("name", "kind"), ("km", "no-load V", "Ω"))
    rated = ratings(scenario)
    network = supply_network(scenario)
    for item in network.substations:
        kind = "reversible" if item.inverter_v < float("inf") else "rectifier"
        if item.name in rated:
            kind += f", {rated[item.name].rated_kw:g} kW, class {rated[item.name].overload_class.name}"
        table.add_row(
            item.name, kind, f"{item.chainage_m / 1000:.3f}", f"{item.no_load_v:g}", f"{item.resistance_ohm:g}"
        )
    for written in supply.substations:
        if not written.in_service:
            table.add_row(written.id, "[red]out of service[/]", "", "", "")
    for store in network.storages:
        kind = f"storage {store.capacity_j / 3.6e6:g} kWh, {store.maximum_power_w / 1e3:g} kW"
        table.add_row(store.name, kind, f"{store.chainage_m / 1000:.3f}", "", "")
    return table


def service_table(scenario: Scenario) -> Table:
    """Headways of the timetable in force, or the number of listed departures."""
    timetable = scenario.timetable
    normal = scenario.train_types[scenario.main_train_type].capacity.normal
    times = [f"{direction} {sum(station_times(scenario, direction).running_times_s)} s" for direction in DIRECTIONS]
    dwell_s = sum(station.dwell_s for station in scenario.stations[1:-1])
    table = Table(title=f"Service today: running {', '.join(times)}, dwells {dwell_s} s", title_justify="left")
    for name in ("from", "to", "direction", "headway s", "trains/h", "places/h"):
        table.add_column(name, justify="right", no_wrap=True)
    for period in timetable.periods or ():
        hourly = 3600 / period.headway_s
        table.add_row(
            seconds_to_clock(period.from_s), seconds_to_clock(period.to_s), period.direction, f"{period.headway_s}",
            f"{hourly:.1f}", f"{hourly * normal:.0f}",
        )  # fmt: skip
    for direction in DIRECTIONS if not timetable.periods else ():
        starts = departures_today(scenario, direction)
        for begin_s, end_s in periods_today(scenario, direction):
            inside = [time_s for time_s in starts if begin_s <= time_s <= end_s]
            gaps = [after - before for before, after in pairwise(inside)] or [0]
            headway_s = sum(gaps) / len(gaps)
            hourly = 3600 / headway_s if headway_s else 0.0
            table.add_row(
                seconds_to_clock(begin_s), seconds_to_clock(end_s), direction,
                f"{headway_s:.0f} ({min(gaps)}-{max(gaps)})", f"{hourly:.1f}", f"{hourly * normal:.0f}",
            )  # fmt: skip
    return table


def loads_in_words(scenario: Scenario) -> Iterator[str]:
    """One sentence per direction: where the trains of the timetable in force have the largest load."""
    for fullest in fullest_trains(scenario):
        yield (
            f"Largest load {fullest.direction}: {fullest.passengers:.0f} passengers from {fullest.departure_station} "
            f"to {fullest.arrival_station} at {seconds_to_clock(fullest.from_s)}, "
            f"{100.0 * fullest.share_of_normal:.0f} % of normal load."
        )


def sense_in_words(warnings: Iterable[SenseWarning]) -> Iterator[str]:
    """The warnings of the sense check with their mark; an acknowledged warning has its reason."""
    for warning in warnings:
        if warning.is_acknowledged:
            yield f"Acknowledged: {escape(warning.sentence)} Reason: {escape(warning.reason)}"
        else:
            yield marked_warning(warning.sentence)


def marked_warning(sentence: str) -> str:
    """A warning with its mark, for the terminal."""
    return f"[yellow]Warning.[/] {escape(sentence)}"


def operation_in_words(scenario: Scenario) -> str:
    """How trains are worked at terminals."""
    operation = scenario.operation
    return (
        f"At terminals: auxiliaries on for stands up to {operation.powered_stand_s} s, otherwise off "
        f"{operation.shut_down_after_s} s after arrival; to the depot after {operation.depot_after_s} s where the "
        f"terminal sets no longest turnback; a track is free {operation.track_clearing_s} s after a departure."
    )


def assumption_table(scenario: Scenario) -> Table:
    """Every number with its source, or with the reason of an assumption."""
    table = Table(title="Where the numbers come from", title_justify="left")
    _add_columns(table, ("value of", "value", "source", "assumed"), ())
    for line in assumptions(scenario):
        unknown = "" if line.source or line.assumed else "[red]no source[/]"
        table.add_row(line.path, line.value, escape(line.source) or unknown, escape(line.assumed))
    return table
