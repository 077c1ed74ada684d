"""Column names of operators, mapped to those of Headwatt."""

import pytest

from scenarios.files.table_headers import SYNONYMS, compared, known_columns, mapped_header, scaled

TIMETABLE = ("trip_id", "direction", "station", "station_name", "arrival", "departure", "time", "vehicle", "chainage_m")
STATIONS = (
    "id",
    "name",
    "chainage_m",
    "minimum_dwell_s",
    "dwell_s",
    "maximum_dwell_s",
    "latitude_deg",
    "longitude_deg",
)
LIMITS = ("from_m", "to_m", "limit_kmh", "direction")


@pytest.mark.parametrize(
    "header",
    [
        ["Train No.", "Dir", "Stop ID", "Arr.", "Dep."],
        ["ＴＲＩＰ＿ＩＤ", "Direction", "STATION", "arrival time", "Departure-Time"],
        ["车次", "方向", "车站", "到达时间", "出发时间"],
        ["列車番号", "上下", "駅", "着時刻", "発時刻"],
        ["Zug-Nr.", "Richtung", "Bahnhof", "Ankunft", "Abfahrt"],
        ["N° train", "Sens", "Gare", "Arrivée", "Départ"],
        ["n.º de tren", "Sentido", "Estación", "Llegada", "Salida"],
    ],
)
def test_names_in_six_languages(header: list[str]) -> None:
    found = mapped_header(header, TIMETABLE)
    assert found.columns == ("trip_id", "direction", "station", "arrival", "departure")
    assert known_columns(header, TIMETABLE) == 5
    (note,) = found.notes
    assert f'"{header[0]}" as trip_id' in note


def test_headwatts_own_names_need_no_note() -> None:
    found = mapped_header([" trip_id", "colour"], TIMETABLE)
    assert (found.columns, found.notes) == (("trip_id", "colour"), ())


@pytest.mark.parametrize(
    ("name", "factor"),
    [("chainage_km", 1000), ("Chainage (km)", 1000), ("Chainage [m]", 1), ("km", 1000), ("キロ程", 1000),
     ("里程（公里）", 1000), ("里程公里", 1000), ("PK (km)", 1000), ("Distance in m", 1), ("Entfernung / km", 1000)],
)  # fmt: skip
def test_a_distance_is_read_with_its_unit(name: str, factor: int) -> None:
    found = mapped_header([name], TIMETABLE)
    assert found.columns == ("chainage_m",)
    assert found.factors.get("chainage_m", 1) == factor
    assert ("times 1000" in found.notes[0]) == (factor == 1000)


@pytest.mark.parametrize("name", ["chainage", "distance", "里程", "m", "from", "dwell", "mileage (mi)"])
def test_a_distance_without_a_unit_is_not_read(name: str) -> None:
    assert mapped_header([name], TIMETABLE).columns == (name,)


def test_columns_of_scenario_tables() -> None:
    header = ["ID", "Station Name", "Chainage km", "Min dwell (s)", "Dwell time [s]", "maximum dwell s", "Lat", "Lon"]
    assert mapped_header(header, STATIONS).columns == STATIONS
    found = mapped_header(["From (km)", "To (km)", "Speed limit (km/h)", "Richtung"], LIMITS)
    assert (found.columns, found.factors) == (LIMITS, {"from_m": 1000, "to_m": 1000})


def test_a_column_under_its_own_name_has_priority() -> None:
    assert mapped_header(["train", "trip_id"], TIMETABLE).columns == ("train", "trip_id")
    assert mapped_header(["trip", "train"], TIMETABLE).columns == ("trip_id", "train")


def test_numbers_are_scaled_exactly_and_texts_are_kept() -> None:
    assert [scaled(text, 1000) for text in ("1.234", "0.0", "12.3456", "-0.1", "x", "", "nan", "1e999")] == [
        "1234", "0", "12345.6", "-100", "x", "", "nan", "1e999",
    ]  # fmt: skip


@pytest.mark.parametrize("table", [TIMETABLE, STATIONS, LIMITS])
def test_no_name_means_two_columns_of_a_table(table: tuple[str, ...]) -> None:
    seen: dict[str, str] = {}
    for column in table:
        for name in {compared(text) for text in (column, *SYNONYMS.get(column, ()))}:
            assert seen.setdefault(name, column) == column, name
