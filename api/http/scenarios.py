"""`/v1/scenarios`: the lines that can be planned."""

from functools import lru_cache

from fastapi import APIRouter

from api.http.models import ScenarioListModel, ScenarioModel
from scenarios.load import bundled, load_scenario

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])


@router.get("", summary="List the scenarios")
def list_scenarios() -> ScenarioListModel:
    """Every bundled scenario with its size and its named overrides."""
    return ScenarioListModel(scenarios=[_summary(name) for name in bundled()])


@lru_cache
def _summary(name: str) -> ScenarioModel:
    scenario = load_scenario(name)
    chainages_m = [station.chainage_m for station in scenario.stations]
    return ScenarioModel(
        name=name,
        title=scenario.title,
        length_km=round((max(chainages_m) - min(chainages_m)) / 1000, 3),
        stations=len(chainages_m),
        overrides=sorted(scenario.overrides),
        hash=scenario.hash,
    )
