"""Sections by length: the same line as by chainage, and tracks that differ by direction."""

from itertools import pairwise

import numpy as np
import pytest

from energy_models.track import SectionTrack
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.line import Gradient, SpeedLimit, TrackSection
from scenarios.values.build import section_tracks, supply_network, train_of
from scenarios.values.speed_limits import speed_limits
from scenarios.values.track_lengths import along_m, distance_m, section_lengths_m

TUTORIAL = load_scenario("tutorial_line")
UNLIKE = load_scenario("tutorial_line+unlike_tracks")
TRAIN = train_of(TUTORIAL)


def with_sections(*rows: tuple[str, float, float | None], **limits: float) -> Scenario:
    sections = tuple(
        TrackSection(departure_station=name, length_m=up_m, length_down_m=down_m, **limits)
        for name, up_m, down_m in rows
    )
    update: dict[str, object] = {"sections": sections}
    if limits:
        update["speed_limits"] = ()
    return TUTORIAL.with_parts(track=TUTORIAL.track.model_copy(update=update))


def rise_m(track: SectionTrack) -> float:
    return float((track.slope * np.diff(track.boundary_m)).sum())


def test_lengths_by_direction_in_order_of_travel() -> None:
    assert section_lengths_m(UNLIKE, "up") == (1000.0, 1200.0, 1500.0, 1300.0)
    assert section_lengths_m(UNLIKE, "down") == (1300.0, 1530.0, 1200.0, 1000.0)
    assert section_lengths_m(TUTORIAL, "down") == (1300.0, 1500.0, 1200.0, 1000.0)


def test_a_section_of_the_same_length_stays_as_it_is() -> None:
    for direction in ("up", "down"):
        pairs = zip(section_tracks(TUTORIAL, direction, TRAIN), section_tracks(UNLIKE, direction, TRAIN), strict=True)
        for like, unlike in pairs:
            if (direction, like.name) == ("down", "PRK-UNI"):
                continue
            assert unlike.chainage_per_m == like.chainage_per_m
            for name in ("boundary_m", "speed_limit_m_s", "slope", "curve_resistance"):
                np.testing.assert_array_equal(getattr(like, name), getattr(unlike, name))


def test_a_longer_track_reaches_the_same_station_and_the_same_height() -> None:
    like, unlike = (
        next(track for track in section_tracks(line, "down", TRAIN, train_length_m=0.0) if track.name == "PRK-UNI")
        for line in (TUTORIAL, UNLIKE)
    )
    assert (like.length_m, unlike.length_m) == (1500.0, 1530.0)
    assert unlike.arrival_chainage_m == pytest.approx(2200.0, abs=1e-9)
    assert unlike.chainage_m(np.array([765.0])) == pytest.approx(2950.0)
    assert unlike.distance_m(np.array([2950.0])) == pytest.approx(765.0)
    assert rise_m(unlike) == pytest.approx(rise_m(like))
    np.testing.assert_allclose(unlike.boundary_m, like.boundary_m * 1.02)
    np.testing.assert_array_equal(unlike.speed_limit_m_s, like.speed_limit_m_s)


def test_trains_of_the_longer_track_stay_within_the_supply() -> None:
    network = supply_network(UNLIKE)
    for track in section_tracks(UNLIKE, "down", TRAIN):
        chainage_m = track.chainage_m(np.linspace(0.0, track.length_m, 50))
        assert chainage_m.min() >= network.start_chainage_m - 1e-6
        assert chainage_m.max() <= network.end_chainage_m + 1e-6


def test_distances_along_the_track() -> None:
    assert distance_m(UNLIKE, "HAR", "AIR") == 5000.0
    assert distance_m(UNLIKE, "AIR", "HAR") == pytest.approx(5030.0)
    assert distance_m(UNLIKE, "AIR", "PRK") == pytest.approx(1300.0)
    assert distance_m(UNLIKE, "PRK", "UNI") == pytest.approx(1530.0)
    assert distance_m(TUTORIAL, "AIR", "HAR") == 5000.0
    with pytest.raises(KeyError):
        distance_m(UNLIKE, "AIR", "XXX")


@pytest.mark.parametrize("line", [TUTORIAL, UNLIKE])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_places_along_the_track_rise_in_the_direction_of_travel(line: Scenario, direction: str) -> None:
    assert direction in ("up", "down")
    ordered = line.stations_in_order("up" if direction == "up" else "down")
    places = along_m(line, "up" if direction == "up" else "down", [station.chainage_m for station in ordered])
    assert places[0] == 0.0
    np.testing.assert_allclose(np.diff(places), section_lengths_m(line, "up" if direction == "up" else "down"))


def test_limits_of_sections_are_stretches_from_station_to_station() -> None:
    rows = (("HAR", 1000.0, None), ("MKT", 1200.0, None), ("UNI", 1500.0, None), ("PRK", 1300.0, None))
    line = with_sections(*rows, limit_kmh=60.0, limit_down_kmh=50.0)
    for direction, limit_kmh in (("up", 60.0), ("down", 50.0)):
        found = [row for row in speed_limits(line) if row.direction == direction]
        assert [(row.from_m, row.to_m) for row in found] == [
            (here.chainage_m, there.chainage_m) for here, there in pairwise(line.stations)
        ]
        for track in section_tracks(line, "up" if direction == "up" else "down", TRAIN):
            np.testing.assert_allclose(track.speed_limit_m_s, limit_kmh / 3.6)


def test_stretches_by_chainage_stay_without_limits_of_sections() -> None:
    assert speed_limits(UNLIKE) == TUTORIAL.track.speed_limits


@pytest.mark.parametrize(("up_m", "down_m"), [(1200.0, 1240.0), (1300.0, 1340.0), (700.0, 733.3), (1000.1, 1000.3)])
def test_every_piece_of_a_stretched_track_has_a_speed_limit(up_m: float, down_m: float) -> None:
    """The end of a stretch, times the ratio of the lengths, is the end of the section but for rounding."""
    first, second, *others = TUTORIAL.stations
    at = first.chainage_m + up_m
    moved = second.model_copy(update={"chainage_m": at})
    limits = (
        SpeedLimit(from_m=first.chainage_m, to_m=at, limit_kmh=60),
        SpeedLimit(from_m=at, to_m=others[-1].chainage_m, limit_kmh=70),
    )
    gradients = tuple(Gradient(from_m=row.from_m, to_m=row.to_m, permil=0) for row in limits)
    section = TrackSection(departure_station=first.id, length_m=up_m, length_down_m=down_m)
    rest = tuple(
        TrackSection(departure_station=here.id, length_m=there.chainage_m - here.chainage_m)
        for here, there in pairwise((moved, *others))
    )
    track = TUTORIAL.track.model_copy(
        update={"sections": (section, *rest), "speed_limits": limits, "gradients": gradients}
    )
    line = TUTORIAL.with_parts(stations=(first, moved, *others), track=track)
    for direction in ("up", "down"):
        for one in section_tracks(line, direction, TRAIN):
            assert np.isfinite(one.speed_limit_m_s).all()
            assert (np.diff(one.boundary_m) > 1e-3).all()
