"""`headwatt drive`: drive one section with the least energy, compared with flat out and with a speed cap."""

import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.shared_options import JsonOutput, OverrideNames, ScenarioName
from energy_models.faults import Fault, Infeasible, InputFaults

if TYPE_CHECKING:
    from energy_models.driving.profile import DrivingProfile
    from energy_models.track import SectionTrack
    from energy_models.train import Train
    from scenarios.schema.scenario import Scenario

HELP = (
    "Compute the optimal driving of one section: the least energy for a running time.\n\n"
    "The command prints the minimum running time, the driving instructions of the optimal run (full effort, partial "
    "effort, cruise, coast, brake, each with its place and speed), and the energy of three runs: optimal, flat out, "
    "and a constant speed cap with the same running time. A train that follows the instructions needs the time and "
    "the energy of the optimal run within 1 %. Energies are at the collector, without auxiliaries; net energy is "
    "drawn energy minus regenerated energy."
)
EPILOG = """\
[bold]Examples[/]

From Songjiazhuang to Xiaocun in 190 s with 800 passengers:
[cyan]headwatt drive beijing_yizhuang --section SJZ-XC --running-time 190 --load 800[/]

The same, with a page for the browser and a table with one row every 10 m:
[cyan]headwatt drive beijing_yizhuang --section SJZ-XC --running-time 190 --plot run.html --table run.csv[/]
"""


def drive(
    scenario: ScenarioName,
    section: Annotated[str, typer.Option(metavar="A-B", help="Two neighbouring stations, in the direction of travel.")],
    running_time: Annotated[
        float | None,
        typer.Option(metavar="S", help="Running time in seconds (default: that of the timetable in force).", min=0),
    ] = None,
    load: Annotated[float, typer.Option(metavar="P", help="Passengers on board.", min=0)] = 0.0,
    credit: Annotated[
        float, typer.Option(min=0, max=1, help="Value of regenerated energy as a share of drawn energy, 0 to 1.")
    ] = 1.0,
    train_type: Annotated[
        str | None, typer.Option(metavar="NAME", help="Train type of the scenario (default: the first of the fleet).")
    ] = None,
    override: OverrideNames = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Page to write: speed, effort and energy over chainage.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Table to write: the optimal run, one row every 10 m.")
    ] = None,
    json: JsonOutput = False,
) -> None:
    """Drive a section; see HELP."""
    # The kernels take seconds to import; `--help` and the other commands do not wait for them.
    from energy_models.driving.checks import faults_of  # noqa: PLC0415
    from energy_models.driving.flat_out import flat_out  # noqa: PLC0415
    from energy_models.driving.optimal import optimal  # noqa: PLC0415
    from energy_models.driving.profile_table import profile_table  # noqa: PLC0415
    from energy_models.driving.speed_cap import speed_cap  # noqa: PLC0415
    from energy_models.driving.switching import switching_points  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.values.build import train_of  # noqa: PLC0415

    loaded = load_scenario(scenario, tuple(override or ()))
    if train_type is not None and train_type not in loaded.train_types:
        raise InputFaults([Fault("", "--train-type", "", train_type, f"one of {', '.join(loaded.train_types)}")])
    train = train_of(loaded, train_type)
    track, timetable_s = _section(loaded, section, train)
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
    except Infeasible as error:  # a run may be possible although no constant cap gives it
        refusal = list(error.reasons)
    points = switching_points(best, train, track)
    if plot is not None:
        from api.plots.driving import write_driving_plot  # noqa: PLC0415

        title = f"{loaded.title}: {track.name}, {running_time_s:.0f} s, {load:.0f} passengers"
        write_driving_plot(plot, title, track, train, profiles)
        stderr_console().print(f"Wrote the plot to {plot}", markup=False)
    if table is not None:
        table.parent.mkdir(parents=True, exist_ok=True)
        profile_table(best, 10.0).round(3).to_csv(table, index=False)
        stderr_console().print(f"Wrote the table to {table}", markup=False)
    if json:
        print_json(
            {
                "scenario": loaded.name,
                "scenario_hash": loaded.hash,
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
                        "distance_m": round(point.distance_m, 2),
                        "until_distance_m": round(point.until_distance_m, 2),
                        "time_s": round(point.time_s, 2),
                        "from_kmh": round(3.6 * point.from_m_s, 3),
                        "until_kmh": round(3.6 * point.until_m_s, 3),
                        "acceleration_m_s2": round(point.acceleration_m_s2, 4),
                        "words": str(point),
                    }
                    for point in points
                ],
                "seconds": round(seconds, 4),
            }
        )
        return
    _print(f"{loaded.title}: {track.name}, {track.length_m:,.0f} m, {load:,.0f} passengers", profiles)
    console = stdout_console()
    for reason in refusal:
        console.print(reason, markup=False)
    console.print(f"Minimum running time: [bold]{fastest.running_time_s:.1f} s[/]")
    console.print("Instructions of the optimal run:")
    for point in points:
        console.print(f"  {point.time_s:6.1f} s  {point.distance_m:8.1f} m  {point}", markup=False)


def _section(scenario: "Scenario", section: str, train: "Train") -> "tuple[SectionTrack, int]":
    """A section by the names of its stations, and its running time in force; raises InputFaults for other names."""
    from scenarios.schema.base import DIRECTIONS  # noqa: PLC0415
    from scenarios.values.build import section_tracks  # noqa: PLC0415
    from scenarios.values.station_times import station_times  # noqa: PLC0415

    names = []
    for direction in DIRECTIONS:
        stations = [station.id for station in scenario.stations_in_order(direction)]
        for index, (origin, target) in enumerate(itertools.pairwise(stations)):
            names.append(f"{origin}-{target}")
            if names[-1].casefold() == section.casefold():
                return section_tracks(scenario, direction, train)[index], station_times(
                    scenario, direction
                ).running_times_s[index]
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
    for column in ("time, s", "drawn, kWh", "regenerated, kWh", "net, kWh", "against optimal", "highest speed, km/h"):
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
