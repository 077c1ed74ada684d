"""`headwatt explain`: the saving of each lever and each changed trip of a plan; the energy exchange of a trip."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.plan_state import note_state
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType
from api.cli.vehicle_table import print_vehicles, vehicles_json, vehicles_of
from api.clock import clock_text

if TYPE_CHECKING:
    from dispatch.explanation.compare import PlannedLine
    from dispatch.explanation.energy_exchange import SectionExchange
    from dispatch.explanation.explain import Explanation, TripChange
    from dispatch.explanation.levers import Lever
    from dispatch.plans.timetable import Trip

HELP = (
    "Explain the saving of a plan: by lever, and by the change of each trip.\n\n"
    "The saving of a trip is the additional energy of the plan if only this trip returned to its times in today's "
    "timetable. All figures are for a day with every train on time, on one equivalent track. The command also prints "
    "the judged saving, the headline of the plan. An energy exchange between two trips counts for both trips, so the "
    "sum of the trips' savings is not the saving of the plan; the sum of the levers is. "
    "With --trip: the energy exchange of one trip with braking and accelerating trains, section by section."
)
EPILOG = """\
[bold]Examples[/]

The trips whose changes save most:  [cyan]headwatt explain plans/beijing_yizhuang[/]

The changes and the energy exchange of trip up-050:  [cyan]headwatt explain plans/beijing_yizhuang --trip up-050[/]

All trips as JSON:  [cyan]headwatt explain plans/beijing_yizhuang --json[/]
"""
MODEL = "one equivalent track, every train on time"
METERING_POINT = "substation DC terminals"


def explain(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help="A folder that `headwatt plan` wrote.")],
    top: Annotated[int, typer.Option(min=0, help="Number of listed trips, largest saving first.", metavar="N")] = 15,
    trip: Annotated[
        str | None, typer.Option(help="Details of one trip, by identifier or train number.", metavar="ID")
    ] = None,
    vehicle: Annotated[
        Path | None, typer.Option(help="Vehicle file instead of that of the plan.", metavar="FILE")
    ] = None,
    fleet: FleetFolder = None,
    as_type: ModelsAsType = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Number of parallel threads.", metavar="N")] = 2,
    json: JsonOutput = False,
) -> None:
    """Explain the saving of a plan by lever and by the change of each trip; see HELP."""
    from api.plan_files.planned_line import read_planned_line  # noqa: PLC0415
    from api.summary import DISTURBANCES, headline_beside  # noqa: PLC0415
    from dispatch.explanation.explain import explain as account_for  # noqa: PLC0415
    from dispatch.explanation.levers import Lever  # noqa: PLC0415
    from dispatch.plans.in_force import timetable_in_force  # noqa: PLC0415

    with stage_progress("headwatt explain") as progress:
        progress("reading", 0.0)
        planned, written = read_planned_line(folder, vehicle, fleet, as_type)
        note_state(written.state)
        state = {"plan_folder": written.state.as_json()}
        in_force = timetable_in_force(planned.scenario)
        if trip is not None:
            _one_trip(planned, trip, json, state)
            return
        vehicles = vehicles_of(planned, written, (vehicle, fleet, as_type))
        proven = written.proven_result
        levers = proven.levers if proven is not None else []
        known = [Lever(one.name, one.saving_kwh) for one in levers if one.name != DISTURBANCES]
        found = account_for(
            planned.plan, in_force, planned.line, known_levers=known, workers=workers, progress=progress,
        )  # fmt: skip
    beside = headline_beside(written.proven_result, "on-time-equivalent", found.after_kwh)
    if json:
        print_json({**_as_json(planned, found), **vehicles_json(vehicles), "judged_saving": beside, **state})
    else:
        _print(planned, found, beside, top)
        print_vehicles(vehicles)


def _as_json(planned: "PlannedLine", found: "Explanation") -> dict[str, object]:
    from api.source_names import origin_json  # noqa: PLC0415
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    numbers = train_numbers(planned.scenario)
    return {
        "scenario": planned.scenario.name,
        "mode": planned.plan.mode,
        "metering_point": METERING_POINT,
        "model": MODEL,
        "before_kwh": found.before_kwh,
        "plan_kwh": found.after_kwh,
        "saving_kwh": found.saving_kwh,
        "saving_percent": 100.0 * found.saving_kwh / found.before_kwh,
        "levers": [asdict(lever) for lever in found.levers],
        "trips_one_by_one_kwh": found.one_by_one_kwh,
        "trips": [{**asdict(change), **_number(change.trip_id, numbers)} for change in found.trips],
        **origin_json(planned.scenario),
    }


def _number(trip_id: str, numbers: Mapping[str, str]) -> dict[str, str]:
    """The train number of a trip; nothing if no trip has a train number."""
    return {"train_number": numbers.get(trip_id, "")} if numbers else {}


def _print(planned: "PlannedLine", found: "Explanation", headline: str, top: int) -> None:
    from api.source_names import trip_title  # noqa: PLC0415
    from api.summary import kwh  # noqa: PLC0415
    from api.trip_words import change_words  # noqa: PLC0415
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    console = stdout_console()
    console.print(
        f"{escape(planned.scenario.title)} ({MODEL}): the plan draws {kwh(found.after_kwh)} a day instead of "
        f"{kwh(found.before_kwh)}, {100.0 * found.saving_kwh / found.before_kwh:.1f} % less, at the {METERING_POINT}."
    )
    console.print(headline, markup=False)
    console.print(_lever_table(found.levers, found.saving_kwh, "By lever (mean over all orders of the levers)"))
    same_driving = len({(change.driving, change.driving_before) for change in found.trips}) == 1
    first = found.trips[0]
    if same_driving and first.driving != first.driving_before:
        console.print(f"Every trip is driven {first.driving} instead of {first.driving_before}.")
    back = (
        "run as today at its own departure"
        if found.is_by_own_departures
        else "returned to its times in today's timetable"
    )
    costing = sum(change.saving_kwh < 0.0 for change in found.trips)
    console.print(
        f"The sum of the savings of all {len(found.trips)} trips, each one alone {back}, is "
        f"{kwh(found.one_by_one_kwh)}, because an energy exchange counts for both of its trips. "
        + (
            f"{costing} of the trips alone increase the energy; they save only together with other trips."
            if costing
            else "No trip alone increases the energy."
        )
    )
    numbers = train_numbers(planned.scenario)
    table = Table(box=SIMPLE_HEAD, title="Trips whose changes save most", title_justify="left")
    for name in ("trip", "leaves", "kWh", "what changes"):
        table.add_column(name, justify="right" if name == "kWh" else "left", overflow="fold")
    for change in found.trips[:top]:
        words = change_words(change, not same_driving)
        table.add_row(
            trip_title(change.trip_id, numbers), clock_text(change.departure_s), f"{change.saving_kwh:.1f}", words
        )
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


def _one_trip(planned: "PlannedLine", trip_id: str, json: bool, state: dict[str, Any]) -> None:
    """The saving of the changes of one trip and its energy exchange, now and in the timetable in force."""
    from api.source_names import origin_json  # noqa: PLC0415
    from dispatch.energy.trip_change import PlannedDay  # noqa: PLC0415
    from dispatch.explanation.energy_exchange import energy_exchanges  # noqa: PLC0415
    from dispatch.explanation.explain import change_of, counterparts, parts_of_trip  # noqa: PLC0415
    from dispatch.plans.in_force import timetable_in_force  # noqa: PLC0415
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    trip = _trip_of(planned, trip_id)
    trip_id = trip.trip_id
    in_force = timetable_in_force(planned.scenario)
    back = counterparts(planned.plan, in_force)[trip.trip_id]
    day = PlannedDay.of(planned.plan.timetable, planned.line, (back,))
    change, parts = change_of(day, trip, back), parts_of_trip(day, trip, back)
    now = energy_exchanges(day, planned.line.network, trip_id)
    before: tuple[SectionExchange | None, ...] = (None,) * len(now)
    if planned.plan.mode == "equal-service" and any(one.trip_id == trip_id for one in in_force.trips):
        today = PlannedDay.of(in_force, planned.line)
        before = energy_exchanges(today, planned.line.network, trip_id)
    if json:
        print_json(
            {
                "scenario": planned.scenario.name,
                "mode": planned.plan.mode,
                "metering_point": METERING_POINT,
                "model": MODEL,
                "trip": {**asdict(change), **_number(change.trip_id, train_numbers(planned.scenario))},
                "levers": [asdict(part) for part in parts],
                "sections": [asdict(section) for section in now],
                "sections_in_force": [asdict(section) for section in before if section is not None],
                **origin_json(planned.scenario),
                **state,
            }
        )
    else:
        _print_trip(planned, change, parts, now, before)


def _print_trip(
    planned: "PlannedLine",
    change: "TripChange",
    parts: "tuple[Lever, ...]",
    now: "tuple[SectionExchange, ...]",
    before: "tuple[SectionExchange | None, ...]",
) -> None:
    from api.source_names import trip_title  # noqa: PLC0415
    from api.trip_words import change_words, section_sentences, section_title  # noqa: PLC0415
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    numbers = train_numbers(planned.scenario)
    console = stdout_console()
    stations = {station.id: station.name for station in planned.scenario.stations}
    console.print(
        f"Trip [bold]{escape(trip_title(change.trip_id, numbers))}[/], {clock_text(change.departure_s)} from "
        f"{escape(stations[now[0].from_station])} to {escape(stations[now[-1].to_station])}: "
        f"{change_words(change, True)}. Its changes save [bold]{change.saving_kwh:.1f} kWh[/] at the {METERING_POINT} "
        f"({MODEL})."
    )
    shares = ", ".join(f"{part.name} {part.saving_kwh:+.1f} kWh" for part in parts)
    console.print(f"Saving of each lever of this trip alone: {shares}.")
    console.print()
    for section, old in zip(now, before, strict=True):
        console.print(f"[bold]{escape(section_title(section, stations))}[/]")
        for sentence in section_sentences(section, old, stations, numbers):
            console.print(f"  {escape(sentence)}")
    console.print()
    console.print("The energy exchange follows the currents along one equivalent track, mixed in proportion at nodes.")


def _trip_of(planned: "PlannedLine", trip_id: str) -> "Trip":
    from difflib import get_close_matches  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from scenarios.values.train_numbers import train_numbers  # noqa: PLC0415

    known = {trip.trip_id: trip for trip in planned.plan.timetable.trips}
    by_number = [trip for trip, number in train_numbers(planned.scenario).items() if number == trip_id]
    if trip_id not in known and len(by_number) == 1:
        trip_id = by_number[0]
    if trip_id not in known:
        near = ", ".join(get_close_matches(trip_id, known, n=3, cutoff=0.0))
        raise InputFaults([Fault("timetable.csv", "", "--trip", trip_id, f"a trip of the plan, for example {near}")])
    return known[trip_id]
