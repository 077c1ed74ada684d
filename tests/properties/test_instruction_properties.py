"""Instructions: what must hold for every limit, slope, length, load and running time."""

import numpy as np
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from instructed import assert_drives
from sections import metro

from energy_models.driving.flat_out import flat_out
from energy_models.driving.optimal import optimal
from energy_models.driving.switching import switching_points
from energy_models.track import SectionTrack

LIMITS_KMH = st.integers(3, 20).map(lambda step: 5.0 * step)


@st.composite
def tracks(draw: st.DrawFn) -> SectionTrack:
    parts = draw(st.integers(1, 4))
    lengths = [draw(st.floats(80.0, 900.0)) for _ in range(parts)]
    limits = [draw(LIMITS_KMH) / 3.6 for _ in range(parts)]
    slopes = [draw(st.floats(-0.03, 0.03)) for _ in range(parts)]
    return SectionTrack(
        "drawn", np.concatenate(([0.0], np.cumsum(lengths))), np.array(limits), np.array(slopes), np.zeros(parts)
    )


@settings(max_examples=examples(60))
@given(track=tracks(), slower=st.floats(1.005, 1.5), load=st.floats(0.0, 1000.0))
def test_a_train_that_follows_the_instructions_drives_the_profile(
    track: SectionTrack, slower: float, load: float
) -> None:
    train = metro()
    profile = optimal(track, train, load, slower * flat_out(track, train, load).running_time_s)
    assert_drives(switching_points(profile, train, track), profile, track, train)


@settings(max_examples=examples(40))
@given(length_m=st.floats(80.0, 400.0), limit_kmh=LIMITS_KMH, slower=st.floats(1.005, 2.0), load=st.floats(0.0, 1000.0))
def test_short_sections_too(length_m: float, limit_kmh: float, slower: float, load: float) -> None:
    train = metro()
    track = SectionTrack(
        "short", np.array([0.0, length_m]), np.array([limit_kmh / 3.6]), np.zeros(1), np.zeros(1)
    )  # fmt: skip
    profile = optimal(track, train, load, slower * flat_out(track, train, load).running_time_s)
    assert_drives(switching_points(profile, train, track), profile, track, train)
    # Without the track the same instructions stay below the speeds of the profile.
    without = switching_points(profile, train)
    assert max(point.until_m_s for point in without) <= profile.speed_m_s.max() + 0.06
