"""The controllers by name, as factories of regulators."""

from dispatch.regulation.energy import EnergyRegulators
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.regulator import RegulatorFactory
from dispatch.regulation.schedule import schedule_regulators
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock


def regulators_named(name: ControllerName, scenario: Scenario, stock: RollingStock) -> RegulatorFactory | None:
    """The factory of a controller for a line with its trains; None for `none`."""
    if name == "none":
        return None
    return EnergyRegulators(scenario, stock) if name == "energy" else schedule_regulators(scenario.operation)[name]
