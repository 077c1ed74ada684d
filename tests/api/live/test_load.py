"""The plan of a live line from the installation: an uploaded line without a plan."""

import shutil
from pathlib import Path

from prepared_data import prepared_data

from api.live.load import load_live_plan
from api.services.installation import open_installation
from api.state.files import FileStore, name_files
from api.state.lines import ScenarioFacts, register_scenario
from scenarios.files.load import LINES, load_scenario


def test_an_uploaded_line_runs_live_by_its_id(tmp_path: Path) -> None:
    folder = tmp_path / "uploaded"
    shutil.copytree(LINES / "tutorial_line", folder)
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(text.replace("name: tutorial_line", "name: my_line", 1), encoding="utf-8")
    data = prepared_data(tmp_path / "data")
    installation = open_installation(data)
    store = FileStore(data)
    files = {one.name: store.put(one) for one in folder.iterdir() if one.is_file()}
    with installation.database.writing() as session:
        name_files(session, store, files.values())
        register_scenario(session, ScenarioFacts("my_line", "My line", 3.0, 4, (), "1" * 64), "imported", "ada", files)
    plan = load_live_plan("my_line", None, installation.database, data)
    assert plan.scenario.name == "my_line"
    assert load_scenario(plan.scenario_place, ()).name == "my_line"
    installation.close()
