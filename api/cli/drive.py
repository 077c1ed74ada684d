"""`headwatt drive`: one section at the least energy, beside flat out and a speed cap."""

import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stderr_console, stdout_console
from energy_models.faults import Fault, Infeasible, InputFaults

if TYPE_CHECKING:
    from energy_models.driving.profile import DrivingProfile
    from energy_models.track import SectionTrack
    from energy_models.train import Train
    from scenarios.schema.scenario import Scenario

HELP = (
    "Drive one section at the least energy for a running time.\n\n"
    "Told are the minimum running time, the instructions of the optimal run (full effort to, cruise at, coast from, "
    "brake from) and its energy beside two other runs: flat out, and a constant speed cap that takes the same time. "
    "Energies are at the collector, without auxiliaries; net is drawn less given back."
)
EPILOG = """\
[bold]Examples[/]

From Songjiazhuang to Xiaocun in 190 s with 800 passengers:
[cyan]headwatt drive beijing_yizhuang --section SJZ-XC --running-time 190 --load 800[/]

The same as a page that opens in a browser, and as a table every 10 m:
[cyan]headwatt drive beijing_yizhuang --section SJZ-XC --running-time 190 --plot run.html --table run.csv[/]
"""


def drive(
    scenario: Annotated[str, typer.Argument(help="Name of a bundled line, or path of a scenario folder.")],
    section: Annotated[str, typer.Option(metavar="A-B", help="Neighbouring stations, in the direction of travel.")],
    running_time: Annotated[
        float | None,
        typer.Option(metavar="S", help="Departure to arrival in seconds (default: the timetable in force).", min=0),
    ] = None,
    load: Annotated[float, typer.Option(metavar="P", help="Passengers on board.", min=0)] = 0.0,
    credit: Annotated[
        float, typer.Option(min=0, max=1, help="Worth of a regenerated joule beside a drawn one, 0 to 1.")
    ] = 1.0,
    train_type: Annotated[
        str | None, typer.Option(metavar="NAME", help="Train type of the scenario (default: the fleet's first).")
    ] = None,
    override: Annotated[
        list[str] | None, typer.Option(help="A named change of the scenario; may be repeated.", metavar="NAME")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write speed, effort and energy over chainage as one page.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write the optimal run as a table, one row every 10 m.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Drive a section; see HELP."""
    # The kernels take seconds to import; `--help` and the other commands do not wait for them.
    from energy_models.driving.checks import faults_of  # noqa: PLC0415
    from energy_models.driving.flat_out import flat_out  # noqa: PLC0415
    from energy_models.driving.optimal import optimal  # noqa: PLC0415
    from energy_models.driving.speed_cap import speed_cap  # noqa: PLC0415
    from energy_models.driving.switching import profile_table, switching_points  # noqa: PLC0415
    from scenarios.build import train_of  # noqa: PLC0415
    from scenarios.load import load_scenario  # noqa: PLC0415

    asked = load_scenario(scenario, tuple(override or ()))
    if train_type is not None and train_type not in asked.train_types:
        raise InputFaults([Fault("", "--train-type", "", train_type, f"one of {', '.join(asked.train_types)}")])
    train = train_of(asked, train_type)
    track, timetable_s = _section(asked, section, train)
    faults = faults_of(track, train, load)
    if faults:
        raise InputFaults(faults)
    running_time_s = float(timetable_s) if running_time is None else running_time
    fastest = flat_out(track, train, load)
    begun = time.perf_counter()
    best = optimal(track, train, load, running_time_s, regeneration_credit=credit)
    seconds = time.perf_counter() - begun
    profiles = [best, fastest]
    refusal: list[str] = []
    try:
        profiles.insert(1, speed_cap(track, train, load, running_time_s))
    except Infeasible as told:  # a run may be possible that no constant cap can give
        refusal = list(told.reasons)
    points = switching_points(best, train)
    if plot is not None:
        from api.driving_plot import write_driving_plot  # noqa: PLC0415

        title = f"{asked.title}: {track.name}, {running_time_s:.0f} s, {load:.0f} passengers"
        write_driving_plot(plot, title, track, train, profiles)
        stderr_console().print(f"Plot written to {plot}", markup=False)
    if table is not None:
        table.parent.mkdir(parents=True, exist_ok=True)
        profile_table(best, 10.0).round(3).to_csv(table, index=False)
        stderr_console().print(f"Table written to {table}", markup=False)
    if json:
        print_json(
            {
                "scenario": asked.name,
                "scenario_hash": asked.hash,
                "section": track.name,
                "length_m": track.length_m,
                "passengers": load,
                "metering_point": "collector, without auxiliaries",
                "regeneration_credit": credit,
                "minimum_running_time_s": round(fastest.running_time_s, 3),
                "runs": [_figures(profile) for profile in profiles],
                "speed_cap_refused": refusal,
                "switching_points": [
                    {
                        "regime": point.regime,
                        "distance_m": round(point.distance_m, 1),
                        "time_s": round(point.time_s, 2),
                        "from_kmh": round(3.6 * point.from_m_s, 2),
                        "until_kmh": round(3.6 * point.until_m_s, 2),
                        "words": str(point),
                    }
                    for point in points
                ],
                "seconds": round(seconds, 4),
            }
        )
        return
    _print(f"{asked.title}: {track.name}, {track.length_m:,.0f} m, {load:,.0f} passengers", profiles)
    console = stdout_console()
    for reason in refusal:
        console.print(reason, markup=False)
    console.print(f"Minimum running time: [bold]{fastest.running_time_s:.1f} s[/]")
    console.print("Instructions of the optimal run:")
    for point in points:
        console.print(f"  {point.time_s:6.1f} s  {point.distance_m:7.0f} m  {point}", markup=False)


def _section(scenario: "Scenario", section: str, train: "Train") -> "tuple[SectionTrack, int]":
    """The section between two named neighbours and its running time in force; raises InputFaults for anything else."""
    from scenarios.build import section_tracks  # noqa: PLC0415
    from scenarios.schema.base import DIRECTIONS  # noqa: PLC0415

    names = []
    for direction in DIRECTIONS:
        stations = [station.id for station in scenario.stations_in_order(direction)]
        for index, (origin, target) in enumerate(itertools.pairwise(stations)):
            names.append(f"{origin}-{target}")
            if names[-1].casefold() == section.casefold():
                return section_tracks(scenario, direction, train)[index], scenario.running_times_s(direction)[index]
    raise InputFaults([Fault("", "--section", "", section, f"one of {', '.join(names)}")])


def _figures(profile: "DrivingProfile") -> dict[str, Any]:
    return {
        "strategy": profile.strategy,
        "running_time_s": round(profile.running_time_s, 3),
        "drawn_kwh": round(profile.traction_energy_j / 3.6e6, 4),
        "given_back_kwh": round(profile.regeneration_energy_j / 3.6e6, 4),
        "net_kwh": round(profile.net_energy_j / 3.6e6, 4),
        "highest_speed_kmh": round(3.6 * float(profile.speed_m_s.max()), 2),
    }


def _print(title: str, profiles: "list[DrivingProfile]") -> None:
    console = stdout_console()
    table = Table(title=escape(title), title_justify="left")
    table.add_column("run")
    for column in ("time, s", "drawn, kWh", "given back, kWh", "net, kWh", "against optimal", "highest speed, km/h"):
        table.add_column(column, justify="right")
    best = profiles[0].net_energy_j
    for profile in profiles:
        row = _figures(profile)
        more = (
            f"{100 * (profile.net_energy_j - best) / abs(best):+.1f} %" if profile is not profiles[0] and best else ""
        )
        table.add_row(
            profile.strategy.replace("_", " "), f"{row['running_time_s']:.1f}", f"{row['drawn_kwh']:.2f}",
            f"{row['given_back_kwh']:.2f}", f"{row['net_kwh']:.2f}", more, f"{row['highest_speed_kmh']:.1f}",
        )  # fmt: skip
    console.print(table)
