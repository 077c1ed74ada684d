"""The version in all outputs."""

from functools import cache
from importlib.metadata import version


@cache
def headwatt_version() -> str:
    """Version of the installed distribution, as in its metadata."""
    return version("headwatt")
