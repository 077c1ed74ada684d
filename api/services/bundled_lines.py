"""`python -m api.services.bundled_lines`: register the bundled scenarios and import an earlier folder of jobs.

The process that answers requests loads no scenario; this process does it, when the version of Headwatt has changed. The
address of the database and the data folder are the first two lines of its input.
"""

import sys
from pathlib import Path

from api.jobs.scenario_archive import name_fault
from api.services.folder_store import import_folder_store
from api.services.lines import REGISTERED, bundled_fingerprint
from api.state import lines as rows
from api.state.database import Database, now
from api.state.files import FileStore, name_files
from scenarios.files.load import bundled, find, load_scenario, override_names


def register_bundled(database: Database, store: FileStore) -> None:
    """Store name, size, overrides and files of each bundled scenario."""
    found = []
    for name in bundled():
        scenario = load_scenario(name)
        folder = find(name)[0].parent
        files = {file.name: store.put(file) for file in sorted(folder.iterdir()) if name_fault(file.name) is None}
        facts = rows.ScenarioFacts(
            line_id=name,
            title=scenario.title,
            length_km=round(scenario.length_m / 1000.0, 3),
            stations=len(scenario.stations),
            overrides=tuple(override_names(name)),
            scenario_hash=scenario.hash,
        )
        found.append((facts, files))
    with database.writing() as session:
        for facts, files in found:
            name_files(session, store, files.values())
            rows.register_scenario(session, facts, "bundled", "headwatt", files)
        rows.change_setting(session, REGISTERED, bundled_fingerprint(), "headwatt")


def main() -> None:
    """Register and import, and print a report of the import."""
    database = Database(sys.stdin.readline().strip())
    data = Path(sys.stdin.readline().strip())
    register_bundled(database, FileStore(data))
    old = data / "jobs"
    with database.reading() as session:
        is_imported = rows.setting(session, "folder_store_imported") is not None
    if old.is_dir() and not is_imported:
        for line in import_folder_store(database, data, old):
            print(line)
        with database.writing() as session:
            rows.change_setting(session, "folder_store_imported", now().isoformat(), "headwatt")
    database.close()


if __name__ == "__main__":
    main()
