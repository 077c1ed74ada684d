"""The version in all outputs."""

from importlib.metadata import version


def headwatt_version() -> str:
    """Version of the installed distribution, as in its metadata."""
    return version("headwatt")
