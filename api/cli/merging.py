"""Options of `headwatt export` that merge a plan into the feed of its scenario."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from api.plan_files.proof import CheckedPlan


@dataclass(frozen=True)
class Merging:
    """How a plan in a folder is merged into a feed; without a feed, the one that the scenario names is looked for."""

    folder: Path
    feed: Path | None
    frequencies: bool
    force: bool
    difference: bool

    @staticmethod
    def asked(
        folder: Path, into: Path | None, merge: bool, difference: bool, force: bool, frequencies: bool, *, is_gtfs: bool
    ) -> "Merging | None":
        """The options of the user; None for an export without merging. Raises BadParameter for options that do not go
        together."""
        merges = into is not None or merge or difference
        if (merges or force) and not is_gtfs:
            raise typer.BadParameter("--into, --merge, --difference and --force need --format gtfs")
        if force and not merges:
            raise typer.BadParameter("--force needs --into, --merge or --difference")
        return Merging(folder, into, frequencies, force, difference) if merges else None

    @property
    def file_name(self) -> str:
        """The name of the file in the folder of the plan."""
        return "gtfs_difference.zip" if self.difference else "gtfs_merged.zip"

    def write(self, checked: "CheckedPlan", target: Path) -> list[str]:
        """Write the merged feed or the difference; returns notes."""
        from api.export.gtfs_difference import write_difference  # noqa: PLC0415
        from api.export.gtfs_merge import feed_beside, merged_feed, write_merged, zip_of_feed  # noqa: PLC0415

        beside = (self.folder, self.folder.resolve().parent, Path.cwd())
        feed = self.feed or feed_beside(checked.written.scenario, beside)
        if target.resolve() == feed.resolve():
            allowed = "another file than the feed, so that the feed stays as it is"
            raise InputFaults([Fault("", "", "--out", str(target), allowed)])
        with zip_of_feed(feed) as source:
            merged = merged_feed(checked, source, self.frequencies, self.force)
            if self.difference:
                write_difference(merged, target)
            else:
                write_merged(merged, source, target)
        return [merged.summary, *merged.notes]
