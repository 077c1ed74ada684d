"""Tables of wished headways are read strictly, with every fault at once."""

from pathlib import Path

import pytest

from energy_models.faults import InputFaults
from scenarios.requests.headways import WishedHeadway, headways_of, read_headways


def test_a_table_gives_periods_for_both_directions_or_one() -> None:
    text = "from,to,headway_s,direction\n07:00,09:00,360,\n16:30,18:00,299.5,up\n"
    assert headways_of(text) == (
        WishedHeadway("both", 25_200, 32_400, 360.0, 2),
        WishedHeadway("up", 59_400, 64_800, 299.5, 3),
    )


def test_the_headways_of_a_plan_have_this_form() -> None:
    text = "direction,from,to,headway_s,trips,from_station,to_station\nup,06:00:00,07:00:30,604.833,6,,\n"
    assert headways_of(text) == (WishedHeadway("up", 21_600, 25_230, 604.833, 2),)


def test_every_fault_is_reported_at_once() -> None:
    text = (
        "direction,from,to,headway_s,from_station\n"
        "upp,07:00,08:00,360,\n"
        "up,08:00,07:00,360,\n"
        "up,09:00,10:00,10,\n"
        "up,10:00,11:00,360,HAR\n"
        "up,25:99,11:00,360,\n"
        "down,12:00,13:00,360,\n"
        "both,12:30,14:00,360,\n"
    )
    with pytest.raises(InputFaults) as caught:
        headways_of(text, "headways.csv")
    found = {(fault.place, fault.field) for fault in caught.value.faults}
    assert found == {
        ("row 2", "direction"), ("row 3", "to"), ("row 4", "headway_s"), ("row 5", "from_station"), ("row 6", "from"),
        ("row 8", "from"),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "from,to\n07:00,08:00\n", "from,to,headway_s\n"])
def test_a_table_without_rows_or_columns_is_a_fault(text: str) -> None:
    with pytest.raises(InputFaults):
        headways_of(text)


def test_a_table_of_another_form_is_read_and_reported(tmp_path: Path) -> None:
    file = tmp_path / "wishes.csv"
    file.write_bytes("Richtung;Von;Bis;headway s\nup;07:00;0,375;360\n".encode("utf-16"))
    notes: list[str] = []
    assert read_headways(file, notes) == (WishedHeadway("up", 25_200, 32_400, 360.0, 2),)
    assert notes[:3] == [
        "wishes.csv: text in UTF-16",
        "wishes.csv: cells separated by semicolon",
        "wishes.csv: decimal comma",
    ]
