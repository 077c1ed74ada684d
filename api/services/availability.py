"""What the rooms that do not see the state use of it: the error of a database that does not answer, and the caller."""

from api.state.database import DatabaseUnavailableError
from api.state.line_filter import Caller

__all__ = ("Caller", "DatabaseUnavailableError")
