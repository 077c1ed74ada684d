"""Import, check and plan every railway line of GTFS feeds, and print the table of docs/exchange.md.

Run alone: python benchmarks/imports.py FOLDER [--only FEED/ROUTE ...] [--no-plan]. FOLDER contains the zips of feeds.
Each urban railway route is imported with the values of the tutorial line. If a refusal names an option that repairs the
feed, the route is imported again with this option, and the table names it. Plans have the effort `quick`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from energy_models.faults import InputFaults
from scenarios.files.load import faults_of, load_scenario
from scenarios.imports.folder import ImportedFolder, write_imported
from scenarios.imports.gtfs.feed import read_feed, rows_of
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.imports.line import ImportedLine
from scenarios.schema import Scenario

HEADWATT = "from api.cli.main import run; run()"
LIKE = "tutorial_line"
REPLICATIONS = 4
URBAN_RAIL = ("0", "1", "12")
REPAIRS = ("--wrap-midnight", "--without-expresses")
HEADER = ("feed", "line", "stations", "trips", "imported", "checked", "planned", "saving", "seconds", "adjusted")


@dataclass
class Row:
    """One line of a feed as far as it came."""

    feed: str
    line: str
    stations: str = ""
    trips: str = ""
    imported: str = ""
    checked: str = ""
    planned: str = ""
    saving: str = ""
    seconds: str = ""
    adjusted: str = ""
    details: list[str] = field(default_factory=list)

    def text(self) -> str:
        """A row of a Markdown table."""
        return "| " + " | ".join(str(getattr(self, name)).replace("|", "/") for name in HEADER) + " |"


def imported(path: Path, routes: Sequence[str], options: Sequence[str]) -> ImportedLine:
    """The line of some routes of a feed, with options that repair the feed."""
    feed = read_feed(path, routes, wrap_midnight="--wrap-midnight" in options)
    return line_of_feed(feed, routes, without_expresses="--without-expresses" in options)


def with_repairs(path: Path, row: Row, routes: Sequence[str]) -> tuple[ImportedLine | None, list[str]]:
    """The line, imported again with every option that a refusal names; the options that it took."""
    options: list[str] = []
    while True:
        try:
            return imported(path, routes, options), options
        except InputFaults as refused:
            told = [str(fault) for fault in refused.faults]
            named = [one for one in REPAIRS if one not in options and any(one in text for text in told)]
            if not named:
                row.imported = f"refused: {told[0][:200]}"
                row.details = told
                return None, options
            options += named


def planned(folder: Path, out: Path) -> dict[str, Any]:
    """The result of a quick plan, or its refusal."""
    ran = subprocess.run(
        [sys.executable, "-c", HEADWATT, "plan", str(folder), "--out", str(out), "--effort", "quick",
         "--replications", str(REPLICATIONS), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        found: dict[str, Any] = json.loads(ran.stdout)
    except json.JSONDecodeError:
        found = {"refused": " ".join(ran.stderr.split())[-400:]}
    return found


def adjusted(written: ImportedFolder) -> str:
    """The sentences of the import about times and trips."""
    words = ("published times", "no dwell", "further stops", "branch:", "left out", "were moved", "too short", "--wrap")
    found = [note.split(":")[0] if note.startswith("branch") else note for note in written.notes
             if any(word in note for word in words)]  # fmt: skip
    return "; ".join(note[:110] for note in found)


def measured(path: Path, routes: Sequence[str], like: Scenario, folder: Path, plans: bool) -> Row:
    """Import, check and plan one line."""
    row = Row(path.stem, ", ".join(routes))
    began_s = time.perf_counter()
    line, options = with_repairs(path, row, routes)
    if line is None:
        return row
    row.line, row.stations, row.trips = line.title or row.line, str(len(line.stations)), str(len(line.trips))
    target = folder / f"{path.stem}-{'-'.join(routes)}".lower()
    try:
        written = write_imported(target, line, None, like)
    except InputFaults as refused:
        row.imported = f"refused: {str(refused.faults[0])[:300]}"
        return row
    row.imported = " ".join(("yes", *options))
    row.adjusted = adjusted(written)
    faults = faults_of(target)
    row.checked = f"{len(faults)} faults" if faults else "yes"
    row.details = [str(fault) for fault in faults]
    row.seconds = f"{time.perf_counter() - began_s:.1f}"
    if faults or not plans:
        return row
    began_s = time.perf_counter()
    result = planned(target, folder / f"plan-{target.name}")
    row.seconds += f" + {time.perf_counter() - began_s:.0f}"
    violations = result.get("checks", {}).get("violations")
    if violations is None:
        row.planned = "refused"
        row.details = [json.dumps(result, ensure_ascii=False)[:1500]]
        return row
    row.planned = f"{len(violations)} violations" if violations else "yes"
    row.details = violations
    low, high = result["saving_ci95_percent"]
    row.saving = f"{result['saving_percent']:.1f} % ({low:.1f} to {high:.1f})"
    return row


def lines_of(folder: Path, only: Sequence[str]) -> Iterator[tuple[Path, list[str]]]:
    """The feeds with their urban railway routes; `feed/a+b` in `only` gives two routes of one line."""
    for path in sorted(folder.glob("*.zip")):
        wanted = [text.split("/", 1)[1].split("+") for text in only if text.split("/", 1)[0] == path.stem]
        if wanted or only:
            yield from ((path, routes) for routes in wanted)
            continue
        try:
            table = read_feed(path, []).table("routes.txt")
        except InputFaults as refused:
            print(f"{path.name}: {refused.faults[0]}", file=sys.stderr)
            continue
        yield from ((path, [route]) for route, kind in rows_of(table, "route_id", "route_type") if kind in URBAN_RAIL)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--no-plan", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder for scenarios and plans")
    options = parser.parse_args()
    like = load_scenario(LIKE)
    print("| " + " | ".join(HEADER) + " |\n|" + " --- |" * len(HEADER))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for path, routes in lines_of(options.folder, options.only):
            row = measured(path, routes, like, folder, not options.no_plan)
            print(row.text(), flush=True)
            for detail in row.details[:5]:
                print(f"  {detail}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
