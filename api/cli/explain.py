"""`headwatt explain`: the saving of each lever and each changed trip of a plan; the energy exchange of a trip."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.plan_state import note_state
from api.cli.shared_options import FleetFolder, JsonOutput, ModelsAsType
from api.cli.vehicle_table import print_vehicles
from api.clock import clock_text

if TYPE_CHECKING:
    from dispatch.explanation.compare import PlannedLine
    from dispatch.explanation.energy_exchange import SectionExchange
    from dispatch.explanation.explain import Explanation, TripChange
    from dispatch.explanation.lever import Lever

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
    from api.computations.explaining import explain_plan, explain_trip, plan_document, trip_document  # noqa: PLC0415
    from api.plan_files.models import ModelFiles  # noqa: PLC0415
    from api.plan_files.planned_line import read_planned_line  # noqa: PLC0415

    with stage_progress("headwatt explain") as progress:
        progress("reading", 0.0)
        planned, written = read_planned_line(folder, vehicle, fleet, as_type)
        note_state(written.state)
        state = {"plan_folder": written.state.as_json()}
        if trip is not None:
            one = explain_trip(planned, trip)
            if json:
                print_json({**trip_document(one), **state})
            else:
                _print_trip(planned, one.change, one.parts, one.now, one.before)
            return
        found = explain_plan(planned, written, ModelFiles(vehicle, fleet, as_type), workers, progress)
    if json:
        print_json({**plan_document(found), **state})
    else:
        _print(planned, found.found, found.beside, top)
        print_vehicles(found.vehicles)


def _print(planned: "PlannedLine", found: "Explanation", headline: str, top: int) -> None:
    from api.computations.explaining import METERING_POINT, MODEL  # noqa: PLC0415
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


def _print_trip(
    planned: "PlannedLine",
    change: "TripChange",
    parts: "tuple[Lever, ...]",
    now: "tuple[SectionExchange, ...]",
    before: "tuple[SectionExchange | None, ...]",
) -> None:
    from api.computations.explaining import METERING_POINT, MODEL  # noqa: PLC0415
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
