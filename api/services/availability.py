"""The error of a database that does not answer, for the rooms that do not see the state."""

from api.state.database import DatabaseUnavailableError

__all__ = ("DatabaseUnavailableError",)
