"""`headwatt validate supply`: compare the DC supply with reference cases of the format `feeding-case-1`."""

import math
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

if TYPE_CHECKING:
    from scenarios.reference_cases.supply import FeedingCase, FeedingCases

POWER_TOLERANCE_SHARE = 1e-3
"""Regenerated power may differ by this share of the offered power (or of 1 kW)."""

HELP = (
    "Solve reference cases of DC feeding and compare every voltage.\n\n"
    "FILE is JSON in the format feeding-case-1 (see the documentation page on the supply): positions of rectifiers and "
    "trains, the power demand of the trains, and the expected voltages. Your own measured cases can use the same "
    "format. Exit code 0: all cases are within the tolerance of the file; 1: at least one case is not; 2: a file is "
    "not a valid set of cases."
)
EPILOG = """\
[bold]Examples[/]

[cyan]headwatt validate supply measured/*.json[/]

JSON output:  [cyan]headwatt validate supply --json case.json[/]
"""


@dataclass(frozen=True)
class CaseResult:
    """Headwatt and the reference for one case; null where the reference has no value."""

    file: str
    case: str
    position_m: list[float]
    ours_v: list[float]
    reference_v: list[float | None]
    difference_v: float
    tolerance_v: float
    ours_regeneration_used_w: float
    reference_regeneration_used_w: float | None
    difference_regeneration_w: float
    seconds: float
    within: bool

    @property
    def worst_place(self) -> tuple[float, float, float]:
        """Position, Headwatt's voltage and the reference voltage at the largest difference (NaN without reference)."""
        known = [
            (position_m, ours, expected)
            for position_m, ours, expected in zip(self.position_m, self.ours_v, self.reference_v, strict=True)
            if expected is not None
        ]
        return max(known, key=lambda row: abs(row[1] - row[2]), default=(math.nan, math.nan, math.nan))


def validate_supply(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of cases, format feeding-case-1.")],
    json: JsonOutput = False,
) -> None:
    """Run the cases of all files; see HELP."""
    from scenarios.reference_cases.files import read_all  # noqa: PLC0415
    from scenarios.reference_cases.supply import load_feeding_cases  # noqa: PLC0415

    read = read_all(files, load_feeding_cases)
    run_case("", read[0][1], read[0][1].cases[0])  # the first run also compiles or loads the kernels
    results = [run_case(str(file), cases, case) for file, cases in read for case in cases.cases]
    within = all(result.within for result in results)
    if json:
        print_json({"cases": [asdict(result) for result in results], "within": within})
    else:
        _print(results)
    if not within:
        raise typer.Exit(int(ExitCode.REFUSED))


def run_case(file: str, cases: "FeedingCases", case: "FeedingCase") -> CaseResult:
    """Solve one case on the equivalent track and compare it."""
    from energy_models.supply.solver import solve  # noqa: PLC0415

    network, snapshots = cases.network_of(case), case.to_snapshots()
    begin = time.perf_counter()
    solution = solve(network, snapshots, model="equivalent")
    seconds = time.perf_counter() - begin
    ours_v = [0.0] * len(case.position_m)
    for place, volts in zip(case.trains, solution.train_v, strict=True):
        ours_v[place] = float(volts)
    for place, volts in zip(case.rectifiers, solution.substation_v[0], strict=True):
        ours_v[place] = float(volts)
    difference_v = max(
        (abs(ours - expected) for ours, expected in zip(ours_v, case.expected_voltage_v, strict=True) if expected),
        default=0.0,
    )
    offered_w, used_w = float(solution.regeneration_offered_w[0]), float(solution.regeneration_used_w[0])
    differences_w = [
        abs(ours - expected)
        for ours, expected in (
            (offered_w, case.expected_regeneration_offered_w),
            (used_w, case.expected_regeneration_used_w),
        )
        if expected is not None
    ]
    difference_w = max(differences_w, default=0.0)
    return CaseResult(
        file=file,
        case=case.name,
        position_m=list(case.position_m),
        ours_v=ours_v,
        reference_v=list(case.expected_voltage_v),
        difference_v=difference_v,
        tolerance_v=cases.tolerance_v,
        ours_regeneration_used_w=used_w,
        reference_regeneration_used_w=case.expected_regeneration_used_w,
        difference_regeneration_w=difference_w,
        seconds=seconds,
        within=solution.converged
        and difference_v <= cases.tolerance_v
        and difference_w <= POWER_TOLERANCE_SHARE * max(offered_w, 1e3),
    )


def _print(results: list[CaseResult]) -> None:
    console = stdout_console()
    if not console.is_terminal:
        console.width = max(console.width, 132)
    for file in dict.fromkeys(result.file for result in results):
        of_file = [result for result in results if result.file == file]
        regenerates = any(result.reference_regeneration_used_w for result in of_file)
        table = Table(title=f"{escape(file)}, tolerance {of_file[0].tolerance_v:g} V", title_justify="left")
        table.add_column("case")
        for column in ("at, m", "Headwatt, V", "reference, V", "difference, V"):
            table.add_column(column, justify="right", no_wrap=True)
        if regenerates:
            table.add_column("regeneration, kW", justify="right", no_wrap=True)
            table.add_column("difference, kW", justify="right", no_wrap=True)
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("")
        for result in of_file:
            place, ours_v, reference_v = result.worst_place
            regeneration = (
                f"{result.ours_regeneration_used_w / 1e3:,.3f}",
                f"{result.difference_regeneration_w / 1e3:.6f}",
            )
            table.add_row(
                escape(result.case), f"{place:,.0f}", f"{ours_v:.4f}", f"{reference_v:.4f}",
                f"{result.difference_v:.6f}", *(regeneration if regenerates else ()), f"{result.seconds:.5f}",
                "[green]within[/]" if result.within else "[bold red]beyond[/]",
            )  # fmt: skip
        console.print(table)
    beyond = sum(not result.within for result in results)
    count = f"{len(results)} case{'s' if len(results) != 1 else ''}"
    worst = max(results, key=lambda result: result.difference_v)
    outcome = f"{beyond} beyond tolerance" if beyond else "all within tolerance"
    console.print(
        f"{count}: {outcome}; each row shows the voltage with the largest difference of its case; "
        f"largest difference {worst.difference_v:.6f} V ({worst.case}).",
        markup=False,
    )
