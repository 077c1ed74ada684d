"""A line whose vehicles have models and whose telemetry was checked: published as a worker does at the end of jobs."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from own_models import model_of

from api.computations.ranking import ranked_fleet
from api.jobs.fleet_jobs import FLEET
from api.jobs.port import JobKind, Limits, NewJob
from api.jobs.publishing import end
from api.jobs.stored_jobs import StoredJobs
from api.services.ids import new_id
from api.state.database import Database
from api.state.files import FileStore
from api.state.jobs import begin_job
from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import CalibratedVehicle, vehicle_content

LINE = "tutorial_line"
VEHICLES = ("four_car-01", "four_car-02", "four_car-03")
FIRST_DAY = date(2026, 11, 23)
Contents = Mapping[str, Mapping[str, Any]]


def history(days: int = 8) -> dict[str, list[CalibratedVehicle]]:
    """A model a day of three vehicles; the auxiliaries of the third draw 30 % more from the fifth day on."""
    scenario, rng = load_scenario(LINE), np.random.default_rng(0)
    found: dict[str, list[CalibratedVehicle]] = {vehicle: [] for vehicle in VEHICLES}
    for k in range(days):
        day = (FIRST_DAY + timedelta(days=k)).isoformat()
        for number, vehicle in enumerate(VEHICLES):
            more = 1.3 if number == 2 and k >= 4 else 1.0
            factors = {
                "tare_t": 1.0 + 0.02 * number + 0.001 * rng.standard_normal(),
                "resistance_constant_kn": 1.0 + 0.04 * (number - 1) + 0.004 * rng.standard_normal(),
                "auxiliary_kw": more * (1.0 + 0.003 * rng.standard_normal()),
            }
            found[vehicle].append(model_of(scenario, vehicle, factors, day))
    return found


def checked_days(days: int = 8) -> list[dict[str, Any]]:
    """The telemetry of the vehicles: one day without rows, one with gaps, one with a stuck signal."""
    found = []
    for vehicle in VEHICLES:
        for k in range(days):
            day = (FIRST_DAY + timedelta(days=k)).isoformat()
            if (vehicle, k) == (VEHICLES[0], 2):
                continue
            finding = {"kind": "stuck", "signal": "voltage_v", "since_ms": 1_795_900_000_000, "amount": 420.0,
                       "unit": "s", "detail": "at 775", "words": "voltage_v: does not change, 420 s"}  # fmt: skip
            found.append(
                {"vehicle": vehicle, "day": day, "rows": 61_200, "flagged": 5, "hours": 17.0, "step_s": 1.0,
                 "missing_share": 0.12 if (vehicle, k) == (VEHICLES[2], 6) else 0.004,
                 "signals": ["speed_m_s", "voltage_v"], "is_clock_compared": True,
                 "findings": [finding] if (vehicle, k) == (VEHICLES[1], 5) else []}
            )  # fmt: skip
    return found


def publish_models(database: Database, data: Path, models: Mapping[str, list[CalibratedVehicle]]) -> str:
    """End a calibration that made these models; returns its job."""
    report = {**ranked_fleet(load_scenario(LINE), models), "refused": [
        {"vehicle": VEHICLES[1], "day": "2026-11-28", "reasons": ["voltage_v: 420 s without a change"]}
    ]}  # fmt: skip
    every = [vehicle_content(one) for days in models.values() for one in days]
    facts = {"models": len(every), "refused": 1, "findings": len(report["changes"])}
    return publish(
        database, data, "calibrate", {FLEET: {"models": every, "report": report}, "result.json": report}, facts
    )


def publish_check(database: Database, data: Path, days: list[dict[str, Any]]) -> str:
    """End a check of telemetry that found these days; returns its job."""
    document = {
        "telemetry_line": LINE, "rows": sum(one["rows"] for one in days),
        "quarantine": {"rows": 40, "reasons": {"vehicle is blank": 40}}, "days": days,
    }  # fmt: skip
    facts = {"rows": document["rows"], "vehicle_days": len(days), "findings": 1, "quarantined": 40}
    return publish(database, data, "check-telemetry", {"result.json": document}, facts)


def publish(database: Database, data: Path, kind: JobKind, contents: Contents, facts: Mapping[str, Any]) -> str:
    """End a job with files of these contents."""
    store, made = FileStore(data), {}
    for name, content in contents.items():
        file = data / f"made-{name}"
        file.write_text(json.dumps(content), encoding="utf-8")
        made[name] = store.put(file)
    job_id = new_id()
    with database.writing() as session:
        StoredJobs().submit(session, NewJob(job_id, kind, "ada", {"scenario": LINE}, "long", LINE), Limits())
        assert begin_job(session, job_id, "a test") is not None
    outcome = {"status": "succeeded", "problem": None, "result": {"facts": dict(facts), "files": made}}
    with database.writing() as session:
        assert end(session, store, job_id, outcome)
    return job_id
