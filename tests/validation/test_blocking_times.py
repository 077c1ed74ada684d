"""The least headway that the simulated signalling allows, beside blocking-time theory.

Happel 1959 (Sperrzeiten als Grundlage der Fahrplankonstruktion, Eisenbahntechnische Rundschau); UIC Code 406, 2nd
edition 2013; applied for instance by Wang, Nie and Tan 2020 (Energies 13, Evaluating Line Capacity): a stretch of track
is taken by a train from the moment when it must have the way clear to keep its speed until its rear has left it and the
next train knows. With speed v, braking rate b, train length L, margin m, reaction r:

- on the open line at v, moving block: r + (v²/2b + m + L) / v; fixed blocks of length B: B / v more;
- at a platform (moving block), dwell d, acceleration a: from the begin of braking to the stop v/b, the dwell, the time
  in which the rear clears the platform and the margin, and the reaction. A way w from standstill takes sqrt(2 w / a),
  beyond v²/2a it takes v/a and (w - v²/2a) / v.
"""

import numpy as np
import pytest
from long_railway import LENGTH_M, MARGIN_M, RATE, REACTION_S, SECTION_M, SPEED, two_trains
from small_railway import blocks, moving_block

from energy_models.movement.following import Ahead, Authority, Obstacle, first_restriction
from energy_models.movement.following import Path as Motion
from simulation.railway.signalling import Signalling


def least_headway_s(signalling: Signalling, section: int, dwell_s: int = 40) -> float:
    """The least headway at which the second train loses nothing in a section, by bisection to 0.05 s."""
    low, high = 10.0, 400.0
    while high - low > 0.05:
        middle = 0.5 * (low + high)
        hindered = two_trains(middle, signalling, dwell_s)[1].delayed_profiles
        if hindered[section] is None and (section == 0 or hindered[0] is None):
            high = middle
        else:
            low = middle
    return high


def clearing_s(way_m: float) -> float:
    """Time from standstill over a way, at 1 m/s² up to the cruising speed."""
    ramp_m = SPEED**2 / (2.0 * RATE)
    return float(np.sqrt(2.0 * way_m / RATE)) if way_m <= ramp_m else SPEED / RATE + (way_m - ramp_m) / SPEED


@pytest.mark.parametrize("dwell_s", [30, 60])
@pytest.mark.parametrize("reaction_s", [0.0, 3.0])
def test_the_least_headway_through_a_station_under_moving_block_is_the_blocking_time(
    dwell_s: int, reaction_s: float
) -> None:
    signalling = moving_block(section_m=SECTION_M, reaction_s=reaction_s)
    expected_s = SPEED / RATE + dwell_s + clearing_s(LENGTH_M + MARGIN_M) + reaction_s
    assert least_headway_s(signalling, 0, dwell_s) == pytest.approx(expected_s, abs=0.2)


def test_the_least_headway_through_a_station_with_fixed_blocks_is_the_blocking_time() -> None:
    # The platform's block from P to E; the stop at S = E - margin. Before P - margin - v²/2b the train needs it clear.
    stop_m, begin_m, end_m, dwell_s = SECTION_M, SECTION_M - 150.0, SECTION_M + MARGIN_M, 40
    borders = [*np.arange(-390.0, begin_m, 390.0), begin_m, end_m, 2.0 * SECTION_M]
    approach_s = (stop_m - begin_m + MARGIN_M) / SPEED
    expected_s = approach_s + SPEED / RATE + dwell_s + clearing_s(end_m - stop_m + LENGTH_M) + REACTION_S
    assert least_headway_s(blocks(borders, section_m=SECTION_M), 0, dwell_s) == pytest.approx(expected_s, abs=0.2)


@pytest.mark.parametrize("block_m", [0.0, 200.0, 500.0])
def test_the_least_headway_on_the_open_line_is_the_blocking_time(block_m: float) -> None:
    # Two trains at constant speed; without blocks (0 m) the block moves with the train ahead.
    borders = np.arange(0.0, 20_000.0, block_m) if block_m else np.zeros(0)
    authority = Authority(RATE, REACTION_S, MARGIN_M, borders)
    time_s = np.arange(0.0, 600.0)
    own = Motion(time_s + 1000.0, SPEED * time_s, np.full(600, SPEED))

    def loses_nothing(headway_s: float) -> bool:
        rear = Motion(own.time_s - headway_s, own.place_m - LENGTH_M, own.speed_m_s)
        far = first_restriction(own, 1000.0, Ahead((Obstacle(rear, float(rear.time_s[-1])),), authority))
        return far.from_s == np.inf

    low, high = 1.0, 200.0
    while high - low > 1e-3:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if loses_nothing(middle) else (middle, high)
    expected_s = REACTION_S + (SPEED**2 / (2.0 * RATE) + MARGIN_M + LENGTH_M + block_m) / SPEED
    # Half a metre is tolerated, and the motion is looked at each second: less than that, and 0.04 s.
    assert expected_s - 1.1 * bool(block_m) - 0.04 <= high <= expected_s + 0.01
