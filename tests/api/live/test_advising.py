"""Advice on a live line: a hold is reconsidered while its train waits, and answers have a person and a moment."""

from dataclasses import dataclass, replace

from live_lines import event_row, first_trip, live_plan, take

from api.live.advising import RECONSIDER_S, TOO_LATE_S
from api.live.live_line import LiveLine
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import LineState, ReadyTrain


@dataclass
class Regulator:
    """Holds each train until a time that the test sets."""

    until_s: float
    questions: int = 0

    def advise(self, train: ReadyTrain, line: LineState) -> Advice:
        self.questions += line.known_at_s > 0.0
        departs_s = max(train.now_s, self.until_s)
        return Advice(train.trip.trip_id, train.stop, departs_s, train.own_running_time_s, "energy", 1.0, 5.0)


def waiting_line() -> tuple[LiveLine, Regulator, float]:
    """A line with one train that waits at its second station with a hold of 30 s."""
    trip = first_trip()
    regulator = Regulator(trip.departure_s[1] + 30.0)
    line = LiveLine(live_plan(), regulator, "energy")
    take(line, [event_row(trip, 1, "arrived")], float(trip.arrival_s[1]))
    return line, regulator, float(trip.departure_s[1])


def test_a_hold_is_reconsidered_while_the_train_waits() -> None:
    line, regulator, planned_s = waiting_line()
    (before,) = line.advising.advice.values()
    assert before.row()["hold_until_s"] == planned_s + 30.0
    regulator.until_s = planned_s + 18.0
    outcome = take(line, [], planned_s + RECONSIDER_S)
    assert [one.advice.departs_s for one in outcome.advice] == [planned_s + 18.0]
    regulator.until_s = 0.0
    take(line, [], planned_s + 18.0 - TOO_LATE_S)
    assert [one.advice.departs_s for one in line.advising.advice.values()] == [planned_s + 18.0]


def test_a_hold_that_hardly_changes_is_not_sent_again() -> None:
    line, regulator, planned_s = waiting_line()
    asked, regulator.until_s = regulator.questions, planned_s + 31.0
    outcome = take(line, [], planned_s + RECONSIDER_S)
    assert regulator.questions == asked + 1
    assert outcome.advice == []


def test_answers_and_ends_have_a_person_and_a_moment() -> None:
    line, regulator, planned_s = waiting_line()
    (one,) = line.advising.advice.values()
    assert line.advising.answer(one.advice_id, "acknowledged", None, "ada", planned_s)
    assert line.advising.answer(one.advice_id, "declined", "doors fail", "bo", planned_s + 1.0)
    (declined,) = [each for each in line.advising.take_changes() if each.status == "declined"]
    assert (declined.by, declined.reason, declined.ended_s) == ("bo", "doors fail", planned_s + 1.0)
    assert not line.advising.answer(one.advice_id, "acknowledged", None, "ada", planned_s + 2.0)
    regulator.until_s = planned_s + 60.0
    take(line, [], planned_s + 10.0)
    assert {each.status for each in line.advising.advice.values()} == {"declined"}


def test_advice_that_nobody_follows_expires_and_stopped_trains_get_none() -> None:
    line, _, planned_s = waiting_line()
    line.advising.advice = {
        name: replace(one, advice=replace(one.advice, expires_s=planned_s + 5.0))
        for name, one in line.advising.advice.items()
    }
    outcome = take(line, [], planned_s + 6.0)
    assert [one.status for one in outcome.advice] == ["expired"]
    line, _, planned_s = waiting_line()
    (one,) = line.advising.advice.values()
    line.advising.switch(False, one.train_id, planned_s)
    assert [each.status for each in take(line, [], planned_s + 1.0).advice][-1] == "expired"
    trip = line.plan.trips[one.trip_id]
    take(line, [event_row(trip, 1, "departed"), event_row(trip, 2, "arrived")], float(trip.arrival_s[2]))
    assert all(not each.is_open for each in line.advising.advice.values())
