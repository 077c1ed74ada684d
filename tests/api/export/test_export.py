"""What `headwatt export` writes, read back by programs that share nothing with what wrote it."""

import csv
import json
import shutil
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import gtfs_guru
import jsonschema
import openpyxl
import partridge
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli.main import app
from api.export.gtfs import FeedWords, regular_runs, write_gtfs
from api.export.tables import tables_of
from api.plan_files.folder import WrittenPlan, read_plan_folder, write_plan_folder
from api.plan_files.proof import CheckedPlan
from dispatch.checker.check import CheckReport
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from scenarios.files.load import load_scenario
from scenarios.values.station_times import departures_today
from simulation.experiment import PlanExperiment

# The reader's own use of pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

WORDS = FeedWords("Metro", "https://metro.example", "Europe/Berlin", date(2026, 3, 2), date(2026, 3, 6))
Call = tuple[str, int, int]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "plan"
    write_plan_folder(experiment, folder)
    return folder


@pytest.fixture(scope="module")
def written(plan: Path) -> WrittenPlan:
    return read_plan_folder(plan)


@pytest.fixture(scope="module")
def yizhuang(written: WrittenPlan) -> WrittenPlan:
    """A day of 368 trips with vehicles first in first out: today's, under the name of a plan."""
    scenario = load_scenario("beijing_yizhuang")
    timetable = timetable_in_force(scenario)
    vehicles = dict.fromkeys((trip.vehicle for trip in timetable.trips), scenario.main_train_type)
    day = replace(
        written.plan, scenario=scenario.name, scenario_hash=scenario.hash, timetable=timetable, vehicles=vehicles
    )
    return replace(written, plan=day, scenario=scenario)


def proven(written: WrittenPlan) -> CheckedPlan:
    """The plan as if the checker had run: what the exports make of its report is looked at elsewhere."""
    return CheckedPlan(written, CheckReport((), ("whole-seconds",)))


def headwatt(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def calls_by_vehicle(timetable: Timetable) -> Counter[tuple[str, int, tuple[Call, ...]]]:
    """Each trip with its vehicle, its direction and its calls."""
    return Counter(
        (
            trip.vehicle,
            int(trip.direction == "down"),
            tuple(zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True)),
        )
        for trip in timetable.trips
    )


def read_by_partridge(file: Path) -> Counter[tuple[str, int, tuple[Call, ...]]]:
    """The same from a feed, frequencies expanded as the reference of GTFS says."""
    feed = partridge.load_feed(str(file))
    windows: dict[str, list[Any]] = defaultdict(list)
    for row in feed.frequencies.itertuples():
        assert int(row.exact_times) == 1
        windows[row.trip_id].append((int(row.start_time), int(row.end_time), int(row.headway_secs)))
    calls: dict[str, list[Call]] = defaultdict(list)
    for row in feed.stop_times.sort_values(["trip_id", "stop_sequence"]).itertuples():
        calls[row.trip_id].append((row.stop_id, int(row.arrival_time), int(row.departure_time)))
    found: Counter[tuple[str, int, tuple[Call, ...]]] = Counter()
    for row in feed.trips.itertuples():
        of_trip = calls[row.trip_id]
        first = of_trip[0][2]
        starts = [time for window in windows[row.trip_id] for time in range(*window)] or [first]
        for start in starts:
            moved = tuple(
                (stop, arrival - first + start, departure - first + start) for stop, arrival, departure in of_trip
            )
            found[row.block_id, int(row.direction_id), moved] += 1
    return found


@pytest.mark.parametrize("frequencies", [True, False])
def test_an_independent_reader_finds_every_call_and_duty(
    yizhuang: WrittenPlan, tmp_path: Path, frequencies: bool
) -> None:
    file = tmp_path / "gtfs.zip"
    write_gtfs(proven(yizhuang), replace(WORDS, frequencies=frequencies), file)
    expected = calls_by_vehicle(yizhuang.plan.timetable)
    assert sum(expected.values()) == 368
    assert read_by_partridge(file) == expected
    with zipfile.ZipFile(file) as archive:
        assert ("frequencies.txt" in archive.namelist()) == frequencies
        rows = list(csv.DictReader(archive.read("trips.txt").decode().splitlines()))
    assert (len(rows) < 368) == frequencies
    assert len({row["block_id"] for row in rows}) == 20, "each of the twenty vehicles keeps its block"


@pytest.mark.parametrize("frequencies", [True, False])
def test_an_independent_validator_accepts_the_feed(yizhuang: WrittenPlan, tmp_path: Path, frequencies: bool) -> None:
    file = tmp_path / "gtfs.zip"
    write_gtfs(proven(yizhuang), replace(WORDS, frequencies=frequencies), file)
    found = gtfs_guru.validate(str(file), date="2026-03-02")
    assert [(notice.code, notice.message) for notice in found.errors()] == []
    # What remains is advice on feeds that last longer than this week, and on whom to write to.
    assert {notice.code for notice in found.warnings()} <= {
        "feed_expiration_date7_days", "trip_coverage_not_active_for_next7_days", "missing_feed_contact_email_and_url",
    }  # fmt: skip
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            text = good.read(name).decode()
            bad.writestr(name, text.replace("SJZ,", "nowhere,", 1) if name == "stop_times.txt" else text)
    assert "foreign_key_violation" in {notice.code for notice in gtfs_guru.validate(str(broken)).errors()}


def test_the_feed_comes_back_as_the_same_line_and_departures(plan: Path, written: WrittenPlan, tmp_path: Path) -> None:
    for target, options in (
        (tmp_path / "gtfs.zip", ("gtfs", "--from-gtfs")),
        (tmp_path / "tables", ("csv", "--timetable")),
    ):
        result = headwatt("export", plan, "--format", options[0], "--out", target, "--json")
        assert result.exit_code == 0, result.output
        source = target / "timetable.csv" if options[0] == "csv" else target
        back = tmp_path / f"from_{options[0]}"
        # Another line's train and supply, so that places and times can only come from the file.
        result = headwatt("scenario", "new", back, options[1], source, "--like", "beijing_yizhuang")
        assert result.exit_code == 0, result.output
        scenario, original = load_scenario(back), written.scenario
        assert [station.id for station in scenario.stations] == [station.id for station in original.stations]
        assert [station.name for station in scenario.stations] == [station.name for station in original.stations]
        assert [station.chainage_m for station in scenario.stations] == [one.chainage_m for one in original.stations]
        assert [station.latitude_deg for station in scenario.stations] == [None] * len(original.stations)
        times = original.timetable.running_time_s
        assert times is not None
        for trip in timetable_in_force(scenario).trips:
            assert trip.running_times_s == (times.up if trip.direction == "up" else times.down)
        assert [station.dwell_s for station in scenario.stations] == [station.dwell_s for station in original.stations]
        for direction in ("up", "down"):
            starts = tuple(trip.start_s for trip in written.plan.timetable.of(direction))
            assert departures_today(scenario, direction) == starts
        assert scenario.trainsets == len({trip.vehicle for trip in written.plan.timetable.trips})


def test_coordinates_of_the_scenario_or_of_a_table(plan: Path, written: WrittenPlan, tmp_path: Path) -> None:
    stations = [station.id for station in written.scenario.stations]
    table = tmp_path / "places.csv"
    lines = [f"{station},{48 + k / 100},{11 + k / 50}" for k, station in enumerate(stations)]
    table.write_text("station,latitude_deg,longitude_deg\n" + "\n".join(lines) + "\n")
    result = headwatt("export", plan, "-f", "gtfs", "--out", tmp_path / "a.zip", "--coordinates", table)
    assert result.exit_code == 0, result.output
    assert "Atlantic" not in result.stderr
    stops = partridge.load_feed(str(tmp_path / "a.zip")).stops
    assert stops["stop_lat"].tolist() == pytest.approx([48 + k / 100 for k in range(len(stations))])
    assert stops["stop_desc"].isna().all() or (stops["stop_desc"] == "").all()
    table.write_text("station,latitude_deg,longitude_deg\nNowhere,91,11\nElsewhere,1,x\n")
    wrong = ("--days", "mon-foo", "--timezone", "Mars/Base", "--date", "2026-02-30", "--agency-url", "metro.example")
    result = headwatt("export", plan, "-f", "gtfs", "--coordinates", table, *wrong)
    assert result.exit_code == 2
    for words in ("latitude_deg: 91", "longitude_deg: x", "--days: mon-foo", "--timezone: Mars/Base",
                  "--date: 2026-02-30", "--agency-url: metro.example"):  # fmt: skip
        assert words in result.stderr
    table.write_text("station,latitude_deg,longitude_deg\nNowhere,1,1\n")
    result = headwatt("export", plan, "-f", "gtfs", "--coordinates", table)
    assert result.exit_code == 2
    assert "station: Nowhere - allowed: a station of the line" in result.stderr


def test_what_the_feed_says_without_knowing_is_told(plan: Path, tmp_path: Path) -> None:
    result = headwatt("export", plan, "-f", "gtfs", "--out", tmp_path / "a.zip", "--date", "2026-03-02")
    assert [words for words in ("Atlantic", "Etc/UTC", "example.org") if words not in result.stderr] == []
    feed = partridge.load_raw_feed(str(tmp_path / "a.zip"))
    assert feed.agency["agency_timezone"].tolist() == ["Etc/UTC"]
    assert (feed.stops["stop_desc"] == "schematic place, not surveyed").all()


def test_the_days_of_the_plan(plan: Path, tmp_path: Path) -> None:
    result = headwatt("export", plan, "-f", "gtfs", "--out", tmp_path / "a.zip", "--date", "2026-03-02", "--until",
                      "2026-03-15", "--days", "sat-mon,wed")  # fmt: skip
    assert result.exit_code == 0, result.output
    days = partridge.read_dates_by_service_ids(str(tmp_path / "a.zip"))
    (running,) = days.values()
    assert sorted(day.isoformat() for day in running) == [
        f"2026-03-{day:02d}" for day in (2, 4, 7, 8, 9, 11, 14, 15)
    ]  # fmt: skip
    for wrong in (("--date", "2026-03-02", "--until", "2026-03-01"), ("--date", "2026-03-02", "--days", "tue")):
        assert headwatt("export", plan, "-f", "gtfs", *wrong).exit_code == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 90_000), st.integers(0, 2), st.sampled_from(["a", "b", ""])),
        min_size=1, max_size=40, unique_by=lambda trip: trip[::2],
    ),
    st.sampled_from([1, 300, 4800]),
)  # fmt: skip
def test_runs_stand_for_exactly_their_trips(drawn: list[tuple[int, int, str]], grain_s: int) -> None:
    """Starts on a coarse grain make regular runs frequent; whatever they are, nothing is lost, added or moved."""
    trips = []
    for number, (start, kind, vehicle) in enumerate(drawn):
        start_s = start // grain_s * grain_s
        times = (start_s, start_s + 60 + kind)
        trips.append(Trip(f"t{number}", "up", ("A", "B"), times, times, ("optimal",), (0.0,), vehicle))
    expanded = Counter(
        (run.trip.vehicle, time_s, run.trip.end_s - run.trip.start_s)
        for run in regular_runs(Timetable(tuple(trips)))
        for time_s in (range(run.trip.start_s, run.end_s, run.step_s) if run.count > 1 else [run.trip.start_s])
    )
    assert expanded == Counter((trip.vehicle, trip.start_s, trip.end_s - trip.start_s) for trip in trips)


def test_the_same_plan_gives_the_same_bytes(written: WrittenPlan, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_gtfs(proven(written), WORDS, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_json_is_the_plan_and_keeps_its_schema(plan: Path, written: WrittenPlan) -> None:
    assert headwatt("export", plan, "--format", "json").exit_code == 0
    document = json.loads((plan / "plan.json").read_text())
    assert document["metadata"] == written.plan.facts.to_json()
    assert document["metadata"]["convergence"]
    printed = headwatt("export", "--schema")
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert Plan.from_dict(document) == written.plan
    del document["trips"][0]["arrival_s"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


@pytest.mark.many_cases
def test_the_workbook_has_one_sheet_a_table_and_times_to_reckon_with(yizhuang: WrittenPlan, tmp_path: Path) -> None:
    from api.export.workbook import write_workbook

    tables = tables_of(proven(yizhuang))
    write_workbook(tables, tmp_path / "plan.xlsx", "Yizhuang")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames == [table.name for table in tables]
    for table in tables:
        sheet = book[table.name]
        assert [cell.value for cell in sheet[1]] == [column.name for column in table.columns]
        assert sheet.max_row == len(table.rows) + 1
        assert sheet.freeze_panes == "A2"
    trips = book["trips"]
    place = {cell.value: number for number, cell in enumerate(trips[1])}
    latest = max(trip.end_s for trip in yizhuang.plan.timetable.trips)
    row = next(row for row in trips.iter_rows(min_row=2) if row[place["departure"]].value is not None)
    assert row[place["departure"]].number_format == "[hh]:mm:ss"
    raw = openpyxl.load_workbook(tmp_path / "plan.xlsx", data_only=True)["trips"]
    assert raw.max_row == 369
    arrivals = [seconds_of(row[place["arrival"]]) for row in raw.iter_rows(min_row=2, values_only=True)]
    assert max(arrivals) == latest
    duties = book["duties"].iter_rows(min_row=2, values_only=True)
    head = [column.name for column in next(table for table in tables if table.name == "duties").columns]
    so_far: dict[str, float] = {}
    for values in duties:
        cells = dict(zip(head, values, strict=True))
        so_far[cells["vehicle"]] = so_far.get(cells["vehicle"], 0.0) + float(cells["distance_km"])
        assert cells["distance_so_far_km"] == pytest.approx(so_far[cells["vehicle"]], abs=1e-3)
    assert sum(so_far.values()) == pytest.approx(368 * yizhuang.scenario.length_m / 1000, abs=0.2)


def seconds_of(value: Any) -> int:
    """Openpyxl reads a time format as a time, a timedelta, or a date of its epoch."""
    import datetime

    if isinstance(value, datetime.timedelta):
        return round(value.total_seconds())
    if isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    assert isinstance(value, datetime.datetime), value
    return round((value - datetime.datetime(1899, 12, 30)).total_seconds())


def test_csv_tables_hold_what_the_plan_holds(plan: Path, written: WrittenPlan) -> None:
    result = headwatt("export", plan, "--format", "csv", "--json")
    files = [Path(file) for file in json.loads(result.stdout)["files"]]
    assert {file.name for file in files} == {f"{table.name}.csv" for table in tables_of(proven(written))}
    with (plan / "tables" / "duties.csv").open() as stream:
        duties = list(csv.DictReader(stream))
    assert Counter(row["trip_id"] for row in duties) == Counter(trip.trip_id for trip in written.plan.timetable.trips)
    stands = [int(row["stands_before_next_s"]) for row in duties if row["stands_before_next_s"]]
    assert min(stands) >= 120, "the line's shortest turnback"
    with (plan / "tables" / "headways.csv").open() as stream:
        assert sum(int(row["trips"]) for row in csv.DictReader(stream)) == len(written.plan.timetable.trips)


def edited(plan: Path, tmp_path: Path, column: str, change: Callable[[str], str]) -> Path:
    """A copy of the plan whose first trip has another value in a column."""
    folder = Path(shutil.copytree(plan, tmp_path / "plan"))
    rows = list(csv.reader((folder / "timetable.csv").read_text().splitlines()))
    at = rows[0].index(column)
    for row in rows[1:]:
        if row[0] == rows[1][0]:
            row[at] = change(row[at])
    (folder / "timetable.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    return folder


def later_by_270_s(clock: str) -> str:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    time_s = 3600 * hours + 60 * minutes + seconds + 270
    return f"{time_s // 3600:02d}:{time_s // 60 % 60:02d}:{time_s % 60:02d}"


def moved(plan: Path, tmp_path: Path) -> Path:
    """A copy of the plan whose first trip leaves 270 s later."""
    edited(plan, tmp_path / "once", "arrival", later_by_270_s)
    return edited(tmp_path / "once" / "plan", tmp_path, "departure", later_by_270_s)


@pytest.mark.parametrize("form", ["gtfs", "csv", "xlsx", "json"])
def test_a_plan_that_breaks_rules_is_not_exported(plan: Path, tmp_path: Path, form: str) -> None:
    folder = moved(plan, tmp_path)
    proof = json.loads(headwatt("check", folder, "--json").stdout)
    assert proof["violations"]
    answer = headwatt("export", folder, "-f", form, "--json", "--out", tmp_path / "out")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["violations"] == proof["violations"]
    assert json.loads(answer.stdout)["files"] == []
    assert all(one["sentence"] in answer.stderr for one in proof["violations"])
    assert "timetable.csv changed" in answer.stderr
    assert not (tmp_path / "out").exists()


def test_an_edit_that_keeps_every_rule_is_not_exported_as_proven_either(plan: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(plan, tmp_path / "plan"))
    result = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**result, "saving_percent": 99.0}))
    answer = headwatt("export", folder, "-f", "csv", "--out", tmp_path / "out")
    assert answer.exit_code == 1
    assert "result.json changed" in answer.stderr
    assert "headwatt revise" in answer.stderr


def test_an_unproven_export_is_marked_and_quotes_no_figure(plan: Path, tmp_path: Path) -> None:
    """Every form says that the plan is unproven; none holds the energy or the saving of the plan before the edit."""
    folder = moved(plan, tmp_path)
    old = json.loads((plan / "result.json").read_text())
    figures = [f"{round(old[name]['energy_kwh'], 3):g}"[:6] for name in ("baseline", "plan")]
    for form in ("gtfs", "csv", "xlsx", "json"):
        answer = headwatt("export", folder, "-f", form, "--unproven", "--json")
        assert answer.exit_code == 0, answer.output
        found = json.loads(answer.stdout)
        assert not found["is_proven"]
        assert found["plan_folder"]["changes"] == [{"file": "timetable.csv", "change": "changed"}]
        assert found["notes"][0].startswith("the export is marked: UNPROVEN: edited after it was written; ")
    feed = partridge.load_raw_feed(str(folder / "gtfs.zip"))
    assert feed.feed_info["feed_version"].iloc[0].startswith("UNPROVEN")
    assert feed.routes["route_desc"].iloc[0].startswith("UNPROVEN")
    document = json.loads((folder / "plan.json").read_text())
    assert document["metadata"]["unproven"].startswith("UNPROVEN")
    assert set(document["metadata"]) == {"unproven", "changes"}
    book = openpyxl.load_workbook(folder / "plan.xlsx")
    assert book.properties.title.startswith("UNPROVEN")
    summary = [row[:5] for row in book["summary"].iter_rows(min_row=2, values_only=True)]
    assert summary[0][0] == "proof"
    assert str(summary[0][4]).startswith("UNPROVEN")
    assert [row for row in summary if isinstance(row[2], int | float) or isinstance(row[3], int | float)] == []
    texts = {file.name: file.read_text() for file in (folder / "tables").iterdir()}
    assert texts["levers.csv"].splitlines() == ["lever,saving_kwh"]
    assert texts["rules.csv"].splitlines()[1].startswith("proof,UNPROVEN")
    assert "violation," in texts["rules.csv"]
    assert "saving" not in texts["summary.csv"]
    assert not any(figure in texts["summary.csv"] for figure in figures)


def test_a_proven_export_says_so_with_the_rules_proved_for_it(plan: Path, tmp_path: Path) -> None:
    answer = headwatt("export", plan, "-f", "csv", "--out", tmp_path / "tables", "--json")
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert (found["is_proven"], found["violations"]) == (True, [])
    rules = (tmp_path / "tables" / "rules.csv").read_text().splitlines()
    assert rules[1] == f"proof,all {len(rules) - 2} rules hold"
    assert "saving_percent" in (tmp_path / "tables" / "summary.csv").read_text()


def test_a_timetable_that_cannot_be_read_is_not_exported(plan: Path, tmp_path: Path) -> None:
    folder = edited(plan, tmp_path, "arrival", lambda _clock: "6 o'clock")
    assert headwatt("export", folder, "-f", "gtfs", "--unproven").exit_code == 2


def test_a_plan_and_a_format_are_needed(plan: Path, tmp_path: Path) -> None:
    assert headwatt("export", plan).exit_code == 2
    assert headwatt("export", "--format", "csv").exit_code == 2
    assert headwatt("export", tmp_path, "--format", "csv").exit_code == 2
