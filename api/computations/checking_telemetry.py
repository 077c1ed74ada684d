"""The telemetry of a line by vehicle and day, with what is wrong with it and what is in quarantine, as a document."""

from collections.abc import Callable, Collection
from typing import Any

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.findings.assess import DayStatus, assess
from energy_models.telemetry.store.query import quarantine_reasons, stored_lines
from energy_models.telemetry.store.store import TelemetryStore

MOST_REASONS = 50
"""Reasons of the quarantine that a document lists, the most frequent first."""

Progress = Callable[[str, float], None]


def day_document(one: DayStatus) -> dict[str, Any]:
    """The status of a vehicle on a day as a JSON object."""
    return {
        "vehicle": one.vehicle,
        "day": one.day,
        "rows": one.rows,
        "flagged": one.flagged,
        "hours": round(one.hours, 4),
        "missing_share": round(one.missing_share, 5),
        "step_s": one.step_s,
        "signals": list(one.signals),
        "is_clock_compared": one.has_fleet_clock,
        "findings": [
            {"kind": f.kind, "signal": f.signal, "since_ms": f.since_ms, "amount": f.amount, "unit": f.unit,
             "detail": f.detail, "words": str(f)}
            for f in one.findings
        ],
    }  # fmt: skip


def checked_telemetry(store: TelemetryStore, line: str, progress: Progress) -> dict[str, Any]:
    """Every vehicle and day of a line of the store, and its quarantine by reason."""
    days = [day_document(one) for one in assess(store, line, progress=progress)]
    reasons = quarantine_reasons(store, line)
    kept = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:MOST_REASONS]
    return {
        "telemetry_line": line,
        "rows": sum(one["rows"] for one in days),
        "quarantine": {"rows": sum(reasons.values()), "reasons": dict(kept)},
        "days": days,
    }


def line_of_store(store: TelemetryStore, wanted: str | None, scenario: str, others: Collection[str] = ()) -> str:
    """The line of the store for an order about a line.

    By default the one with the name of the scenario, otherwise the only one of the store, unless this is the name of
    one of the other lines. Raises `InputFaults` if the line is unknown, or if it is not clear.
    """
    known = stored_lines(store)
    if wanted is None:
        only = [one for one in known if one not in others]
        wanted = scenario if scenario in known else only[0] if len(known) == len(only) == 1 else None
    if wanted in known:
        return wanted
    allowed = f"one of {', '.join(known)}" if known else "a line with rows; the store is empty"
    raise InputFaults([Fault("", "", "telemetry_line", wanted or "missing", allowed)])
