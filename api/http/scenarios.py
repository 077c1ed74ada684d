"""`/v1/scenarios`: the lines for planning."""

from functools import lru_cache

from fastapi import APIRouter

from api.http.models import ScenarioListModel, ScenarioModel
from scenarios.files.load import bundled, load_scenario, override_names

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])


@router.get("", summary="List the scenarios")
def list_scenarios() -> ScenarioListModel:
    """Every bundled scenario with its size and its named overrides."""
    return ScenarioListModel(scenarios=[_summary(name) for name in bundled()])


@lru_cache
def _summary(name: str) -> ScenarioModel:
    scenario = load_scenario(name)
    return ScenarioModel(
        name=name,
        title=scenario.title,
        length_km=round(scenario.length_m / 1000.0, 3),
        stations=len(scenario.stations),
        overrides=list(override_names(name)),
        hash=scenario.hash,
    )
