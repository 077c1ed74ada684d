"""`headwatt validate driving`: compare optimal driving with reference cases of the format `driving-case-1`."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stdout_console
from api.cli.outcome import ExitCode
from api.cli.shared_options import JsonOutput
from energy_models.faults import Infeasible

if TYPE_CHECKING:
    from scenarios.reference_cases.driving import CasePoint, DrivingCase

ABOVE_SHARE = 0.005
"""Headwatt's energy may be above the reference by this share of the reference."""
SMALL_KWH = 5.0
"""Below this reference energy, an absolute tolerance replaces the share."""
ABOVE_SMALL_KWH = 0.05
"""Absolute tolerance of the energy below `SMALL_KWH`."""
BELOW_BOUND_SHARE = 0.001
"""Headwatt's energy may be below a proven bound of a discretised problem by this share of the bound."""
TIME_S = 0.1
LIMIT_KMH = 0.1
BALANCE_SHARE = 0.001

HELP = (
    "Compute the optimal driving of reference cases and compare every point.\n\n"
    "FILE is JSON in the format driving-case-1 (see the documentation page on driving): a section, a train, and the "
    "expected energy for each running time. Your own measured cases can use the same format. A point is within "
    "tolerance if all of these hold: the energy is at most 0.5 % above the reference (0.05 kWh for a reference below "
    "5 kWh); the energy is at most 0.1 % below a proven bound; the train arrives within 0.1 s and exceeds no speed "
    "limit by more than 0.1 km/h when its forces are integrated again with 1 m steps; the energy balance closes to "
    "0.1 %. Exit code 0: all points are within tolerance; 1: at least one point is not; 2: a file is not a valid case."
)
EPILOG = """\
[bold]Examples[/]

[cyan]headwatt validate driving measured/*.json[/]

One row per case:  [cyan]headwatt validate driving --brief measured/*.json[/]

JSON output:  [cyan]headwatt validate driving --json case.json[/]
"""


@dataclass(frozen=True)
class PointResult:
    """Headwatt and the reference for one running time; energies at the collector, without auxiliaries."""

    file: str
    case: str
    running_time_s: float
    ours_kwh: float | None
    reference_kwh: float
    lower_bound_kwh: float | None
    difference_kwh: float | None
    arrival_error_s: float | None
    limit_excess_kmh: float | None
    balance_residual_share: float | None
    seconds: float
    within: bool
    beyond: list[str]


def validate_driving(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of cases, format driving-case-1.")],
    brief: Annotated[
        bool, typer.Option("--brief", help="Print one row per case instead of one row per running time.")
    ] = False,
    json: JsonOutput = False,
) -> None:
    """Run the cases of all files; see HELP."""
    from scenarios.reference_cases.driving import load_driving_case  # noqa: PLC0415
    from scenarios.reference_cases.files import read_all  # noqa: PLC0415

    read = read_all(files, load_driving_case)
    run_point("", read[0][1], read[0][1].points[0])  # the first run also compiles or loads the kernels
    results = [run_point(str(file), case, point) for file, case in read for point in case.points]
    within = all(result.within for result in results)
    if json:
        print_json({"points": [asdict(result) for result in results], "within": within})
    else:
        _print(results, brief=brief)
    if not within:
        raise typer.Exit(int(ExitCode.REFUSED))


def run_point(file: str, case: "DrivingCase", point: "CasePoint") -> PointResult:
    """Compare one case at one running time; a running time that Headwatt finds infeasible is out of tolerance."""
    import numpy as np  # noqa: PLC0415

    from energy_models.driving.optimal import optimal  # noqa: PLC0415
    from energy_models.driving.reintegration import reintegrate  # noqa: PLC0415

    track, train = case.to_track(), case.to_train()
    begin = time.perf_counter()
    try:
        profile = optimal(track, train, 0.0, point.running_time_s, boundary_speed_m_s=case.boundary_speed_m_s)
    except Infeasible as refusal:
        return PointResult(
            file, case.name, point.running_time_s, None, point.energy_kwh, point.lower_bound_kwh,
            None, None, None, None, time.perf_counter() - begin, False, list(refusal.reasons),
        )  # fmt: skip
    seconds = time.perf_counter() - begin
    ours_kwh = profile.net_energy_j / 3.6e6
    again = reintegrate(profile, train)
    segment = np.clip(
        np.searchsorted(track.boundary_m, again.distance_m, side="right") - 1, 0, track.slope.size - 1
    )  # fmt: skip
    limit_m_s = np.minimum(track.speed_limit_m_s[segment], train.maximum_speed_m_s)
    limit_excess_kmh = max(0.0, 3.6 * float(np.max(again.speed_m_s - limit_m_s)))
    arrival_error_s = again.running_time_s - point.running_time_s
    beyond = []
    small = abs(point.energy_kwh) < SMALL_KWH
    above_kwh = ABOVE_SMALL_KWH if small else ABOVE_SHARE * abs(point.energy_kwh)
    if ours_kwh > point.energy_kwh + above_kwh:
        beyond.append(f"{ours_kwh - point.energy_kwh:.3f} kWh above the reference")
    if point.lower_bound_kwh is not None:
        bound_kwh = point.lower_bound_kwh - BELOW_BOUND_SHARE * abs(point.lower_bound_kwh)
        if ours_kwh < bound_kwh:
            beyond.append(f"{point.lower_bound_kwh - ours_kwh:.3f} kWh below the bound")
    if abs(arrival_error_s) > TIME_S:
        beyond.append(f"arrives {arrival_error_s:+.2f} s")
    if limit_excess_kmh > LIMIT_KMH:
        beyond.append(f"{limit_excess_kmh:.2f} km/h above a speed limit")
    if abs(again.balance_residual_share) > BALANCE_SHARE:
        beyond.append(f"energy balance does not close by {100 * again.balance_residual_share:.2f} %")
    return PointResult(
        file=file,
        case=case.name,
        running_time_s=point.running_time_s,
        ours_kwh=ours_kwh,
        reference_kwh=point.energy_kwh,
        lower_bound_kwh=point.lower_bound_kwh,
        difference_kwh=ours_kwh - point.energy_kwh,
        arrival_error_s=arrival_error_s,
        limit_excess_kmh=limit_excess_kmh,
        balance_residual_share=again.balance_residual_share,
        seconds=seconds,
        within=not beyond,
        beyond=beyond,
    )


def _print(results: list[PointResult], *, brief: bool) -> None:
    console = stdout_console()
    if not console.is_terminal:
        console.width = max(console.width, 132)
    columns = ("Headwatt, kWh", "reference, kWh", "difference, kWh", "difference", "arrival, s", "ms")
    table = Table(title="Net energy at the collector, without auxiliaries", title_justify="left")
    table.add_column("case")
    for column in ("points" if brief else "time, s", *columns):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    if brief:
        for case in dict.fromkeys((result.file, result.case) for result in results):
            _add_case(table, [result for result in results if (result.file, result.case) == case])
    else:
        for result in results:
            _add_point(table, result)
    console.print(table)
    beyond = sum(not result.within for result in results)
    console.print(
        f"{len(results) - beyond} of {len(results)} points within tolerance"
        + (f", [bold red]{beyond} beyond[/]" if beyond else "")
    )


def _add_point(table: Table, result: PointResult) -> None:
    if result.ours_kwh is None or result.difference_kwh is None or result.arrival_error_s is None:
        numbers = ["infeasible", f"{result.reference_kwh:.3f}", "", "", ""]
    else:
        share = result.difference_kwh / abs(result.reference_kwh) if result.reference_kwh else 0.0
        numbers = [
            f"{result.ours_kwh:.3f}", f"{result.reference_kwh:.3f}", f"{result.difference_kwh:+.3f}",
            f"{100 * share:+.2f} %", f"{result.arrival_error_s:+.3f}",
        ]  # fmt: skip
    verdict = "[green]within[/]" if result.within else f"[red]{escape('; '.join(result.beyond))}[/]"
    table.add_row(escape(result.case), f"{result.running_time_s:.1f}", *numbers, f"{1e3 * result.seconds:.1f}", verdict)


def _add_case(table: Table, results: list[PointResult]) -> None:
    solved = [result for result in results if result.ours_kwh is not None]
    ours = sum(result.ours_kwh or 0.0 for result in solved)
    reference = sum(result.reference_kwh for result in solved)
    worst = max((result.difference_kwh or 0.0 for result in solved), key=abs, default=0.0)
    share = (ours - reference) / abs(reference) if reference else 0.0
    arrival = max((result.arrival_error_s or 0.0 for result in solved), key=abs, default=0.0)
    beyond = sum(not result.within for result in results)
    table.add_row(
        escape(results[0].case), str(len(results)), f"{ours:.3f}", f"{reference:.3f}", f"{worst:+.3f}",
        f"{100 * share:+.2f} %", f"{arrival:+.3f}", f"{1e3 * sum(result.seconds for result in results):.1f}",
        "[green]within[/]" if not beyond else f"[red]{beyond} beyond[/]",
    )  # fmt: skip
