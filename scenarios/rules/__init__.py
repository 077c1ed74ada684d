"""What no single field can say: numbered rules between the parts of a scenario, a family a module."""

from scenarios.rules import demand, disturbances, line, origins, service, supply, train
from scenarios.rules.rule import Finding, Rule

FAMILIES = (line, train, supply, service, demand, disturbances, origins)

RULES: tuple[Rule, ...] = tuple(item for family in FAMILIES for item in family.RULES)
"""All rules in order of their numbers."""

__all__ = ["RULES", "Finding", "Rule"]
