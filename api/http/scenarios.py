"""`/v1/scenarios`: the lines for planning."""

from fastapi import APIRouter

from api.http.models import ScenarioListModel, ScenarioModel
from api.http.service import TheService

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])


@router.get("", summary="List the scenarios")
def list_scenarios(service: TheService) -> ScenarioListModel:
    """The newest scenario of each line with its size and its named overrides."""
    return ScenarioListModel(scenarios=[ScenarioModel.of(line) for line in service.lines.all()])
