"""The handover of a shift, and moments of the past: frames, logs and rows, read without the process of the line."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from api.live.frames import extent_s, frame_at
from api.live.history import read_history
from api.live.shift_log import read_entries
from api.problems import ProblemError, ProblemKind
from api.services.live import Live
from api.state.live import plan_changes

SHIFT_S = 8 * 3600.0
CHANGES_SINCE = timedelta(days=14)


def handover(live: Live, line_id: str, from_s: float | None, to_s: float | None, day: date | None) -> dict[str, Any]:
    """What the next shift must know: state now, open alarms, stops, feeds, model against meters, log, plan changes.

    Without times, the eight hours before the newest snapshot. Raises `ProblemError` if the line never ran live.
    """
    now = live.snapshot(line_id)
    place = live.require(line_id)
    until_s = float(now["time_s"]) if to_s is None else to_s
    begin_s = max(0.0, until_s - SHIFT_S) if from_s is None else from_s
    of_day = str(now["day"]) if day is None else day.isoformat()
    history = read_history(place.history / of_day, begin_s, until_s)
    with live.database.reading() as session:
        changes = plan_changes(session, line_id, datetime.now(UTC) - CHANGES_SINCE)
    alarms = [one for one in now["alarms"] if one["status"] != "pending"]
    return {
        "line_id": line_id, "line_name": now["line_name"], "day": of_day, "from_s": begin_s, "to_s": until_s,
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"), "time_s": now["time_s"],
        "is_stale": now["is_stale"], "is_virtual": now["is_virtual"], "speed": now["speed"], "plan": now.get("plan"),
        "controller": now.get("controller"), "alarms": alarms, "advising": now["advising"],
        "missing_trains": [one["train_id"] for one in now.get("trains", ()) if one["state"] in ("missing", "unknown")],
        "feeds": now.get("feeds", []), "delays": now.get("delays", {}), "refused": now.get("refused", {}),
        "substations": _substations(now), "energy": now.get("energy", {}), "service": _punctuality(now),
        "energy_of_shift_kwh": _energy_kwh(history), "log": read_entries(place.history / of_day, begin_s, until_s),
        "plan_changes": changes,
    }  # fmt: skip


def moment(live: Live, line_id: str, time_s: float, day: date | None) -> dict[str, Any]:
    """The kept frame at or before a time, with the days and the times that can be shown.

    Raises `ProblemError` if no frame was kept near this time.
    """
    now = live.snapshot(line_id)
    place = live.require(line_id)
    of_day = str(now["day"]) if day is None else day.isoformat()
    found = frame_at(place.history / of_day, time_s)
    extent = extent_s(place.history / of_day)
    if found is None or extent is None:
        raise ProblemError(ProblemKind.UNKNOWN_PATH, f"No frame of {of_day} was kept before {time_s:.0f} s.")
    days = sorted(path.name for path in place.history.iterdir() if path.is_dir())
    return {"day": of_day, "days": days, "from_s": extent[0], "to_s": extent[1], "snapshot": found}


def _substations(now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Model and meter of each substation over five minutes, and whether it is out."""
    compared: Mapping[str, Sequence[float]] = now.get("compared_kw", {})
    return [
        {
            "substation_id": one["substation_id"], "is_out": one.get("is_out", False),
            "model_kw": round(compared[name][0], 1) if (name := one["substation_id"]) in compared else None,
            "meter_kw": round(compared[name][1], 1) if name in compared else None,
            "limit_kw": one.get("limit_kw"), "mean_15min_kw": one.get("mean_15min_kw"),
        }
        for one in now.get("substations", ())
    ]  # fmt: skip


def _punctuality(now: Mapping[str, Any]) -> dict[str, Any]:
    """Trains now, and how many are late by more than a minute."""
    late = [one["lateness_s"] for one in now.get("trains", ()) if one["lateness_s"] is not None]
    return {"trains": len(late), "late": sum(one > 60.0 for one in late), "most_s": max(late, default=0.0)}


def _energy_kwh(history: Mapping[str, Any]) -> float | None:
    """The modelled energy between the first and the last kept second, in kWh at the DC terminals."""
    times, power = history["times_s"], history["power_kw"]
    if len(times) < 2:
        return None
    kws = (kw * (after - before) for kw, before, after in zip(power, times[:-1], times[1:], strict=False))
    return round(float(sum(kws)) / 3600.0, 1)
