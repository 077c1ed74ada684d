"""`headwatt explain`: what each lever and each change of a trip of a written plan saves, and what meets whom."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.clock import clock_text

if TYPE_CHECKING:
    from dispatch.comparison import PlannedLine
    from dispatch.explain import Explanation, TripChange
    from dispatch.levers import Lever
    from dispatch.meetings import SectionMeeting
    from dispatch.timetable import Trip

HELP = (
    "Say why a written plan saves: by lever, and by the change of each trip.\n\n"
    "A trip saves what the plan would draw more if that trip alone were put back as in today's timetable: noise-free, "
    "on one equivalent track, solved again for the seconds it touches. Two trips that meet both count what they save "
    "together, so the trips' savings do not add up to the plan's; those of the levers do. "
    "With --trip: which braking train feeds which accelerating one, section by section."
)
EPILOG = """\
[bold]Examples[/]

The trips whose changes save most:  [cyan]headwatt explain plans/beijing_yizhuang[/]

Why trip up-050 was moved:  [cyan]headwatt explain plans/beijing_yizhuang --trip up-050[/]

Every trip, for a program:  [cyan]headwatt explain plans/beijing_yizhuang --json[/]
"""
MODEL = "one equivalent track, every train on time"
METERING_POINT = "substation DC terminals"


def explain(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help="A folder that `headwatt plan` wrote.")],
    top: Annotated[int, typer.Option(min=0, help="Trips to list, the largest saving first.", metavar="N")] = 15,
    trip: Annotated[str | None, typer.Option(help="Details of one trip, section by section.", metavar="ID")] = None,
    vehicle: Annotated[
        Path | None, typer.Option(help="Another vehicle than the one in the plan's folder.", metavar="FILE")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Threads that compute at once.", metavar="N")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Say why a written plan saves: by lever, and by the change of each trip; see HELP."""
    from api.planned_line import read_planned_line  # noqa: PLC0415
    from api.summary import DISTURBANCES  # noqa: PLC0415
    from dispatch.baseline import timetable_in_force  # noqa: PLC0415
    from dispatch.explain import explain as account_for  # noqa: PLC0415
    from dispatch.levers import Lever  # noqa: PLC0415

    with stage_progress("headwatt explain") as progress:
        progress("reading", 0.0)
        line, written = read_planned_line(folder, vehicle)
        in_force = timetable_in_force(line.scenario)
        if trip is not None:
            _one_trip(line, trip, json)
            return
        known = [Lever(one.name, one.saving_kwh) for one in written.result.levers if one.name != DISTURBANCES]
        found = account_for(
            line.plan, in_force, line.library, line.train, line.network,
            known_levers=known, others=line.others, workers=workers, progress=progress,
        )  # fmt: skip
    if json:
        print_json(_as_json(line, found))
    else:
        _print(line, found, top)


def _as_json(line: "PlannedLine", found: "Explanation") -> dict[str, object]:
    return {
        "scenario": line.scenario.name,
        "mode": line.plan.mode,
        "metering_point": METERING_POINT,
        "model": MODEL,
        "before_kwh": found.before_kwh,
        "plan_kwh": found.after_kwh,
        "saving_kwh": found.saving_kwh,
        "saving_percent": 100.0 * found.saving_kwh / found.before_kwh,
        "levers": [asdict(lever) for lever in found.levers],
        "trips_one_by_one_kwh": found.one_by_one_kwh,
        "trips": [asdict(change) for change in found.trips],
    }


def _print(line: "PlannedLine", found: "Explanation", top: int) -> None:
    from api.summary import kwh  # noqa: PLC0415
    from api.trip_words import change_words  # noqa: PLC0415

    console = stdout_console()
    console.print(
        f"{escape(line.scenario.title)}: the plan draws {kwh(found.after_kwh)} a day instead of "
        f"{kwh(found.before_kwh)}, [bold]{100.0 * found.saving_kwh / found.before_kwh:.1f} %[/] less, at the "
        f"{METERING_POINT} ({MODEL})."
    )
    console.print(_lever_table(found.levers, found.saving_kwh, "By lever, whatever the order"))
    same_driving = len({(change.driving, change.driving_before) for change in found.trips}) == 1
    first = found.trips[0]
    if same_driving and first.driving != first.driving_before:
        console.print(f"Every trip is driven {first.driving} instead of {first.driving_before}.")
    back = "run as today at its own departure" if found.is_by_own_departures else "put back as in today's timetable"
    costing = sum(change.saving_kwh < 0.0 for change in found.trips)
    console.print(
        f"One by one {back}, the {len(found.trips)} trips save {kwh(found.one_by_one_kwh)}: trips that meet both count "
        f"what they save together. "
        + (f"{costing} of them cost by themselves and pay through others." if costing else "No trip costs by itself.")
    )
    table = Table(box=SIMPLE_HEAD, title="Trips whose changes save most", title_justify="left")
    for name in ("trip", "leaves", "kWh", "what changes"):
        table.add_column(name, justify="right" if name == "kWh" else "left", overflow="fold")
    for change in found.trips[:top]:
        words = change_words(change, not same_driving)
        table.add_row(change.trip_id, clock_text(change.departure_s), f"{change.saving_kwh:.1f}", words)
    if top:
        console.print(table)
        console.print(f"One trip in detail: --trip {found.trips[0].trip_id}. All of them: --top {len(found.trips)}.")


def _lever_table(levers: "tuple[Lever, ...]", total_kwh: float, title: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", show_footer=False)
    for name in ("lever", "saves, kWh", "share"):
        table.add_column(name, justify="left" if name == "lever" else "right")
    for lever in levers:
        share = f"{100.0 * lever.saving_kwh / total_kwh:.0f} %" if abs(total_kwh) > 0.0 else ""
        table.add_row(lever.name, f"{lever.saving_kwh:,.1f}", share)
    return table


def _one_trip(line: "PlannedLine", trip_id: str, json: bool) -> None:
    """What one trip's changes save and what it meets, now and in the timetable in force."""
    from dispatch.baseline import timetable_in_force  # noqa: PLC0415
    from dispatch.explain import change_of, counterparts, parts_of_trip  # noqa: PLC0415
    from dispatch.meetings import meetings  # noqa: PLC0415
    from dispatch.put_back import PlannedDay  # noqa: PLC0415

    trip = _trip_of(line, trip_id)
    in_force = timetable_in_force(line.scenario)
    back = counterparts(line.plan, in_force)[trip.trip_id]
    day = PlannedDay.of(line.plan.timetable, line.library, line.train, line.network, (back,), line.others)
    change, parts = change_of(day, trip, back), parts_of_trip(day, trip, back)
    now = meetings(day, line.network, trip_id)
    before: tuple[SectionMeeting | None, ...] = (None,) * len(now)
    if line.plan.mode == "equal-service" and any(one.trip_id == trip_id for one in in_force.trips):
        today = PlannedDay.of(in_force, line.library, line.train, line.network, (), line.others)
        before = meetings(today, line.network, trip_id)
    if json:
        print_json(
            {
                "scenario": line.scenario.name,
                "mode": line.plan.mode,
                "metering_point": METERING_POINT,
                "model": MODEL,
                "trip": asdict(change),
                "levers": [asdict(part) for part in parts],
                "sections": [asdict(section) for section in now],
                "sections_in_force": [asdict(section) for section in before if section is not None],
            }
        )
    else:
        _print_trip(line, change, parts, now, before)


def _print_trip(
    line: "PlannedLine",
    change: "TripChange",
    parts: "tuple[Lever, ...]",
    now: "tuple[SectionMeeting, ...]",
    before: "tuple[SectionMeeting | None, ...]",
) -> None:
    from api.trip_words import change_words, section_sentences, section_title  # noqa: PLC0415

    console = stdout_console()
    stations = {station.id: station.name for station in line.scenario.stations}
    console.print(
        f"Trip [bold]{escape(change.trip_id)}[/], {clock_text(change.departure_s)} from "
        f"{escape(stations[now[0].from_station])} to {escape(stations[now[-1].to_station])}: "
        f"{change_words(change, True)}. Its changes save [bold]{change.saving_kwh:.1f} kWh[/] at the {METERING_POINT} "
        f"({MODEL})."
    )
    said = ", ".join(f"{part.name} {part.saving_kwh:+.1f} kWh" for part in parts)
    console.print(f"Each lever of this trip put back alone: {said}.")
    console.print()
    for section, old in zip(now, before, strict=True):
        console.print(f"[bold]{escape(section_title(section, stations))}[/]")
        for sentence in section_sentences(section, old, stations):
            console.print(f"  {escape(sentence)}")
    console.print()
    console.print("Who feeds whom: currents traced along one equivalent track, mixed in proportion wherever they meet.")


def _trip_of(line: "PlannedLine", trip_id: str) -> "Trip":
    from difflib import get_close_matches  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    known = {trip.trip_id: trip for trip in line.plan.timetable.trips}
    if trip_id not in known:
        near = ", ".join(get_close_matches(trip_id, known, n=3, cutoff=0.0))
        raise InputFaults([Fault("timetable.csv", "", "--trip", trip_id, f"a trip of the plan, for example {near}")])
    return known[trip_id]
