"""The rules that a finished plan must keep: one function per rule, each with its sentence, without code of a solver.

The import of this package registers every rule; `registered()` lists the rules in the order of the checks.
"""

from dispatch.checker.case import CheckCase
from dispatch.checker.rules import equal_service as equal_service
from dispatch.checker.rules import fixes as fixes
from dispatch.checker.rules import form as form
from dispatch.checker.rules import grids as grids
from dispatch.checker.rules import running as running
from dispatch.checker.rules import service as service
from dispatch.checker.rules import spacing as spacing
from dispatch.checker.rules import vehicles as vehicles
from dispatch.checker.violation import Rule, Violation, registered

__all__ = ["CheckCase", "Rule", "Violation", "registered"]
