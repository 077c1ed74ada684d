"""The snapshot of a live line: one JSON object with everything that a control room shows."""

import math
from typing import Any

from api.live.belief import TrainBelief
from api.live.live_line import LiveLine
from api.live.power import place_m


def snapshot(line: LiveLine, now_s: float) -> dict[str, Any]:
    """Trains, substations, energy, advice, alarms and feeds of a line at a moment."""
    plan, account = line.plan, line.account
    newest = account.newest
    power_kw = substation_kw = None
    lowest_v = lowest_m = used_kw = burnt_kw = None
    if newest is not None and len(newest.times_s):
        power_kw, substation_kw = float(newest.power_kw[-1]), newest.substation_kw[-1]
        used_kw, burnt_kw = float(newest.braking_used_kw[-1]), float(newest.braking_burnt_kw[-1])
        if math.isfinite(newest.lowest_v[-1]):
            lowest_v, lowest_m = float(newest.lowest_v[-1]), float(newest.lowest_at_m[-1])
    means_kw = account.substation_mean_15min_kw
    names = {one.name: one for one in plan.line.network.substations}
    shows_meters = not any(feed.name == "substation meters" and feed.is_stale(now_s) for feed in line.feeds())
    return {
        "line_id": plan.scenario.name,
        "line_name": plan.scenario.title or plan.scenario.name,
        "time_s": round(now_s, 2),
        "controller": line.advising.controller,
        "plan": None
        if plan.facts is None
        else {
            "id": plan.facts.plan_id, "version": plan.facts.version, "approved_by": plan.facts.approved_by,
            "active_from": plan.facts.active_from,
        },
        "feeds": [
            {
                "name": feed.name, "age_s": _rounded(feed.age_s(now_s)), "period_s": feed.period_s,
                "is_stale": feed.is_stale(now_s),
            }
            for feed in line.feeds()
        ],
        "trains": [*_trains(line, now_s), *_missing(line, now_s)],
        "substations": [
            {
                "substation_id": name, "name": name, "chainage_m": names[name].chainage_m,
                "model_kw": None if substation_kw is None else _rounded(float(substation_kw[column])),
                "meter_kw": _rounded(line.meters_kw.get(name)) if shows_meters else None,
                "limit_kw": plan.rated_kw.get(name), "mean_15min_kw": _rounded(float(means_kw[column])),
                "is_out": name in line.out,
            }
            for column, name in enumerate(account.substations)
        ],
        "energy": {
            "power_kw": _rounded(power_kw), "mean_15min_kw": _rounded(account.mean_15min_kw),
            "contract_kw": plan.contract_kw, "minutes_left": _rounded(account.minutes_left()),
            "energy_kwh": _rounded(account.energy_kwh), "planned_energy_kwh": _rounded(account.planned_kwh()),
            "baseline_energy_kwh": _rounded(account.baseline_kwh()), "saving_kwh": _rounded(account.saving_kwh()),
            "is_modelled": True, "since_s": account.began_s, "until_s": account.until_s,
            "braking_used_kw": _rounded(used_kw), "braking_burnt_kw": _rounded(burnt_kw),
            "braking_used_kwh": _rounded(account.braking_used_kwh),
            "braking_burnt_kwh": _rounded(account.braking_burnt_kwh),
            "lowest_voltage_v": _rounded(lowest_v), "lowest_voltage_at_m": _rounded(lowest_m),
            "advice_given": line.advising.given, "advice_followed": line.advising.followed,
        },
        "advice": [one.row() for one in sorted(line.advising.advice.values(), key=lambda one: one.advice.departs_s)],
        "alarms": [one.row() for one in line.alarms.lines()],
        "advising": {
            "is_on": line.advising.is_on, "off_trains": sorted(line.advising.off_trains),
            "silent_because": line.advising.silent_because,
        },
        "refused": dict(line.tracker.refused),
    }  # fmt: skip


def timetable_rows(line: LiveLine) -> dict[str, Any]:
    """Stations, and the trips of the timetable in operation and of today's timetable."""
    plan = line.plan
    stations = plan.scenario.stations_in_order("up")

    def rows(timetable: Any) -> list[dict[str, Any]]:
        return [
            {
                "trip_id": trip.trip_id, "direction": trip.direction, "duty": trip.vehicle or trip.trip_id,
                "stops": [
                    [plan.station_index[name], arrival_s, departure_s]
                    for name, arrival_s, departure_s in zip(
                        trip.stations, trip.arrival_s, trip.departure_s, strict=True
                    )
                ],
            }
            for trip in timetable.trips
        ]  # fmt: skip

    return {
        "stations": [
            {"station_id": one.id, "name": one.name or one.id, "chainage_m": float(one.chainage_m)} for one in stations
        ],
        "restrictions": [
            {
                "kind": "speed",
                "from_m": float(one.from_m),
                "to_m": float(one.to_m),
                "from_s": float(one.from_s),
                "to_s": float(one.to_s),
                "limit_kmh": float(one.limit_kmh),
                "direction": one.direction,
            }
            for one in plan.scenario.disturbances.speed_limits
        ],
        "trips": rows(plan.timetable),
        "today": None if plan.today is None else rows(plan.today),
    }


def _trains(line: LiveLine, now_s: float) -> list[dict[str, Any]]:
    plan, tracker = line.plan, line.tracker
    advised = {one.train_id for one in line.advising.advice.values() if one.is_open}
    found = []
    for belief in sorted(tracker.trains.values(), key=lambda one: one.train_id):
        following = tracker.following(belief)
        at_m, speed_m_s = place_m(plan, belief, now_s)
        headway = tracker.headway_s(belief.trip.trip_id, belief.stop if not belief.is_at_end else belief.stop - 1)
        is_running = belief.event == "departed"
        next_stop = belief.stop + 1 if is_running else None
        late_s = belief.late_now_s(now_s, following)
        train = plan.line.train_of(belief.trip.vehicle)
        found.append(
            {
                "train_id": belief.train_id, "vehicle": belief.train_id, "trip_id": belief.trip.trip_id,
                "direction": belief.trip.direction, "chainage_m": round(at_m, 1),
                "speed_km_h": round(speed_m_s * 3.6, 1), "state": _state(line, belief, now_s),
                "last_event": {
                    "kind": belief.event, "station_id": belief.trip.stations[belief.stop],
                    "time_s": round(belief.at_s, 1),
                },
                "age_s": round(max(0.0, now_s - belief.seen_s), 1), "lateness_s": round(late_s, 1),
                "headway_ahead_s": None if headway is None else round(headway[0], 1),
                "planned_headway_s": None if headway is None else headway[1],
                "load": round(belief.passengers), "capacity": train.capacity_normal,
                "next_station_id": None if next_stop is None else belief.trip.stations[next_stop],
                "power_kw": _rounded(line.train_kw.get(belief.train_id)),
                "running_time_s": belief.run.running_time_s if is_running and belief.run is not None else None,
                "is_advised": belief.train_id in advised,
            }
        )  # fmt: skip
    return found


def _missing(line: LiveLine, now_s: float) -> list[dict[str, Any]]:
    plan = line.plan
    return [
        {
            "train_id": name, "vehicle": name, "trip_id": trip.trip_id, "direction": trip.direction,
            "chainage_m": plan.chainage_m[trip.stations[0]], "speed_km_h": 0.0, "state": "missing",
            "last_event": None, "age_s": None, "lateness_s": round(now_s - trip.start_s, 1),
            "headway_ahead_s": None, "planned_headway_s": None, "load": None,
            "capacity": plan.line.train_of(trip.vehicle).capacity_normal, "next_station_id": None, "power_kw": None,
            "running_time_s": None, "is_advised": False,
        }
        for name, trip in line.tracker.missing(now_s)
    ]  # fmt: skip


def _state(line: LiveLine, belief: TrainBelief, now_s: float) -> str:
    if belief.is_unknown:
        return "unknown"
    if line.tracker.is_overdue(belief, now_s):
        return "missing"
    if belief.event == "departed":
        return "running"
    if not belief.is_at_end:
        return "standing"
    following = line.tracker.following(belief)
    is_kept = following is not None and following.start_s - belief.at_s <= line.plan.scenario.operation.powered_stand_s
    return "turning" if is_kept else "stabled"


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 2)
