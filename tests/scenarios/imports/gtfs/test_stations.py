"""Which stops are one station."""

from collections.abc import Sequence

import pandas as pd
import pytest

from energy_models.faults import InputFaults
from scenarios.imports.gtfs.feed import Feed
from scenarios.imports.gtfs.stations import SCHEMATIC, Stations, name_stem

Stop = tuple[str, str, str, str, str, str]


def stations(rows: Sequence[Stop], *trips: Sequence[str]) -> Stations:
    columns = ("stop_id", "stop_name", "stop_lat", "stop_lon", "parent_station", "stop_desc")
    table = pd.DataFrame([list(row) for row in rows], columns=columns, index=range(2, len(rows) + 2), dtype=str)
    return Stations(Feed("feed.zip", {"stops.txt": table}), trips)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Museum Northbound", "museum"),
        ("Museum (SB)", "museum"),
        ("Museum - Platform 2", "museum"),
        ("Museum Gleis 3", "museum"),
        ("서면 (1번 홈)", "서면"),
        ("博多 2番線", "博多"),
        ("人民广场（往莘庄）", "人民广场"),
        ("Museum, direction Harbour", "museum"),
        ("Northbound", "northbound"),
        ("Westminster", "westminster"),
        ("Plattform", "plattform"),
    ],
)
def test_names_without_direction_and_platform(name: str, stem: str) -> None:
    assert name_stem(name) == stem


def test_platforms_of_the_two_directions_are_one_station() -> None:
    found = stations(
        [("1", "Alder (Northbound)", "52.0", "13.0", "", ""), ("2", "Alder (Southbound)", "52.0005", "13.0", "", ""),
         ("3", "Birch Platform 1", "52.01", "13.0", "", ""), ("4", "Birch Platform 2", "52.01", "13.0005", "", "")],
        ["1", "3"], ["4", "2"],
    )  # fmt: skip
    assert found.of_stop("1") == found.of_stop("2")
    assert found.of_stop("3") == found.of_stop("4")
    assert sorted(found.names.values()) == ["Alder", "Birch"]
    assert found.notes[0].startswith("stops with different names were taken as one station: ")


def test_stops_of_one_trip_are_never_one_station() -> None:
    found = stations(
        [("1", "Avenue A", "52.0", "13.0", "", ""), ("2", "Avenue B", "52.0015", "13.0", "", "")],
        ["1", "2"],
        ["2", "1"],
    )
    assert found.of_stop("1") != found.of_stop("2")
    assert sorted(found.names.values()) == ["Avenue A", "Avenue B"]


def test_names_alone_do_not_join_stops_far_apart() -> None:
    found = stations(
        [("1", "Alder Platform 1", "52.0", "13.0", "", ""), ("2", "Alder Platform 2", "52.1", "13.0", "", "")],
        ["1"],
        ["2"],
    )
    assert found.of_stop("1") != found.of_stop("2")


def test_boarding_areas_belong_to_the_highest_parent() -> None:
    found = stations(
        [("S", "Alder", "52.0", "13.0", "", ""), ("P1", "p1", "", "", "S", ""), ("P2", "p2", "", "", "S", ""),
         ("B1", "p1 A", "", "", "P1", ""), ("B2", "p2 A", "", "", "P2", "")],
        ["B1"], ["B2"],
    )  # fmt: skip
    assert found.names == {"S": "Alder"}
    assert found.of_stop("B1") == found.of_stop("B2") == "S"


def test_a_circle_of_parents_is_a_fault() -> None:
    with pytest.raises(InputFaults, match=r"row 2, parent_station: A - B - A - allowed: a parent above the stop"):
        stations([("A", "Alder", "52.0", "13.0", "B", ""), ("B", "Birch", "52.0", "13.0", "A", "")], ["A"])


def test_schematic_places_join_by_name_alone_and_are_not_kept() -> None:
    found = stations(
        [("1", "Alder Track 1", "0.0", "0.0", "", SCHEMATIC), ("2", "Alder Track 2", "0.9", "0.0", "", SCHEMATIC)],
        ["1"], ["2"],
    )  # fmt: skip
    station = found.of_stop("1")
    assert station == found.of_stop("2")
    assert found.imported(station, 12.34).latitude_deg is None
    assert found.imported(station, 12.34).chainage_m == 12.3
