"""Telemetry and settings in the audit log: sums once a minute, and each changed setting."""

from api.services.audit import Audit
from api.services.noted_settings import note_settings
from api.services.telemetry_log import BETWEEN_S, Counts, TelemetryLog
from api.settings.read import read_settings
from api.state.database import Database
from api.state.line_filter import Caller

pytest_plugins = ["state_databases"]


def test_many_batches_give_few_entries_and_no_row_is_lost(database: Database) -> None:
    now_s = [0.0]
    log = TelemetryLog(database, lambda: now_s[0])
    for number in range(1000):
        now_s[0] += BETWEEN_S / 250
        log.received(Caller("recorder", f"request-{number}"), "tcms", Counts(1, 10, 8, 1, 1, 0))
    log.received(Caller("other"), "tcms", Counts(1, 1, 0, 0, 0, 1))
    log.write_all()
    log.write_all()
    entries = [one for one in Audit(database).newest(50) if one.action == "telemetry.received"]
    assert len(entries) <= 7
    own = [one.after or {} for one in entries if one.actor_id == "recorder"]
    assert sum(one["requests"] for one in own) == 1000
    assert sum(one["rows_in"] for one in own) == 10_000
    assert sum(one["stored"] + one["flagged"] + one["duplicates"] + one["quarantined"] for one in own) == 10_000
    assert entries[-1].request_id == "request-0"
    assert Audit(database).verify().fault is None


def test_a_changed_setting_is_an_entry_without_secrets(database: Database) -> None:
    first = {"HEADWATT_DATABASE": "postgresql://planner:hunter2@db/headwatt"}
    second = first | {"HEADWATT_LIMITS_PLANNER_WAITING": "7"}
    for environment in (first, first, second, {}):
        note_settings(database, read_settings(environment=environment).settings)
    entries = [one for one in reversed(Audit(database).newest(10)) if one.action == "settings.changed"]
    assert len(entries) == 3
    assert (entries[1].before, entries[1].after) == (
        {"limits.planner.waiting": "100"}, {"limits.planner.waiting": "7"},
    )  # fmt: skip
    assert entries[2].before == {"database": "set", "limits.planner.waiting": "7"}
    assert "hunter2" not in str(entries)
