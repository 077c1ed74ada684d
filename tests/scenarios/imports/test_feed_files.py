"""Files of a GTFS feed in other encodings and with other separators, and zips that are refused before unpacking."""

import os
import struct
import zipfile
from pathlib import Path

import feeds
import pytest

from energy_models.faults import InputFaults
from scenarios.imports.gtfs import feed_files as files
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed


def stored(path: Path, names: dict[str, str], codec: str, separator: str = ",", ending: str = "\n") -> Path:
    """A small metro with other names of stations, in an encoding and with a separator."""
    whole = feeds.write(path, feeds.metro())
    with zipfile.ZipFile(whole) as archive:
        texts = {member: archive.read(member).decode("utf-8") for member in archive.namelist()}
    for old, new in names.items():
        texts["stops.txt"] = texts["stops.txt"].replace(old, new)
    with zipfile.ZipFile(whole, "w") as archive:
        for member, text in texts.items():
            lines = [line.replace(",", separator) for line in text.splitlines()]
            archive.writestr(member, ending.join(lines).encode(codec))
    return whole


@pytest.mark.parametrize(
    ("codec", "label", "name"),
    [("gb18030", "GB18030", "徐家汇"), ("cp932", "cp932", "渋谷"), ("cp1252", "Windows-1252", "Châtelet"),
     ("utf-16", "UTF-16", "徐家汇"), ("utf-8-sig", None, "Châtelet")],
)  # fmt: skip
def test_encodings_are_found_and_reported(codec: str, label: str | None, name: str, tmp_path: Path) -> None:
    plain = line_of_feed(read_feed(feeds.write(tmp_path / "plain.zip", feeds.metro())), "M")
    feed = read_feed(stored(tmp_path / "other.zip", {"Alder": name}, codec, ending="\r\n"))
    line = line_of_feed(feed, "M")
    assert name in [station.name for station in line.stations]
    assert line.departure_s == plain.departure_s
    assert any(note == f"stops.txt: text in {label}" for note in line.notes) == (label is not None)


def test_a_short_file_has_the_encoding_of_the_files_beside_it(tmp_path: Path) -> None:
    path = feeds.write(tmp_path / "feed.zip", feeds.metro())
    with zipfile.ZipFile(path) as archive:
        texts = {member: archive.read(member).decode("utf-8") for member in archive.namelist()}
    texts["stops.txt"] = texts["stops.txt"].replace("Alder", "徐家汇").replace("Birch", "人民广场")
    texts["agency.txt"] = texts["agency.txt"].replace(texts["agency.txt"].splitlines()[1].split(",")[1], "滘")
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in texts.items():
            archive.writestr(member, text.encode("gb18030"))
    assert {"agency.txt: text in GB18030", "stops.txt: text in GB18030"} <= set(read_feed(path).notes)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators_are_found_and_reported(separator: str, tmp_path: Path) -> None:
    plain = line_of_feed(read_feed(feeds.write(tmp_path / "plain.zip", feeds.metro())), "M")
    line = line_of_feed(read_feed(stored(tmp_path / "other.zip", {}, "utf-8", separator)), "M")
    assert (line.stations, line.departure_s) == (plain.stations, plain.departure_s)
    assert sum("cells separated by" in note for note in line.notes) >= 5


def test_columns_are_found_without_case_and_spaces(tmp_path: Path) -> None:
    line = line_of_feed(read_feed(stored(tmp_path / "other.zip", {"stop_name": "Stop Name"}, "utf-8")), "M")
    assert 'stops.txt: columns read: "Stop Name" as stop_name' in line.notes


def faults(path: Path) -> list[str]:
    with pytest.raises(InputFaults) as caught:
        read_feed(path)
    return [fault.value for fault in caught.value.faults]


def test_pipes_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    assert faults(tmp_path / "pipe.zip") == ["a named pipe"]
    assert faults(tmp_path) == ["a folder"]


def test_zips_that_expand_too_far_are_refused_before_unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = feeds.write(tmp_path / "bomb.zip", feeds.metro())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("shapes.txt", bytes(40_000_000))

    def read_nothing(*_: object) -> None:
        raise AssertionError("the zip was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "read", read_nothing)
    (value,) = faults(path)
    assert "times as large when it is unpacked" in value


def test_zips_with_many_files_are_refused_before_the_directory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = feeds.write(tmp_path / "many.zip", feeds.metro())
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    struct.pack_into("<I", content, end + 12, 400_000_000)
    path.write_bytes(content)
    monkeypatch.setattr(files.zipfile, "ZipFile", None)
    assert faults(path) == ["a directory of 400.0 MB in the archive"]


def test_files_of_zips_that_are_not_read_may_be_large(tmp_path: Path) -> None:
    path = feeds.write(tmp_path / "feed.zip", feeds.metro())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("map.pdf", bytes(40_000_000))
    assert read_feed(path).file == "feed.zip"


def test_tables_with_too_many_rows_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = feeds.write(tmp_path / "rows.zip", feeds.metro())
    with zipfile.ZipFile(path) as archive:
        rows = {name: archive.read(name).count(b"\n") for name in archive.namelist()}
    assert max(rows, key=lambda name: rows[name]) == "stop_times.txt"
    monkeypatch.setattr(files, "MOST_ROWS", sorted(rows.values())[-2])
    with pytest.raises(InputFaults) as caught:
        read_feed(path)
    assert ("stop_times.txt", "too many rows") in {(fault.file, fault.value) for fault in caught.value.faults}
