"""The regulators of the timetables of simulated days, from the names of controllers."""

from collections.abc import Mapping

from dispatch.regulation.controllers import regulators_named
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.regulator import RegulatorFactory
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.judging.judge_plan import IN_FORCE, PLAN


def controllers_of(
    controller: ControllerName, baseline_controller: ControllerName, has_plan: bool
) -> dict[str, ControllerName]:
    """The controller of each timetable by name; without a plan, `controller` regulates today's timetable."""
    return {IN_FORCE: baseline_controller, PLAN: controller} if has_plan else {IN_FORCE: controller}


def regulators_of(
    controllers: Mapping[str, ControllerName], scenario: Scenario, stock: RollingStock
) -> dict[str, RegulatorFactory]:
    """The regulators of timetables by name, from the controllers by the same names; `none` has no entry."""
    made = {one: regulators_named(one, scenario, stock) for one in set(controllers.values())}
    return {name: factory for name, one in controllers.items() if (factory := made[one]) is not None}
