"""The conditions of a line that call for a person, from what is believed now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from api.clock import clock_text
from api.live.alarms import Condition
from api.live.energy import EnergyAccount
from api.live.live_plan import LivePlan
from api.live.tracker import Tracker

BUNCHED_SHARE = 0.5
GAP_SHARE = 1.75
RATING_SHARE = 0.9
METER_SHARE = 0.15
"""Model and meter of a substation differ by more than this share of the larger one (means over 5 minutes)."""
LEAST_COMPARED_KW = 100.0
_AT_ONCE_MIN = 15.0


@dataclass(frozen=True)
class Feed:
    """A source of messages: time of the newest one, and how long it may be silent; None: nothing arrived yet."""

    name: str
    newest_s: float | None
    period_s: float
    is_expected: bool

    def age_s(self, now_s: float) -> float | None:
        """Time since the newest message."""
        return None if self.newest_s is None else max(0.0, now_s - self.newest_s)

    def is_stale(self, now_s: float) -> bool:
        """Whether the feed is silent for more than its period."""
        age_s = self.age_s(now_s)
        return self.is_expected and (age_s is None or age_s > self.period_s)


def conditions(
    plan: LivePlan,
    tracker: Tracker,
    account: EnergyAccount,
    feeds: tuple[Feed, ...],
    metered_kw: Mapping[str, tuple[float, float]],
    drifting: Mapping[str, float],
    now_s: float,
) -> Iterator[Condition]:
    """Every condition that holds now.

    `metered_kw` contains the means of model and meter by substation, `drifting` the share by which a train draws more
    than its model.
    """
    yield from _trains(tracker, now_s)
    yield from _headways(tracker, now_s)
    yield from _energy(plan, account)
    for feed in feeds:
        if feed.is_stale(now_s):
            age_s = feed.age_s(now_s)
            since = "nothing has arrived" if age_s is None else f"the newest message is {age_s:.0f} s old"
            yield Condition(
                "feed stale", feed.name, 1, f"{feed.name}: {since}", "the source, the broker or the network has failed",
                "positions and advice rest on older data; without train events there is no advice",
                "check the source and the broker", feed.name,
            )  # fmt: skip
    for name, (model_kw, meter_kw) in metered_kw.items():
        larger_kw = max(abs(model_kw), abs(meter_kw))
        if larger_kw > LEAST_COMPARED_KW and abs(model_kw - meter_kw) > METER_SHARE * larger_kw:
            yield Condition(
                "model against meter", name, 3, f"{name}: model {model_kw:.0f} kW, meter {meter_kw:.0f} kW (5 minutes)",
                "a substation is out, a meter is wrong, or the models of vehicles or supply do not fit",
                "the modelled energy of this substation is wrong", "compare with the control system of the supply",
                name, delay_s=60.0,
            )  # fmt: skip
    for name, share in drifting.items():
        yield Condition(
            "vehicle drifting", name, 3, f"{name} draws {share:+.0%} against its model",
            "another load, brakes that drag, a wrong recorder, or a model that is too old",
            "its energy is not as modelled", "look at its findings; calibrate the vehicle", name, delay_s=60.0,
        )  # fmt: skip


def as_planned(found: Iterator[Condition], plan: LivePlan, now_s: float) -> Iterator[Condition]:
    """The conditions, with the end of the planned outage that explains those of a substation."""
    outages = plan.scenario.disturbances.substations_out
    ends_s = {one.substation: float(one.to_s) for one in outages if one.from_s <= now_s < one.to_s}
    for one in found:
        planned_s = ends_s.get(one.place) if one.kind == "model against meter" else None
        yield one if planned_s is None else replace(one, planned_until_s=planned_s)


def _trains(tracker: Tracker, now_s: float) -> Iterator[Condition]:
    for name, trip in tracker.missing(now_s):
        yield Condition(
            "train missing", name, 1, f"{name} has not begun trip {trip.trip_id} ({clock_text(trip.start_s)})",
            "the train has not left, another train runs the trip, or its messages do not arrive",
            "a gap in the service; the forecast takes the trip as planned", "ask the depot or the terminal",
            trip.stations[0],
        )  # fmt: skip
    for name, belief in tracker.trains.items():
        place = belief.trip.stations[belief.stop]
        if tracker.is_overdue(belief, now_s):
            yield Condition(
                "train missing", name, 1, f"{name} has sent nothing since {clock_text(belief.seen_s)}",
                "the train stands, or its messages do not arrive", "its position is a forecast only",
                "call the driver", place,
            )  # fmt: skip
        if belief.is_unknown:
            yield Condition(
                "train unknown", name, 2, f"{name} is not a train of the plan; it runs trip {belief.trip.trip_id}",
                "another train was put in, or the train sends a wrong name", "its model is that of the main type",
                "confirm the train in the plan of vehicles", place,
            )  # fmt: skip
        elif belief.is_swapped:
            yield Condition(
                "train swapped", name, 3, f"{name} runs trip {belief.trip.trip_id} of another train",
                "trains were exchanged", "the following trips of both trains may be exchanged as well",
                "confirm the exchange in the plan of vehicles", place,
            )  # fmt: skip


def _headways(tracker: Tracker, now_s: float) -> Iterator[Condition]:
    """Bunching and gaps ahead: the expected headway at the next departure of each train."""
    for name, belief in tracker.trains.items():
        found = tracker.expected_headway_s(belief, now_s)
        if found is None:
            continue
        station, headway_s, planned_s = found
        what = f"{name} will leave {station} {headway_s:.0f} s behind the train ahead (planned {planned_s:.0f} s)"
        if headway_s < BUNCHED_SHARE * planned_s:
            yield Condition(
                "bunching", name, 2, what,
                "the train ahead is late or this train is early", "it will be held by the train ahead; its load is low",
                "hold the train at the next station, or turn it early", station, delay_s=10.0,
            )  # fmt: skip
        elif headway_s > GAP_SHARE * planned_s and headway_s > planned_s + 60.0:
            yield Condition(
                "gap", name, 2, what,
                "this train is late or a trip is missing", "full platforms; longer dwells make the gap larger",
                "hold the train ahead for a part of the gap", station, delay_s=10.0,
            )  # fmt: skip


def _energy(plan: LivePlan, account: EnergyAccount) -> Iterator[Condition]:
    left_min = account.minutes_left()
    if left_min is not None:
        yield Condition(
            "contract peak", "line", 1 if left_min < _AT_ONCE_MIN / 3 else 2,
            f"the quarter of an hour reaches the contract of {plan.contract_kw:.0f} kW in {left_min:.1f} minutes",
            "more trains accelerate together than planned", "a higher demand charge for the month",
            "acknowledge holds; delay departures from terminals", plan.scenario.name, delay_s=20.0,
        )  # fmt: skip
    means_kw = account.substation_mean_15min_kw
    for name, mean_kw in zip(account.substations, means_kw, strict=True):
        rated_kw = plan.rated_kw.get(name)
        if rated_kw is not None and mean_kw > RATING_SHARE * rated_kw:
            yield Condition(
                "substation near limit", name, 1 if mean_kw > rated_kw else 2,
                f"{name} feeds {mean_kw:.0f} kW on average over 15 minutes (rated {rated_kw:.0f} kW)",
                "a neighbouring substation is out, or trains bunch here", "the protection may trip",
                "spread trains; ask for the neighbouring substation", name, delay_s=20.0,
            )  # fmt: skip
