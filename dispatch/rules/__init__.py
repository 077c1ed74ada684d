"""The rules that a finished plan must keep: one function a family, each with its sentence, none shared with a solver.

Importing this package enters every rule; `registered()` lists them in the order in which they are checked.
"""

from dispatch.rules import equal_service as equal_service
from dispatch.rules import fixes as fixes
from dispatch.rules import form as form
from dispatch.rules import running as running
from dispatch.rules import service as service
from dispatch.rules import spacing as spacing
from dispatch.rules import vehicles as vehicles
from dispatch.rules.case import Case
from dispatch.rules.violation import Rule, Violation, registered

__all__ = ["Case", "Rule", "Violation", "registered"]
