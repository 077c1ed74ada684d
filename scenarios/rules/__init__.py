"""Numbered rules between the fields of a scenario; one module per family of rules."""

from scenarios.rules import (
    calls,
    demand,
    demand_forms,
    disturbances,
    line,
    operation,
    origins,
    plausible,
    service,
    supply,
    train,
)
from scenarios.rules.rule import Finding, Rule

FAMILIES = (
    line, train, supply, service, calls, operation, demand, demand_forms, disturbances, origins, plausible,
)  # fmt: skip

RULES: tuple[Rule, ...] = tuple(item for family in FAMILIES for item in family.RULES)
"""All rules in order of their numbers."""

__all__ = ["RULES", "Finding", "Rule"]
