"""The rows of fleets on both databases: present models, history by day, days of telemetry, and the way down and up."""

from datetime import date
from typing import Any

from sqlalchemy import inspect

from api.state.database import Database
from api.state.fleet import (
    NewModel,
    add_models,
    days_of,
    model_of_version,
    models_of,
    models_with_content,
    present_models,
    put_report,
    replace_days,
    report_of,
)
from api.state.line_filter import Caller
from api.state.lines import ScenarioFacts, known_lines, register_scenario
from api.state.migrate import downgrade, upgrade

pytest_plugins = ["state_databases"]


def model(vehicle: str, day: int, version: str) -> NewModel:
    return NewModel(vehicle, date(2026, 11, day), version * 64, "six_car", {"version": version})


def telemetry(vehicle: str, day: str) -> dict[str, Any]:
    return {"vehicle": vehicle, "day": day, "rows": 10, "findings": []}


def filled(database: Database) -> None:
    """Two lines; the first has models of two vehicles, of which one day was calibrated three times."""
    with database.writing() as session:
        for line in ("one", "two"):
            register_scenario(session, ScenarioFacts(line, line, 1.0, 2, (), "0" * 64), "imported", "ada")
        assert (
            add_models(session, "one", "job", "ada", [model("A", 1, "a"), model("A", 2, "b"), model("B", 1, "c")]) == 3
        )
        assert add_models(session, "one", "job", "ada", [model("A", 2, "d")]) == 1
        assert add_models(session, "one", "job", "ada", [model("A", 2, "d"), model("A", 1, "a")]) == 0
        assert add_models(session, "one", "job", "ada", [model("A", 2, "b")]) == 1  # again the present one
        replace_days(session, "one", [telemetry("A", "2026-11-01"), telemetry("A", "2026-11-02")])
        put_report(session, "one", "ranking", "job", {"n": 1})
        put_report(session, "one", "ranking", "other", {"n": 2})


def test_the_newest_model_of_the_latest_day_is_present_and_all_are_kept(database: Database) -> None:
    filled(database)
    with database.reading() as session:
        present = [(row.vehicle, row.version[0], count) for row, count in present_models(session, "one")]
        assert present == [("A", "b", 4), ("B", "c", 1)]
        assert [row.version[0] for row in models_of(session, "one", "A", 10)] == ["a", "b", "d", "b"]
        assert [row.version[0] for row in models_of(session, "one", "A", 2)] == ["d", "b"]
        assert models_with_content(session, "one", 10) == {
            "A": [{"version": "a"}, {"version": "b"}], "B": [{"version": "c"}],
        }  # fmt: skip
        assert models_with_content(session, "one", 1)["A"] == [{"version": "b"}]
        found = model_of_version(session, "one", "d" * 64)
        assert found is not None
        assert found.day == date(2026, 11, 2)
        assert model_of_version(session, "two", "d" * 64) is None
        report = report_of(session, "one", "ranking")
        assert report is not None
        assert (report.job_id, report.content) == ("other", {"n": 2})
    mine = database.for_caller(Caller("ada", "", frozenset({"two"})))
    with mine.reading() as session:
        assert present_models(session, "one") == []
        assert models_of(session, "one", "A", 10) == []
        assert models_with_content(session, "one", 10) == {}
        assert days_of(session, "one", None, None) == []
        assert report_of(session, "one", "ranking") is None


def test_a_check_replaces_only_the_days_of_its_line(database: Database) -> None:
    filled(database)
    with database.writing() as session:
        replace_days(session, "two", [telemetry("A", "2026-11-05")])
        replace_days(session, "one", [telemetry("B", "2026-11-03")])
    with database.reading() as session:
        assert [one["vehicle"] for one in days_of(session, "one", None, None)] == ["B"]
        assert days_of(session, "one", date(2026, 11, 4), None) == []
        assert len(days_of(session, "two", date(2026, 11, 5), date(2026, 11, 5))) == 1


def test_the_tables_of_fleets_go_down_and_up_and_the_lines_stay(database: Database) -> None:
    filled(database)
    downgrade(database, "0005")
    assert not {"vehicle_models", "telemetry_days", "fleet_reports"} & set(inspect(database.engine).get_table_names())
    upgrade(database)
    with database.reading() as session:
        assert known_lines(session, ["one", "two"]) == {"one", "two"}
        assert present_models(session, "one") == []
