"""The formats of an export, and the words of a feed that stand for what nobody gave."""

from enum import StrEnum

NO_TIMEZONE = "Etc/UTC"
NO_URL = "https://example.org"


class Format(StrEnum):
    """The formats of an export."""

    GTFS = "gtfs"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
