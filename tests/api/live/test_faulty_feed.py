"""A feed with gaps, duplicates, late and shuffled messages and a jumping clock: the state is right again soon after."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from live_lines import EIGHT, live_line, rows_of, take, virtual_line

from api.live.live_line import LiveLine, Outcome
from api.live.messages import read_row
from api.live.virtual_rows import event_of
from simulation.virtual_line.live import VirtualLine

FAULTY_S, RIGHT_AFTER_S = 180, 10
Rows = list[dict[str, Any]]
Fault = Callable[[int, Rows, random.Random], list[tuple[int, dict[str, Any]]]]
"""From a second and its rows: at which second each row arrives."""


def duplicated(second: int, rows: Rows, draw: random.Random) -> list[tuple[int, dict[str, Any]]]:
    """Every row arrives once or twice, the second time up to 20 s later."""
    return [(second, row) for row in rows] + [(second + draw.randrange(20), row) for row in rows if draw.random() < 0.5]


def late(second: int, rows: Rows, draw: random.Random) -> list[tuple[int, dict[str, Any]]]:
    """A third of the rows arrives up to 25 s late, and in another order."""
    return [(second + (draw.randrange(25) if draw.random() < 1 / 3 else 0), row) for row in rows]


def gaps(second: int, rows: Rows, draw: random.Random) -> list[tuple[int, dict[str, Any]]]:  # noqa: ARG001
    """Nothing arrives for 90 s; then all of it arrives at once."""
    arrives = EIGHT + 120 if EIGHT + 30 <= second < EIGHT + 120 else second
    return [(arrives, row) for row in rows]


def lost(second: int, rows: Rows, draw: random.Random) -> list[tuple[int, dict[str, Any]]]:
    """A tenth of the records and meters is lost; no event."""
    return [(second, row) for row in rows if row["kind"] not in ("record", "meters") or draw.random() > 0.1]


def begun(line: LiveLine, virtual: VirtualLine) -> None:
    """Take what a control centre saw before."""
    for event in virtual.before:
        line.apply(read_row(event_of(event)), EIGHT, Outcome())
    line.settled_s = EIGHT


def belief(line: LiveLine) -> dict[str, tuple[Any, ...]]:
    """What a line believes of its trains."""
    return {
        name: (one.trip.trip_id, one.stop, one.event, one.at_s, round(one.lateness_s, 3))
        for name, one in line.tracker.trains.items()
    }


@pytest.mark.parametrize(("fault", "energy_share"), [(duplicated, 0.01), (late, 0.15), (gaps, 0.03), (lost, 0.01)])
def test_the_state_is_that_of_a_sound_feed_ten_seconds_later(fault: Fault, energy_share: float) -> None:
    virtual, sound, faulty, draw = virtual_line(), live_line("track"), live_line("track"), random.Random(1)
    begun(sound, virtual)
    begun(faulty, virtual)
    on_the_way: dict[int, Rows] = {}
    count = 0
    for _ in range(FAULTY_S + 25 + RIGHT_AFTER_S):
        second = virtual.second()
        rows, now = rows_of(second), second.time_s
        count += len(rows)
        take(sound, rows, now)
        arrivals = fault(now, rows, draw) if now < EIGHT + FAULTY_S else [(now, row) for row in rows]
        for arrives, row in arrivals:
            on_the_way.setdefault(arrives, []).append(row)
        arrived = on_the_way.pop(now, [])
        draw.shuffle(arrived)
        take(faulty, arrived, now)
    assert count > 0
    assert not on_the_way
    assert belief(faulty) == belief(sound)
    assert faulty.tracker.departures_s == sound.tracker.departures_s
    assert faulty.settled_s == sound.settled_s
    # A second is settled 2 s after it: a departure that arrives later does not change its power any more.
    assert faulty.account.energy_kwh == pytest.approx(sound.account.energy_kwh, rel=energy_share)


@pytest.mark.parametrize("jump_s", [-30, 40])
def test_a_clock_that_jumps_and_returns_leaves_no_trace(jump_s: int) -> None:
    virtual, sound, faulty = virtual_line(), live_line(), live_line()
    begun(sound, virtual)
    begun(faulty, virtual)
    for k in range(120 + RIGHT_AFTER_S):
        second = virtual.second()
        take(sound, rows_of(second), second.time_s)
        take(faulty, rows_of(second), second.time_s + (jump_s if 60 <= k < 90 else 0))
    assert belief(faulty) == belief(sound)
    assert faulty.tracker.departures_s == sound.tracker.departures_s
