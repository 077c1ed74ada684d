"""Jobs about a plan that exists: judge it again, compare, explain, export, and edit it by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.computations.comparing import comparison_document, headlines_of
from api.computations.explaining import explain_plan, explain_trip, plan_document, trip_document
from api.computations.exporting import feed_words, write_export
from api.computations.judging import JudgeOptions, judge_written, judgement_document, write_judgement_page
from api.export.formats import NO_URL, Format
from api.jobs.line_jobs import write_result
from api.jobs.place import JobPlace, Progress
from api.jobs.plan_job import stored_plan
from api.plan_files.edits import StopMove
from api.plan_files.models import NO_MODELS
from api.plan_files.moved import moved
from api.plan_files.planned_line import line_in_force, read_planned_line
from api.plan_files.proof import checked_plan, prove, violations_json
from api.plan_files.revise import revised
from api.plan_files.sound_plan import read_sound_plan
from api.plan_files.timetable_tables import write_timetable
from api.problems import ProblemError, ProblemKind
from dispatch.explanation.compare import compare as side_by_side
from energy_models.faults import Fault, InputFaults
from scenarios.values.train_numbers import train_numbers
from simulation.runs.day_store import DayStore

_WORKERS = 2
_FILES = {Format.GTFS: "gtfs.zip", Format.CSV: "tables", Format.XLSX: "plan.xlsx", Format.JSON: "plan.json"}


def judge(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Judge a plan on pairs of days; the result has the page of `headwatt judge`."""
    written = read_sound_plan(place.plan(order["plan"], order["plan_version"]))
    names = ("interval", "replications", "most", "seed", "sensitivity", "controller")
    options = JudgeOptions(**{name: order[name] for name in names})
    judged = judge_written(
        written, written.stock(), options, place.engine, DayStore(place.scratch / "days"), progress,
        plan=order["plan"], command=f"POST /v1/plans/{order['plan']}/judgements",
    )  # fmt: skip
    page = place.scratch / "judgement.html"
    write_judgement_page(judged, page)
    document = _without_folder(judgement_document(judged, written, options))
    facts = {"verdict": document["verdict"], "saving_percent": document["saving_percent"]}
    pictures = [page.with_suffix(".svg")] if judged.sensitivity else []
    return place.result(facts, write_result(place.scratch, document), page, *pictures)


def compare(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Compare two plans, or a plan with the timetable in force."""
    progress("both days", 0.0)
    plan, written = read_planned_line(place.plan(order["plan"], order["plan_version"]))
    if order["other"] is None:
        first, second, names = line_in_force(plan), plan, ("today", order["plan"])
        judged = (None, written)
    else:
        first, names = plan, (order["plan"], order["other"])
        second, other = read_planned_line(place.plan(order["other"], order["other_version"], "other"))
        judged = (written, other)  # type: ignore[assignment]
    found = side_by_side(first, second)
    document = comparison_document(found, names, first, second)
    document["judged_savings"] = headlines_of(found, names, judged)
    facts = {"trips_changed": document["trips_changed"]}
    return place.result(facts, write_result(place.scratch, document))


def explain(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Explain the saving of a plan, or of one of its trips."""
    planned, written = read_planned_line(place.plan(order["plan"], order["plan_version"]))
    if order["trip"] is not None:
        document = trip_document(explain_trip(planned, order["trip"]))
        facts = {"saving_kwh": document["trip"]["saving_kwh"]}
    else:
        document = plan_document(explain_plan(planned, written, NO_MODELS, _WORKERS, progress))
        facts = {"saving_kwh": document["saving_kwh"]}
    return place.result(facts, write_result(place.scratch, document))


def export(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Export a proven plan; the result has the files of the export."""
    form = Format(order["format"])
    words = None
    if form is Format.GTFS:
        words = feed_words(
            order["agency"], order["agency_url"] or NO_URL, order["timezone"],
            (order["date"], order["until"], order["days"]), None, order["frequencies"],
        )  # fmt: skip
    progress("check", 0.0)
    checked = checked_plan(read_sound_plan(place.plan(order["plan"], order["plan_version"])))
    if not checked.report.passed:
        raise _broken(violations_json(checked.report, checked.written.scenario))
    progress("writing", 0.0)
    files, notes = write_export(checked, form, place.scratch / _FILES[form], words)
    document = {"format": form.value, "files": [file.name for file in files], "notes": notes, "proof": checked.proof}
    return place.result({"format": form.value}, write_result(place.scratch, document), *files)


def revise(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Check and judge an edited timetable, and store it as a version of the plan.

    Raises `InputFaults` for an edit that cannot be read or changes nothing, and `ProblemError` with every violation if
    the edit breaks a rule.
    """
    folder = place.plan(order["plan"], order["plan_version"])
    _edit(folder, order)
    written = read_sound_plan(folder)
    if not written.state.has_changed("timetable.csv"):
        raise InputFaults([Fault("timetable.csv", "", "", "the same timetable", "a timetable that differs")])
    progress("check", 0.0)
    report = prove(written)
    if not report.passed and not order["unproven"]:
        raise _broken(violations_json(report, written.scenario))
    seed = order["seed"] if order["seed"] is not None else written.result.seed
    days = order["replications"] or written.result.replications
    experiment = revised(written, days, seed, _WORKERS, progress)
    progress("writing the plan", 0.0)
    return stored_plan(experiment, place.files, place.scratch / "revised")


def _edit(folder: Path, order: Mapping[str, Any]) -> None:
    file = folder / "timetable.csv"
    if order["timetable"] is not None:
        file.unlink()
        file.write_text(order["timetable"], encoding="utf-8", newline="")
        return
    written = read_sound_plan(folder)
    moves = {move["trip"]: int(move["by_s"]) for move in order["moves"]}
    plan = moved(written.plan, moves, tuple(StopMove(**one) for one in order.get("stops", ())))
    file.unlink()
    write_timetable(file, plan, train_numbers(written.scenario))


def _broken(violations: list[dict[str, Any]]) -> ProblemError:
    """The problem of a timetable that breaks rules, with each violation."""
    errors = [{name: "" if value is None else str(value) for name, value in one.items()} for one in violations]
    count = len(errors)
    detail = f"The timetable breaks rules: {count} violation{'s' if count != 1 else ''}."
    return ProblemError(ProblemKind.RULES_BROKEN, detail, errors[:200])


def _without_folder(document: dict[str, Any]) -> dict[str, Any]:
    """A document without the folder of the job, which ends with the job."""
    return {name: value for name, value in document.items() if name != "plan_folder"}
