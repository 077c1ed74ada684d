"""Whatever a table contains, reading it ends: with values, or with faults that name what is allowed."""

import io
import random
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import feeds
import openpyxl
import pytest
from broken_tables import broken

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import LINES, faults_of
from scenarios.files.source_positions import read_table
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.imports.timetable_csv import TimetableReading, line_of_csv
from scenarios.schema.line import Station
from scenarios.schema.structure import fields_by_key

LONGEST_CASE_S = 60
SLICE = 150
MANY = 5_000

LONG = """trip_id,direction,station,station_name,arrival,departure,chainage_m,vehicle
a,up,HAR,Harbour,,07:00:00,0,v1
a,up,MKT,Market,07:02:00,07:02:30,1200,v1
a,up,AIR,Airfield,07:05:00,,2500,v1
b,down,AIR,Airfield,,07:10:00,2500,v1
b,down,MKT,Market,07:12:30,07:13:00,1200,v1
b,down,HAR,Harbour,07:15:00,,0,v1
"""
COLUMN_PER_TRAIN = """Up,,,
Station,km,101,103
Harbour,0.0,06:00,23:55
Market arr,1.2,06:02,23:58
Market dep,1.2,06:03,23:59
Airfield,2.5,06:06,00:02
Down,,,
Station,km,102,104
Airfield,2.5,06:20,06:30
Market arr,1.2,06:23,-
Market dep,1.2,06:24,|
Harbour,0.0,06:27,06:37
"""
ROW_PER_TRAIN = """车次,徐家汇发,人民广场到,人民广场发,上海站到
1001,0600,0603,0604,0610
1003,0610,0613,0614,0620
车次,上海站发,人民广场到,人民广场发,徐家汇到
1002,0620,0626,0627,0630
1004,0630,...,...,0640
"""


@contextmanager
def bounded() -> Iterator[None]:
    """Turn a hang into a failure of the test."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"a case takes more than {LONGEST_CASE_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_CASE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def sound(faults: tuple[Fault, ...] | list[Fault]) -> bool:
    return all(fault.allowed and len(str(fault)) < 3_000 for fault in faults)


def a_timetable(folder: Path, rng: random.Random) -> None:
    content = broken(rng.choice((LONG, COLUMN_PER_TRAIN, ROW_PER_TRAIN)), rng)
    file = folder / "timetable.csv"
    if rng.random() < 0.1:
        content = as_workbook(content, rng)
    file.write_bytes(content)
    encoding = rng.choice((None, None, None, "gb18030", "cp932", "utf-16"))
    line_of_csv(file, reading=TimetableReading(encoding, wrap_midnight=rng.random() < 0.5))


def as_workbook(content: bytes, rng: random.Random) -> bytes:
    """The cells of a table in a workbook, sometimes with damaged bytes."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in content.decode("utf-8", "ignore").splitlines():
        cells = [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell)[:30_000] for cell in line.split(",")]
        book.active.append([float(cell) if cell.isdecimal() and len(cell) < 9 else cell for cell in cells])
    stored = io.BytesIO()
    book.save(stored)
    found = bytearray(stored.getvalue())
    if rng.random() < 0.5:
        for _ in range(3):
            found[rng.randrange(4, len(found))] = rng.randrange(256)
    return bytes(found)


def a_scenario_table(folder: Path, rng: random.Random) -> None:
    content = broken((LINES / "tutorial_line" / "stations.csv").read_text(encoding="utf-8"), rng)
    (folder / "stations.csv").write_bytes(content)
    fields = fields_by_key(Station)
    faults: list[Fault] = []
    read_table(folder / "stations.csv", "stations.csv", fields, [k for k, (_, f) in fields.items() if f.is_required()],
               faults, (), ("chainage_m",))  # fmt: skip
    assert sound(faults)


def a_scenario(folder: Path, rng: random.Random) -> None:
    line = LINES / "tutorial_line"
    for file in line.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    name = rng.choice(("stations.csv", "speed_limits.csv", "gradients.csv", "curves.csv"))
    (folder / name).write_bytes(broken((line / name).read_text(encoding="utf-8"), rng))
    assert sound(faults_of(folder))


def a_feed(folder: Path, rng: random.Random) -> None:
    files = feeds.metro()
    path = feeds.write(folder / "feed.zip", files)
    name = rng.choice(sorted(files))
    with zipfile.ZipFile(path) as archive:
        texts = {member: archive.read(member) for member in archive.namelist()}
    texts[name] = broken(texts[name].decode("utf-8"), rng)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in texts.items():
            archive.writestr(member, content)
    if rng.random() < 0.1:
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
    line_of_feed(read_feed(path), "M")


KINDS = (a_timetable, a_timetable, a_timetable, a_scenario_table, a_scenario_table, a_feed)


def run(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    kind = a_scenario if seed % 30 == 29 else KINDS[seed % len(KINDS)]
    found: tuple[Fault, ...] | None = None
    try:
        with bounded():
            kind(folder, rng)
    except InputFaults as error:
        found = error.faults
    except Exception as error:
        raise AssertionError(f"seed {seed} of {kind.__name__}") from error
    assert found is None or (found and sound(found)), f"seed {seed} of {kind.__name__}"


def test_broken_tables_end_in_values_or_faults(tmp_path: Path) -> None:
    for seed in range(SLICE):
        run(tmp_path, seed)


@pytest.mark.many_cases
@pytest.mark.parametrize("part", range(10))
def test_many_broken_tables_end_in_values_or_faults(tmp_path: Path, part: int) -> None:
    for seed in range(SLICE + part * MANY // 10, SLICE + (part + 1) * MANY // 10):
        run(tmp_path, seed)
