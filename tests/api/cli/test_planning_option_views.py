"""Command line, HTTP, jobs and experiments offer the planning options of the planner's list, no more and no fewer."""

import inspect
from dataclasses import fields

import pytest
import typer
from pydantic import ValidationError
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.plan import plan
from api.http.models import PlanOrderModel
from api.jobs.plan_order import PlanOrder
from dispatch.planner.options import EFFORTS, OPTIONS
from simulation.experiment import PlanRequest

NAMES = {option.name for option in OPTIONS}


def test_every_view_has_every_option() -> None:
    offered = inspect.signature(plan).parameters
    assert set(offered) >= NAMES
    assert set(PlanOrderModel.model_fields) == NAMES | {
        "scenario", "version", "overrides", "replications", "fleet_versions",
    }  # fmt: skip
    assert {field.name for field in fields(PlanOrder)} == set(PlanOrderModel.model_fields)
    plain = {option.name for option in OPTIONS if not option.is_document}
    assert plain <= {field.name for field in fields(PlanRequest)}


def test_help_and_open_api_have_the_flag_the_words_and_the_limits_of_the_list() -> None:
    command = typer.main.get_command(app).commands["plan"]  # type: ignore[attr-defined]
    flags = {flag: one for one in command.params for flag in one.opts}
    schema = PlanOrderModel.model_json_schema()["properties"]
    for option in OPTIONS:
        assert flags[option.flag].help == option.help
        assert option.help in schema[option.name]["description"]
        if option.least is not None and not option.words:
            assert (flags[option.flag].min, flags[option.flag].max) == (option.least, option.most)


def test_an_order_takes_effort_as_a_step_or_a_number_and_time_as_a_limit() -> None:
    order = PlanOrderModel(scenario="tutorial_line", effort="thorough", time_limit_s=60)  # type: ignore[call-arg]
    assert (order.order().effort, order.order().time_limit_s) == (EFFORTS["thorough"], 60.0)
    plain = PlanOrderModel(scenario="tutorial_line").order()
    assert (plain.effort, plain.time_limit_s) == (1.0, None)
    for effort in ("hard", 0, 1001, float("nan")):
        with pytest.raises(ValidationError):
            PlanOrderModel(scenario="tutorial_line", effort=effort)  # type: ignore[call-arg]


@pytest.mark.parametrize("effort", ["hard", "0", "nan"])
def test_an_effort_that_is_none_is_refused(effort: str) -> None:
    answer = CliRunner().invoke(app, ["plan", "tutorial_line", "--effort", effort])
    assert answer.exit_code == 2
    assert "0.001 to 1000" in " ".join(answer.stderr.replace("│", " ").split())
