"""What the live line believes against what the simulation knows: positions, lateness, energy by substation, advice."""

from collections.abc import Mapping

import pytest
from live_lines import EIGHT, live_line, rows_of, take, virtual_line

from api.live.live_line import Outcome
from api.live.messages import read_row
from api.live.snapshot import snapshot
from api.live.virtual_rows import event_of
from simulation.virtual_line.outside_centre import Command

POSITION_M = 30.0
"""A record is at most one second old: 22 m at 80 km/h, and rounding."""
ENERGY_SHARE = 0.02
SUBSTATION_SHARE = 0.03


@pytest.mark.parametrize("minutes", [5, pytest.param(60, marks=pytest.mark.many_cases)])
def test_beliefs_agree_with_the_simulation(minutes: int) -> None:
    virtual, live = virtual_line(delay_s=2.0), live_line("track")
    before = Outcome()
    for event in virtual.before:
        live.apply(read_row(event_of(event)), EIGHT, before)
    live.settled_s = EIGHT
    known: dict[int, Mapping[str, float]] = {}
    lateness_s: dict[str, float] = {}
    for _ in range(60 * minutes):
        second = virtual.second()
        outcome = take(live, rows_of(second), second.time_s)
        for advice in outcome.advice:
            one = advice.advice
            if advice.is_open:
                command = Command(one.trip_id, one.stop, one.departs_s, one.running_time_s, second.time_s)
                virtual.centre.command(command)
        for event in second.events:
            trip = live.plan.trips[event.trip_id]
            times_s = trip.arrival_s if event.event == "arrived" else trip.departure_s
            lateness_s[event.vehicle] = event.time_s - times_s[event.stop]
        known[second.time_s] = second.true_substation_w
        if second.time_s % 20 == 0:
            trains = {one["train_id"]: one for one in snapshot(live, second.time_s)["trains"]}
            for name, at_m in second.true_positions_m.items():
                assert abs(trains[name]["chainage_m"] - at_m) <= POSITION_M
    for name, late_s in lateness_s.items():
        assert live.tracker.trains[name].lateness_s == pytest.approx(late_s, abs=0.01)
    account = live.account
    assert (account.began_s, account.until_s) == (EIGHT, EIGHT + 60 * minutes - live.lag_s)
    settled = [power_w for time_s, power_w in known.items() if time_s <= EIGHT + 60 * minutes - live.lag_s]
    known_kwh = {name: sum(power_w[name] for power_w in settled) / 3.6e6 for name in virtual.substations}
    total_kwh = sum(known_kwh.values())
    assert account.energy_kwh == pytest.approx(total_kwh, rel=ENERGY_SHARE)
    for name, modelled_kwh in zip(account.substations, account.substation_kwh, strict=True):
        assert modelled_kwh == pytest.approx(known_kwh[name], rel=SUBSTATION_SHARE)
    assert live.tracker.refused.total() == 0
    assert live.advising.followed >= 0.7 * (live.advising.given - len(live.tracker.trains)) > 0


def test_messages_of_minutes_that_arrive_at_once_give_the_same_energy() -> None:
    """A process that was stopped for a while, or a network that was gone."""
    found = []
    for together_s in (1, 150):
        virtual, live = virtual_line(), live_line()
        before = Outcome()
        for event in virtual.before:
            live.apply(read_row(event_of(event)), EIGHT, before)
        live.settled_s = EIGHT
        waiting = []
        for _ in range(300):
            second = virtual.second()
            waiting += rows_of(second)
            if second.time_s % together_s == 0:
                take(live, waiting, second.time_s)
                waiting = []
        assert (live.account.began_s, live.account.until_s) == (EIGHT, EIGHT + 300 - live.lag_s)
        found.append(live.account.energy_kwh)
    assert found[1] == pytest.approx(found[0], rel=0.005)
