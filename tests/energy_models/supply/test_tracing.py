"""Who feeds whom: traced currents conserve what is fed and drawn, and mix in proportion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_models.supply.tracing import traced_currents


def test_each_side_feeds_what_comes_from_its_side() -> None:
    """Limiting case: one train between two sources draws from each what each feeds."""
    traced = traced_currents(np.array([0.0, 500.0, 1000.0]), np.array([300.0, -1000.0, 700.0]))
    assert traced[1] == pytest.approx([300.0, 0.0, 700.0])
    assert traced[[0, 2]] == pytest.approx(np.zeros((2, 3)))


def test_what_meets_at_a_place_is_shared_in_proportion() -> None:
    """Sources of 300 A and 100 A on the left: both trains behind them draw three parts to one."""
    traced = traced_currents(np.array([0.0, 10.0, 20.0, 30.0]), np.array([300.0, 100.0, -240.0, -160.0]))
    assert traced[2] == pytest.approx([180.0, 60.0, 0.0, 0.0])
    assert traced[3] == pytest.approx([120.0, 40.0, 0.0, 0.0])


def test_a_near_source_does_not_feed_through_a_train_that_takes_everything() -> None:
    """The current between the two trains is zero: each is fed from its own side alone."""
    traced = traced_currents(np.array([0.0, 10.0, 20.0, 30.0]), np.array([200.0, -200.0, -50.0, 50.0]))
    assert traced[1] == pytest.approx([200.0, 0.0, 0.0, 0.0])
    assert traced[2] == pytest.approx([0.0, 0.0, 0.0, 50.0])


@given(
    st.lists(st.tuples(st.floats(0.0, 2e4), st.floats(-3000.0, 3000.0)), min_size=2, max_size=25),
    st.randoms(use_true_random=False),
)
def test_all_that_is_fed_is_drawn_by_somebody_in_any_order(nodes: list[tuple[float, float]], random: object) -> None:
    place = np.array([node[0] for node in nodes])
    current = np.array([node[1] for node in nodes])
    current -= current.mean()
    traced = traced_currents(place, current)
    assert np.all(traced >= -1e-9)
    assert traced.sum(axis=1) == pytest.approx(np.maximum(-current, 0.0), abs=1e-6)
    assert traced.sum(axis=0) == pytest.approx(np.maximum(current, 0.0), abs=1e-6)
    order = list(range(len(nodes)))
    random.shuffle(order)  # type: ignore[attr-defined]
    if len(set(place)) == len(place):
        shuffled = traced_currents(place[order], current[order])
        assert shuffled == pytest.approx(traced[np.ix_(order, order)], abs=1e-6)
