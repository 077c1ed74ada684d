"""Mappings for tests: the project's own columns, with a service day that is given."""

from energy_models.telemetry.columns import COLUMN_NAMES
from energy_models.telemetry.mapping.read import mapping_of
from energy_models.telemetry.mapping.values import RecorderMapping
from energy_models.telemetry.signals import SIGNALS


def own_mapping(day: str = "2026-11-30", *, zone: str = "Asia/Shanghai", source: str = "own") -> RecorderMapping:
    """The mapping of files in the project's own columns."""
    return mapping_of(own_mapping_text(day, zone=zone, source=source).encode(), "own.yaml")


def own_mapping_text(day: str = "2026-11-30", *, zone: str = "Asia/Shanghai", source: str = "own") -> str:
    """The text of that mapping."""
    signals = "\n".join(
        f"  {name}: {{column: {name}{', unit: ' + SIGNALS[name].unit if SIGNALS[name].unit else ''}}}"
        for name in COLUMN_NAMES
        if name in SIGNALS
    )
    return (
        f"format: telemetry-mapping-1\nsource: {source}\nline: test_line\n"
        f"clock: {{column: time_s, form: service_day_s, zone: {zone}, day: {{value: '{day}'}}}}\n"
        f"vehicle: {{column: vehicle}}\nsignals:\n{signals}\n"
    )
