"""Lines imported from small feeds, plans of them without a search, and the merge of these plans into their feeds."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import feeds
from feeds import Files

from api.export.gtfs_merge import MergedFeed, merged_feed, write_merged
from api.plan_files.folder import WrittenPlan
from api.plan_files.manifest import FolderState
from api.plan_files.proof import CheckedPlan
from dispatch.checker.check import CheckReport
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable, Trip
from scenarios.files.load import load_scenario
from scenarios.imports.folder import write_imported
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.schema import Scenario

Change = Callable[[Trip], Trip | None]


def imported(feed: Path, folder: Path, **options: Any) -> Scenario:
    """The scenario that an import of route M writes, with the values of the tutorial line."""
    read = read_feed(feed, "M", options.pop("wrap_midnight", False))
    write_imported(folder, line_of_feed(read, "M", **options), None, load_scenario("tutorial_line"))
    return load_scenario(folder)


def line_of(files: Files, folder: Path, **options: Any) -> tuple[Path, Scenario]:
    """The zip of these files, and the scenario of its line."""
    folder.mkdir(parents=True, exist_ok=True)
    feed = feeds.write(folder / "metro.zip", files)
    return feed, imported(feed, folder / "line", **options)


def plan_of(
    scenario: Scenario, change: Change = lambda trip: trip, *more: Trip, mode: Mode = "equal-service"
) -> CheckedPlan:
    """The timetable in force as a plan, each trip changed, or left out where `change` gives None, and more trips."""
    changed = [new for trip in timetable_in_force(scenario).trips if (new := change(trip)) is not None]
    trips = tuple(sorted((*changed, *more), key=lambda trip: (trip.direction != "up", trip.start_s)))
    timetable = Timetable(trips)
    plan = Plan(
        scenario=scenario.name, scenario_hash=scenario.hash, mode=mode, timetable=timetable,
        headways=headway_table(timetable, scenario),
        vehicles=dict.fromkeys(timetable.vehicles, scenario.main_train_type), seed=1, version="1",
    )  # fmt: skip
    written = WrittenPlan(plan, scenario, cast(Any, None), 0, FolderState("plan", "as written"))
    return CheckedPlan(written, CheckReport((), ("whole-seconds",)))


def later(trip: Trip, by_s: int) -> Trip:
    """The trip some seconds later."""
    return replace(
        trip,
        arrival_s=tuple(time_s + by_s for time_s in trip.arrival_s),
        departure_s=tuple(time_s + by_s for time_s in trip.departure_s),
    )


def merge(checked: CheckedPlan, feed: Path, target: Path, **options: bool) -> MergedFeed:
    """Merge a plan into a zip, and write the merged zip."""
    merged = merged_feed(checked, feed, **options)
    write_merged(merged, feed, target)
    return merged


def members(path: Path) -> dict[str, bytes]:
    """The files of a zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def times_of(trips: Any) -> dict[str, tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]]:
    """Stations and times by trip; a train has no arrival at its first station and no departure at its last one."""
    return {trip.trip_id: (trip.stations, trip.arrival_s[1:], trip.departure_s[:-1]) for trip in trips}
