"""The check of orders loads each version of a scenario once, and the version that the job will compute."""

from pathlib import Path

from prepared_data import prepared_data

from api.jobs.plan_order import PlanOrder
from api.services.check_process import kept_scenarios
from api.services.installation import open_installation
from api.state.lines import ScenarioFacts, register_scenario
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario

LINE = "tutorial_line"


def test_a_version_is_loaded_once(tmp_path: Path) -> None:
    installation, scenario = open_installation(prepared_data(tmp_path)), load_scenario(LINE)
    loaded: list[tuple[int | None, tuple[str, ...]]] = []

    def load(order: PlanOrder) -> Scenario:
        loaded.append((order.version, order.overrides))
        return scenario

    kept = kept_scenarios(installation.database, load)
    for seed in range(3):
        assert kept(PlanOrder(LINE, seed=seed)) is scenario
    kept(PlanOrder(LINE, overrides=("summer",)))
    assert loaded == [(None, ()), (None, ("summer",))]
    with installation.database.writing() as session:
        facts = ScenarioFacts(LINE, "Another title", 1.0, 2, (), "another hash")
        number = register_scenario(session, facts, "imported", "ada")
    kept(PlanOrder(LINE))
    kept(PlanOrder(LINE, version=number))
    kept(PlanOrder(LINE, version=1))
    assert loaded[2:] == [(number, ()), (1, ())]
    installation.close()
