"""The regulators of the timetables of a command with simulated days."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch.regulation.interface.regulator import ControllerName, RegulatorFactory
    from scenarios.schema import Scenario
    from scenarios.values.rolling_stock import RollingStock


def controllers_of(
    controller: "ControllerName", baseline_controller: "ControllerName", has_plan: bool
) -> "dict[str, ControllerName]":
    """The controller of each timetable by name; without a plan, `controller` regulates today's timetable."""
    from simulation.judging.judge_plan import IN_FORCE, PLAN  # noqa: PLC0415 - imports the physics

    return {IN_FORCE: baseline_controller, PLAN: controller} if has_plan else {IN_FORCE: controller}


def regulators_of(
    controllers: "Mapping[str, ControllerName]", scenario: "Scenario", stock: "RollingStock"
) -> "dict[str, RegulatorFactory]":
    """The regulators of timetables by name, from the controllers by the same names; `none` has no entry."""
    from dispatch.regulation.controllers import regulators_named  # noqa: PLC0415 - imports the physics

    made = {one: regulators_named(one, scenario, stock) for one in set(controllers.values())}
    return {name: factory for name, one in controllers.items() if (factory := made[one]) is not None}
