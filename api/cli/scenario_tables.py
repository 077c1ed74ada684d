"""A scenario drawn as rich tables: line, trains, supply, service, assumptions."""

from collections.abc import Iterator
from itertools import pairwise

from rich.markup import escape
from rich.table import Table

from scenarios.build import section_tracks, supply_network, train_of
from scenarios.crowding import fullest_trains
from scenarios.provenance import assumptions
from scenarios.schema import DIRECTIONS, Scenario, seconds_to_clock


def line_table(scenario: Scenario) -> Table:
    """Stations from top to bottom, with what lies between them."""
    table = Table(title=f"{escape(scenario.title)}  ({scenario.length_m / 1000:.2f} km)", title_justify="left")
    for name, side in (
        ("", "center"), ("station", "left"), ("km", "right"), ("to next m", "right"), ("run ↓ s", "right"),
        ("run ↑ s", "right"), ("dwell s", "right"), ("gradient ‰", "right"), ("limit km/h", "right"), ("", "left"),
    ):  # fmt: skip
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    up, down = scenario.running_times_s("up"), scenario.running_times_s("down")[::-1]
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
        between = ["", "", "", "", ""]
        if position < last:
            track = tracks[position]
            between = [
                f"{track.length_m:.0f}",
                f"{up[position]}",
                f"{down[position]}",
                f"{track.slope.min() * 1000:+.0f} … {track.slope.max() * 1000:+.0f}",
                f"{track.speed_limit_m_s.min() * 3.6:.0f} … {track.speed_limit_m_s.max() * 3.6:.0f}",
            ]
        dwell = f"{station.dwell_s} ({station.minimum_dwell_s}-{station.maximum_dwell_s})" if station.dwell_s else ""
        marker = "●" if position in (0, last) else "┿"
        table.add_row(
            marker, f"[bold]{station.id}[/] {escape(station.name)}", f"{station.chainage_m / 1000:.3f}", *between[:3],
            dwell, *between[3:], ", ".join(here),
        )  # fmt: skip
    return table


def train_table(scenario: Scenario) -> Table:
    """One column a train type."""
    table = Table(title="Trains", title_justify="left")
    table.add_column("")
    for name in scenario.train_types:
        table.add_column(name, justify="right")
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
    for name in ("name", "km", "kind", "no-load V", "Ω"):
        table.add_column(name, justify="left" if name in ("name", "kind") else "right")
    network = supply_network(scenario)
    for item in network.substations:
        kind = "reversible" if item.inverter_v < float("inf") else "rectifier"
        table.add_row(
            item.name, f"{item.chainage_m / 1000:.3f}", kind, f"{item.no_load_v:g}", f"{item.resistance_ohm:g}"
        )
    for written in supply.substations:
        if not written.in_service:
            table.add_row(written.id, "", "[red]out of service[/]", "", "")
    for store in network.storages:
        kind = f"storage {store.capacity_j / 3.6e6:g} kWh, {store.maximum_power_w / 1e3:g} kW"
        table.add_row(store.name, f"{store.chainage_m / 1000:.3f}", kind, "", "")
    return table


def service_table(scenario: Scenario) -> Table:
    """Headways of the timetable in force, or the number of listed departures."""
    timetable = scenario.timetable
    normal = scenario.train_types[scenario.main_train_type].capacity.normal
    times = [f"{direction} {sum(scenario.running_times_s(direction))} s" for direction in DIRECTIONS]
    dwell_s = sum(station.dwell_s for station in scenario.stations[1:-1])
    table = Table(title=f"Service today: running {', '.join(times)}, dwells {dwell_s} s", title_justify="left")
    for name in ("from", "to", "direction", "headway s", "trains/h", "places/h"):
        table.add_column(name, justify="right")
    for period in timetable.periods or ():
        hourly = 3600 / period.headway_s
        table.add_row(
            seconds_to_clock(period.from_s), seconds_to_clock(period.to_s), period.direction, f"{period.headway_s}",
            f"{hourly:.1f}", f"{hourly * normal:.0f}",
        )  # fmt: skip
    for direction in DIRECTIONS:
        listed = sorted(row.departure_s for row in timetable.departures or () if row.direction == direction)
        if listed:
            gaps = [after - before for before, after in pairwise(listed)] or [0]
            table.add_row(
                seconds_to_clock(listed[0]), seconds_to_clock(listed[-1]), direction,
                f"{min(gaps)} … {max(gaps)}", f"{len(listed)} trains", "",
            )  # fmt: skip
    return table


def loads_in_words(scenario: Scenario) -> Iterator[str]:
    """A sentence a direction: where the trains of today are fullest."""
    for fullest in fullest_trains(scenario):
        yield (
            f"Fullest trains {fullest.direction}: {fullest.passengers:.0f} passengers from {fullest.departure_station} "
            f"to {fullest.arrival_station} at {seconds_to_clock(fullest.from_s)}, "
            f"{100.0 * fullest.share_of_normal:.0f} % of normal load."
        )


def assumption_table(scenario: Scenario) -> Table:
    """Every number with its source, or why it was assumed."""
    table = Table(title="Where the numbers come from", title_justify="left")
    table.add_column("value of", overflow="fold")
    table.add_column("value", justify="right")
    table.add_column("source")
    table.add_column("assumed")
    for line in assumptions(scenario):
        unknown = "" if line.source or line.assumed else "[red]nobody has said[/]"
        table.add_row(line.path, line.value, escape(line.source) or unknown, escape(line.assumed))
    return table
