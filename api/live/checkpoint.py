"""The state of a live line as JSON, from which a restart continues, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from api.live.advising import LiveAdvice
from api.live.alarms import Alarm, Condition
from api.live.belief import BelievedRun, TrainBelief, scheduled_s
from api.live.live_line import LiveLine
from api.live.live_plan import LivePlan
from dispatch.regulation.interface.advice import Advice


def state_of(line: LiveLine) -> dict[str, Any]:
    """What a restart needs of a line."""
    tracker, advising = line.tracker, line.advising
    return {
        "now_s": line.now_s,
        "settled_s": line.settled_s,
        "newest_s": line.newest_s,
        "out": sorted(line.out),
        "trains": [_belief_row(one) for one in tracker.trains.values()],
        "departures": [[trip_id, stop, time_s] for (trip_id, stop), time_s in tracker.departures_s.items()],
        "account": line.account.state(),
        "advising": {
            "is_on": advising.is_on, "off_trains": sorted(advising.off_trains), "given": advising.given,
            "followed": advising.followed, "followed_kwh": advising.followed_kwh,
            "advice": [asdict(one) for one in advising.advice.values()],
        },
        "alarms": [asdict(one) for one in line.alarms.alarms.values()],
    }  # fmt: skip


def restore(line: LiveLine, state: Mapping[str, Any]) -> None:
    """Continue a line from a state. Trains of trips that the plan no longer has are left out."""
    plan = line.plan
    line.now_s, line.settled_s = float(state["now_s"]), state["settled_s"]
    line.newest_s.update(state["newest_s"])
    line.out = set(state["out"])
    for row in state["trains"]:
        belief = _belief_of(plan, row)
        if belief is not None:
            line.tracker.trains[belief.train_id] = belief
    line.tracker.departures_s = {(trip_id, stop): time_s for trip_id, stop, time_s in state["departures"]}
    if len(state["account"]["substation_kwh"]) == len(line.supply.names):
        line.account.restore(state["account"])
    advising, kept = line.advising, state["advising"]
    advising.is_on, advising.off_trains = kept["is_on"], set(kept["off_trains"])
    advising.given, advising.followed, advising.followed_kwh = kept["given"], kept["followed"], kept["followed_kwh"]
    for row in kept["advice"]:
        if row["trip_id"] in plan.trips:
            before = None if row["before"] is None else Advice(**row["before"])
            advising.advice[row["advice_id"]] = LiveAdvice(
                **{**row, "advice": Advice(**row["advice"]), "before": before}
            )
    for row in state["alarms"]:
        condition = Condition(**row["condition"])
        line.alarms.alarms[condition.alarm_id] = Alarm(**{**row, "condition": condition})


def _belief_row(belief: TrainBelief) -> dict[str, Any]:
    run = belief.run
    return {
        "train_id": belief.train_id, "trip_id": belief.trip.trip_id, "event": belief.event, "stop": belief.stop,
        "at_s": belief.at_s, "passengers": belief.passengers, "is_unknown": belief.is_unknown,
        "is_swapped": belief.is_swapped, "seen_s": belief.seen_s,
        "run": None
        if run is None
        else {
            "trip_id": run.trip.trip_id, "stop": run.stop, "departed_s": run.departed_s,
            "running_time_s": run.running_time_s, "passengers": run.passengers, "arrived_s": run.arrived_s,
        },
    }  # fmt: skip


def _belief_of(plan: LivePlan, row: Mapping[str, Any]) -> TrainBelief | None:
    trip, kept = plan.trips.get(row["trip_id"]), row["run"]
    if trip is None or row["stop"] >= len(trip.stations):
        return None
    run = None
    if kept is not None and kept["trip_id"] in plan.trips:
        run = BelievedRun(
            plan.trips[kept["trip_id"]], kept["stop"], kept["departed_s"], kept["running_time_s"], kept["passengers"],
            kept["arrived_s"],
        )  # fmt: skip
    lateness_s = row["at_s"] - scheduled_s(trip, row["stop"], row["event"])
    return TrainBelief(
        row["train_id"], trip, row["event"], row["stop"], row["at_s"], lateness_s, row["passengers"], run,
        is_unknown=row["is_unknown"], is_swapped=row["is_swapped"], seen_s=row["seen_s"],
    )  # fmt: skip
