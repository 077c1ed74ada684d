"""`headwatt compare`: compare two plans, or a plan and the timetable in force."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.plan_state import note_state
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType
from api.clock import clock_text

if TYPE_CHECKING:
    from api.plan_files.folder import WrittenPlan
    from dispatch.explanation.compare import Comparison, TripDifference

HELP = (
    "Compare two plans, or one plan with today's timetable.\n\n"
    "In total: trips, train-km, expected waiting, energy and 15-minute peak (two-track supply, every train on "
    "time). The judged saving is a different figure; the command prints it below the tables. By period: headways. By "
    "trip: departures, running times, dwells, driving and vehicles. "
    "A plan edited by hand is compared with a note, if its times and stations are in order."
)
EPILOG = """\
[bold]Examples[/]

A plan and today's timetable:  [cyan]headwatt compare plans/beijing_yizhuang[/]

Two plans:  [cyan]headwatt compare plans/equal plans/demand --top 40[/]

All trips with all sections as JSON:  [cyan]headwatt compare plans/equal plans/demand --json[/]
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
        Path | None,
        typer.Argument(metavar="PLAN", help="Second plan; by default, PLAN is compared with today's timetable."),
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="Number of listed trips, largest change first.", metavar="N")] = 15,
    vehicle: Annotated[
        Path | None, typer.Option(help="Vehicle file instead of those of the plans.", metavar="FILE")
    ] = None,
    fleet: FleetFolder = None,
    as_type: ModelsAsType = None,
    json: JsonOutput = False,
) -> None:
    """Compare two plans, or one plan with today's timetable; see HELP."""
    from api.computations.comparing import comparison_document, headlines_of  # noqa: PLC0415
    from api.plan_files.planned_line import line_in_force, read_planned_line  # noqa: PLC0415
    from dispatch.explanation.compare import compare as side_by_side  # noqa: PLC0415
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    with stage_progress("headwatt compare") as progress:
        progress("reading", 0.0)
        a, written = read_planned_line(first, vehicle, fleet, as_type)
        states = [written.state]
        judged: tuple[WrittenPlan | None, WrittenPlan]
        if second is None:
            a, b, names, judged = line_in_force(a), a, ("today", first.name), (None, written)
        else:
            b, other = read_planned_line(second, vehicle, fleet, as_type)
            states.append(other.state)
            names, judged = (first.name, second.name), (written, other)
        if names[0] == names[1]:
            names = (str(first), str(second))
        progress("both days", 0.0)
        found = side_by_side(a, b)
        progress("both days", 1.0)
    headlines = headlines_of(found, names, judged)
    for state in states:
        note_state(state)
    if json:
        folders = [state.as_json() for state in states]
        print_json({**comparison_document(found, names, a, b), "judged_savings": headlines, "plan_folders": folders})
    else:
        stations = {station.id: station.name for station in a.scenario.stations}
        ends = {"up": stations[a.scenario.stations[-1].id], "down": stations[a.scenario.stations[0].id]}
        _print(found, names, ends, a.scenario.tariff.currency)
        _print_trips(found, ends, top, (train_numbers(a.scenario), train_numbers(b.scenario)))
        for name, sentence in headlines.items():
            stdout_console().print(sentence if len(headlines) == 1 else f"{name}: {sentence}", markup=False)


def _print(found: "Comparison", names: tuple[str, str], ends: dict[str, str], currency: str) -> None:
    from api.computations.comparing import MODEL  # noqa: PLC0415

    console = stdout_console()
    if not found.is_same_scenario:
        console.print(
            "[yellow]The plans have different scenarios of the line; the energy of each plan is that of its own "
            "scenario.[/]"
        )
    table = Table(box=SIMPLE_HEAD, title=f"In total ({MODEL})", title_justify="left")
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


def _print_trips(
    found: "Comparison", ends: dict[str, str], top: int, numbers: tuple[Mapping[str, str], Mapping[str, str]]
) -> None:  # fmt: skip
    """The trips that move most, with their train numbers in each plan."""
    from api.source_names import trip_title  # noqa: PLC0415

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
    for name in ("trip", "to", "departure", "largest move, s", "what changes"):
        table.add_column(name, overflow="fold", justify="right" if name == "largest move, s" else "left")
    for row in largest_moves_first(changed)[:top]:
        times = [None if time is None else clock_text(time) for time in row.departure_s]
        departure = " → ".join(dict.fromkeys(time for time in times if time))
        names = " → ".join(
            dict.fromkeys(trip_title(name, of) for name, of in zip(row.trip_ids, numbers, strict=True) if name)
        )
        move = "" if row.largest_move_s is None else str(row.largest_move_s)
        table.add_row(names, ends[row.direction], departure, move, difference_words(row))
    console.print(table)
    if len(changed) > top:
        console.print(f"and {len(changed) - top} more; --top or --json lists them.")


def largest_moves_first(trips: "Iterable[TripDifference]") -> "list[TripDifference]":
    """Trips in order of their largest change, largest first, after the trips that one plan does not have."""

    def key(row: "TripDifference") -> tuple[bool, int, int]:
        return row.largest_move_s is None, row.largest_move_s or 0, abs(row.departure_change_s)

    return sorted(trips, key=key, reverse=True)


def difference_words(row: "TripDifference") -> str:
    """The changes of one trip as a phrase."""
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
            words.append(f"{count} {name} ({min(changes):+d} to {max(changes):+d} s, in total {sum(changes):+d} s)")
    if row.one_way_change_s:
        words.append(f"{abs(row.one_way_change_s)} s {'longer' if row.one_way_change_s > 0 else 'shorter'} end to end")
    if row.driving[0] != row.driving[1]:
        words.append(f"driven {row.driving[1]} instead of {row.driving[0]}")
    if row.vehicle[0] != row.vehicle[1]:
        words.append(f"vehicle {row.vehicle[1]} instead of {row.vehicle[0]}")
    return ", ".join(words) or "as before"
