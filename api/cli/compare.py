"""`headwatt compare`: two written plans, or one and the timetable in force, side by side."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.clock import clock_text

if TYPE_CHECKING:
    from dispatch.comparison import Comparison, TripDifference

HELP = (
    "Compare two written plans, or one plan with today's timetable.\n\n"
    "In all: trips, train-km, expected waiting, energy and its highest 15 minutes on the two-track supply with every "
    "train on time. By period: headways. Trip by trip: departures, running times, dwells, driving and vehicles. "
    "Plans edited by hand are compared as they stand, if their times and stations are in order."
)
EPILOG = """\
[bold]Examples[/]

What a plan changes of today:  [cyan]headwatt compare plans/beijing_yizhuang[/]

Two plans:  [cyan]headwatt compare plans/equal plans/demand --top 40[/]

Every trip with every section, for a program:  [cyan]headwatt compare plans/equal plans/demand --json[/]
"""

TOTALS = (
    ("trips", "trips", "", 0),
    ("train-km", "train_km", "", 1),
    ("trains in service", "vehicles", "", 0),
    ("expected waiting, s", "mean_waiting_s", "", 1),
    ("energy at the DC terminals, kWh", "energy_kwh", "%", 0),
    ("highest 15 minutes, kW", "peak_15min_kw", "%", 0),
    ("braking energy used, %", "used_share", "", 1),
    ("traction not served, kWh", "unserved_kwh", "", 1),
    ("electricity cost", "cost", "%", 0),
    ("CO2, kg", "co2_kg", "%", 0),
)


def compare(
    first: Annotated[Path, typer.Argument(metavar="PLAN", help="A folder that `headwatt plan` wrote.")],
    second: Annotated[
        Path | None, typer.Argument(metavar="PLAN", help="Another one; without it, today's timetable comes first.")
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="Trips to list, those that move most first.", metavar="N")] = 15,
    vehicle: Annotated[
        Path | None, typer.Option(help="Another vehicle than those in the plans' folders.", metavar="FILE")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Compare two written plans, or one plan with today's timetable; see HELP."""
    from api.planned_line import line_in_force, read_planned_line  # noqa: PLC0415
    from dispatch.comparison import compare as side_by_side  # noqa: PLC0415

    with stage_progress("headwatt compare") as progress:
        progress("reading", 0.0)
        a, _ = read_planned_line(first, vehicle)
        if second is None:
            a, b, names = line_in_force(a), a, ("today", first.name)
        else:
            b, _ = read_planned_line(second, vehicle)
            names = (first.name, second.name)
        if names[0] == names[1]:
            names = (str(first), str(second))
        progress("both days", 0.0)
        found = side_by_side(a, b)
        progress("both days", 1.0)
    if json:
        print_json(_as_json(found, names))
    else:
        stations = {station.id: station.name for station in a.scenario.stations}
        ends = {"up": stations[a.scenario.stations[-1].id], "down": stations[a.scenario.stations[0].id]}
        _print(found, names, ends, a.scenario.tariff.currency, top)


def _as_json(found: "Comparison", names: tuple[str, str]) -> dict[str, object]:
    return {
        "plans": list(names),
        "same_scenario": found.is_same_scenario,
        "metering_point": "substation DC terminals",
        "model": "two-track ladder, every train on time",
        "totals": [asdict(side) for side in found.totals],
        "headways": [asdict(row) for row in found.headways],
        "trips_changed": sum(row.is_changed for row in found.trips),
        "trips": [asdict(row) for row in found.trips],
    }


def _print(found: "Comparison", names: tuple[str, str], ends: dict[str, str], currency: str, top: int) -> None:
    console = stdout_console()
    if not found.is_same_scenario:
        console.print(
            "[yellow]The plans were made for different scenarios of the line; each is computed on its own.[/]"
        )
    table = Table(box=SIMPLE_HEAD, title="In all, every train on time", title_justify="left")
    table.add_column("")
    for name in (*names, "change"):
        table.add_column(name, justify="right")
    for label, attribute, relative, decimals in TOTALS:
        before, after = (float(getattr(side, attribute)) for side in found.totals)
        if attribute == "used_share":
            before, after = 100.0 * before, 100.0 * after
        change = after - before
        noticed = abs(change) >= 0.5 * 10.0**-decimals
        percent = f" ({100.0 * change / before:+.1f} %)" if relative and before and noticed else ""
        table.add_row(
            f"{label}, {currency}" if attribute == "cost" else label,
            f"{before:,.{decimals}f}",
            f"{after:,.{decimals}f}",
            f"{change:+,.{decimals}f}{percent}" if noticed else "as before",
        )
    console.print(table)
    _print_headways(found, names, ends)
    _print_trips(found, ends, top)


def _print_headways(found: "Comparison", names: tuple[str, str], ends: dict[str, str]) -> None:
    table = Table(box=SIMPLE_HEAD, title="Mean headways by period, s (departures)", title_justify="left")
    for name in ("to", "from", "until"):
        table.add_column(name)
    for name in (*names, "change"):
        table.add_column(name, justify="right")
    for row in found.headways:
        before, after = row.headway_s
        cells = [f"{h:.1f} ({n})" if h is not None else "none" for h, n in zip(row.headway_s, row.trips, strict=True)]
        change = "" if before is None or after is None else f"{after - before:+.1f}"
        part = f", {row.first}-{row.last}" if row.first else ""
        table.add_row(ends[row.direction] + part, clock_text(row.from_s), clock_text(row.to_s), *cells, change)
    stdout_console().print(table)


def _print_trips(found: "Comparison", ends: dict[str, str], top: int) -> None:
    console = stdout_console()
    changed = [row for row in found.trips if row.is_changed]
    vehicles = sum(row.vehicle[0] != row.vehicle[1] for row in found.trips if None not in row.vehicle)
    count = len(found.trips)
    console.print(
        f"{len(changed)} of {count} trips change; {vehicles} have another vehicle."
        if changed or vehicles
        else f"The {count} trips are the same in both."
    )
    if not changed or not top:
        return
    table = Table(box=SIMPLE_HEAD, title="Trips that move most", title_justify="left")
    for name in ("trip", "to", "departure", "what changes"):
        table.add_column(name, overflow="fold")
    for row in sorted(changed, key=_moves, reverse=True)[:top]:
        times = [None if time is None else clock_text(time) for time in row.departure_s]
        departure = " → ".join(dict.fromkeys(time for time in times if time))
        names = " → ".join(dict.fromkeys(name for name in row.trip_ids if name))
        table.add_row(names, ends[row.direction], departure, difference_words(row))
    console.print(table)
    if len(changed) > top:
        console.print(f"and {len(changed) - top} more; --top or --json lists them.")


def _moves(row: "TripDifference") -> tuple[bool, int]:
    shifts = (row.departure_change_s, *row.running_change_s, *row.dwell_change_s)
    return None in row.departure_s, sum(abs(shift) for shift in shifts)


def difference_words(row: "TripDifference") -> str:
    """What changes of one trip, in words."""
    if row.departure_s[0] is None:
        return "only in the second plan"
    if row.departure_s[1] is None:
        return "only in the first plan"
    words = []
    if row.departure_change_s:
        words.append(f"{abs(row.departure_change_s)} s {'later' if row.departure_change_s > 0 else 'earlier'}")
    for name, changes in (("running times", row.running_change_s), ("dwells", row.dwell_change_s)):
        count = sum(change != 0 for change in changes)
        if count:
            words.append(f"{count} {name} ({min(changes):+d} to {max(changes):+d} s, in all {sum(changes):+d} s)")
    if row.one_way_change_s:
        words.append(f"{abs(row.one_way_change_s)} s {'longer' if row.one_way_change_s > 0 else 'shorter'} end to end")
    if row.driving[0] != row.driving[1]:
        words.append(f"driven {row.driving[1]} instead of {row.driving[0]}")
    if row.vehicle[0] != row.vehicle[1]:
        words.append(f"vehicle {row.vehicle[1]} instead of {row.vehicle[0]}")
    return ", ".join(words) or "as before"
