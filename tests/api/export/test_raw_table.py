"""Editing one cell of a table of a feed leaves every other byte as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.export.raw_table import RawTable, raw_table
from energy_models.faults import InputFaults


def table(text: str, encoding: str = "utf-8") -> RawTable:
    return raw_table("trips.txt", text.encode(encoding))


def changed(text: str, row: int, **values: str) -> str:
    found = table(text)
    found.change(row, values)
    return found.text()


def test_cells_keep_quotation_marks_spaces_and_line_ends() -> None:
    text = '\ufefftrip_id, headsign,time\r\nT1,"to ""B"", C" , 5:00:00 \nT2,,\r\n'
    assert changed(text, 1, time="6:00:00") == text.replace("5:00:00", "6:00:00")
    assert changed(text, 2, time="6:00:00") == text.replace("T2,,", "T2,,6:00:00")
    assert changed(text, 1, headsign='a "b"') == text.replace('"to ""B"", C"', '"a ""b"""')
    assert changed(text, 1, headsign="") == text.replace('"to ""B"", C"', '""')
    assert changed(text, 2, headsign="a, b") == text.replace("T2,,", 'T2,"a, b",')
    assert changed(text, 1, trip_id="T1", time="5:00:00") == text
    assert not table(text).is_changed


def test_short_rows_and_cells_of_several_lines() -> None:
    text = 'trip_id,note,time\nT1,"two\r\nlines",1\n\nT2\n'
    assert changed(text, 3, time="2") == 'trip_id,note,time\nT1,"two\r\nlines",1\n\nT2,,2\n'
    assert changed(text, 1, time="2") == text.replace(",1\n", ",2\n")


def test_added_and_removed_rows() -> None:
    found = table("trip_id,time\r\nT1,1\r\nT2,2")
    found.add(2, found.with_values(2, {"trip_id": "T3"}))
    found.add(1, found.with_values(1, {"trip_id": "T4"}))
    found.remove(1)
    assert found.text() == "trip_id,time\r\nT4,1\r\nT2,2\r\nT3,2"
    assert found.changed_text() == "trip_id,time\r\nT4,1\r\nT3,2"
    assert found.removed_text() == "trip_id,time\r\nT1,1\r\n"


def test_a_new_column_is_empty_in_every_row() -> None:
    found = table("trip_id,time\nT1,1\nT2\n\n")
    found.add_column("exact_times")
    assert found.text() == "trip_id,time,exact_times\nT1,1,\nT2,,\n\n"
    found.change(2, {"exact_times": "1"})
    assert found.text() == "trip_id,time,exact_times\nT1,1,\nT2,,1\n\n"
    assert found.changed_text() == "trip_id,time,exact_times\nT2,,1\n"
    before = table("trip_id,exact_times\nT1,\n")
    before.add_column("exact_times")
    assert not before.is_changed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_encodings_and_separators_stay(encoding: str) -> None:
    text = "Trip ID;Name;Time\r\n甲1;人民广场站;1\r\n"
    content = text.encode(encoding)
    found = raw_table("trips.txt", content)
    assert found.encoded(found.text()) == content
    assert (found.cell(1, "trip_id"), found.cell(1, "time")) == ("甲1", "1")
    found.change(1, {"time": "2"})
    assert found.encoded(found.text()) == text.replace(";1", ";2").encode(encoding)


def test_bytes_that_are_no_text_are_a_fault() -> None:
    with pytest.raises(InputFaults, match=r"trips\.txt, byte 8: not UTF-8 text"):
        raw_table("trips.txt", b"trip_id\n\xff\x81\n")


@given(st.lists(st.lists(st.text(alphabet='ab ,"\n\r;é', max_size=4), min_size=2, max_size=3), min_size=1, max_size=5))
def test_any_table_stays_as_it_is(rows: list[list[str]]) -> None:
    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n\r') else cell

    text = "a,b,c\n" + "".join(",".join(map(written, row)) + "\n" for row in rows)
    found = table(text)
    assert found.text() == text
    for row in range(1, len(found.records)):
        for column in ("a", "b"):
            found.change(row, {column: found.cell(row, column)})
    assert not found.is_changed
