"""Zips of scenario folders, also hostile ones: nothing is written outside the folder, and nothing fills the disk."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from api.jobs.scenario_archive import MOST_FILES, name_fault, unpack_scenario
from energy_models.faults import InputFaults


def unpacked(tmp_path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]], damage: bool = False) -> list[str]:
    """The names of the files that were written into the folder."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    content = bytearray(stored.getvalue())
    if damage:
        content[40] ^= 0xFF
    file = tmp_path / "upload"
    file.write_bytes(content)
    folder = tmp_path / "room" / "line"
    folder.parent.mkdir()
    try:
        unpack_scenario(file, folder, "scenario.zip")
    finally:
        outside = [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]
        assert outside == [file]
    return sorted(path.name for path in folder.iterdir())


SCENARIO = ("scenario.yaml", b"name: x")


def test_a_folder_and_its_files_alone_are_the_same(tmp_path: Path) -> None:
    assert unpacked(tmp_path, [SCENARIO, ("curves.csv", b"a")]) == ["curves.csv", "scenario.yaml"]


def test_the_files_may_be_in_one_folder(tmp_path: Path) -> None:
    entries: list[tuple[str | zipfile.ZipInfo, bytes]] = [("my/", b""), ("my/scenario.yaml", b"a"), ("my/c.csv", b"a")]
    assert unpacked(tmp_path, entries) == ["c.csv", "scenario.yaml"]


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("curves.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([SCENARIO, ("../escape.csv", b"a")], "without folders"),
        ([SCENARIO, ("/etc/escape.csv", b"a")], "without folders"),
        ([SCENARIO, ("deep/er/escape.csv", b"a")], "without folders"),
        ([("../scenario.yaml", b"a")], "without folders"),
        ([SCENARIO, ("run.sh", b"a")], "ending"),
        ([SCENARIO, (".hidden.csv", b"a")], "letters"),
        ([SCENARIO, ("a\\b.csv", b"a")], "letters"),
        ([SCENARIO, (link(), b"/etc/passwd")], "ordinary files"),
        ([SCENARIO, ("A.csv", b"a"), ("a.csv", b"b")], "each name once"),
        ([("a.csv", b"a")], "0 files scenario.yaml"),
        ([("a/scenario.yaml", b"a"), ("b/scenario.yaml", b"b")], "2 files scenario.yaml"),
        ([SCENARIO, ("big.csv", b"0" * 70_000_000)], "unpacked"),
        ([SCENARIO, ("big.csv", b"0" * 20_000_000)], "times as large"),
        ([SCENARIO, *((f"t{number}.csv", b"a") for number in range(MOST_FILES))], f"{MOST_FILES + 1} files"),
    ],
)  # fmt: skip
def test_a_hostile_zip_is_refused(
    tmp_path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]], words: str
) -> None:
    with pytest.raises(InputFaults, match=words):
        unpacked(tmp_path, entries)


def test_a_damaged_zip_and_no_zip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFaults):
        unpacked(tmp_path, [SCENARIO], damage=True)
    file = tmp_path / "none"
    file.write_bytes(b"name: x")
    with pytest.raises(InputFaults, match="zip of a scenario"):
        unpack_scenario(file, tmp_path / "other", "scenario.zip")


def test_stated_sizes_are_not_believed(tmp_path: Path) -> None:
    """A directory that states 10 bytes for a file of 1 MB: no more than the stated bytes are unpacked, or none."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scenario.yaml", b"0" * 1_000_000)
    content = bytearray(stored.getvalue())
    place = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 24, 10)
    file = tmp_path / "upload"
    file.write_bytes(content)
    with pytest.raises(InputFaults):
        unpack_scenario(file, tmp_path / "line", "scenario.zip")


@pytest.mark.parametrize("name", ["..", "", "a/b.csv", "a\0.csv", "x" * 101 + ".csv", "scenario.exe", "-rf.csv"])
def test_strange_names_are_faults(name: str) -> None:
    assert name_fault(name) is not None
