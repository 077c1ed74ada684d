"""`/v1/scenarios`: the lines for planning."""

from fastapi import APIRouter, Depends

from api.access.roles import Action
from api.http.access import Require
from api.http.models import ScenarioListModel, ScenarioModel
from api.http.service import TheService

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])


@router.get("", summary="List the scenarios", dependencies=[Depends(Require(Action.READ_LINES))])
def list_scenarios(service: TheService) -> ScenarioListModel:
    """The newest scenario of each line with its size and its named overrides."""
    return ScenarioListModel(scenarios=[ScenarioModel.of(line) for line in service.lines.all()])
