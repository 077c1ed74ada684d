"""The plan of a live line, from a plan folder, from a plan of the installation, or from the timetable in force."""

from pathlib import Path

from api.live.live_plan import LivePlan, PlanFacts
from api.live.place import LivePlace
from api.plan_files.manifest import MODEL_FILES, PLAN_FILES
from api.plan_files.sound_plan import read_sound_plan
from api.state import plans as rows
from api.state.database import Database
from api.state.files import FileStore
from api.state.lines import newest_scenario, scenario_files
from dispatch.energy.line_model import LineModel
from dispatch.plans.in_force import timetable_in_force
from energy_models.faults import Fault, InputFaults
from scenarios.files.load import bundled, load_scenario
from scenarios.values.rolling_stock import RollingStock


def load_live_plan(
    line: str | Path, plan: str | None, database: Database, data: Path, contract_kw: float | None = None
) -> LivePlan:
    """The plan of a line.

    Args:
        line: Name of a bundled line, a scenario file or folder, or the id of a line of the installation.
        plan: A plan folder, or the id of a plan of the installation; None for today's timetable.
        database: The database of the installation.
        data: The data folder of the installation.
        contract_kw: The power of the supply contract over 15 minutes.

    Raises:
        InputFaults: The scenario or the plan cannot be used, or the plan belongs to another line.
    """
    if plan is None:
        place = _scenario_place(str(line), database, data)
        scenario = load_scenario(place, ())
        stock = RollingStock.of(scenario)
        return LivePlan(
            LineModel.of(scenario, stock), timetable_in_force(scenario), contract_kw=contract_kw, given_stock=stock,
            scenario_place=place,
        )  # fmt: skip
    folder = Path(plan)
    if folder.is_dir():
        return _from_folder(str(line), folder, PlanFacts(folder.name, 1), contract_kw)
    with database.reading() as session:
        record = rows.plan_record(session, plan)
        if record is None:
            raise InputFaults([Fault("", "", "--plan", plan, "a plan folder, or the id of a plan of the service")])
        files = rows.plan_files(session, plan, record.version.number)
        steps = [one for one in rows.approvals(session, plan) if one.after == "approved"]
        facts = PlanFacts(
            plan, record.version.number, steps[-1].by_id if steps else None,
            None if record.plan.active_from is None else record.plan.active_from.isoformat(),
        )  # fmt: skip
    wanted = {name: sha256 for name, sha256 in files.items() if name in (*PLAN_FILES, *MODEL_FILES)}
    laid_out = LivePlace(data, record.plan.line_id).folder / "plans" / f"{plan}-{record.version.number}"
    FileStore(data).lay_out(wanted, laid_out)
    return _from_folder(str(line), laid_out, facts, contract_kw)


def _scenario_place(line: str, database: Database, data: Path) -> str:
    """The scenario of a line: as given, or the newest version of an uploaded line, laid out below its live folder."""
    if line in bundled() or Path(line).exists():
        return line
    with database.reading() as session:
        version = newest_scenario(session, line)
        files = {} if version is None else scenario_files(session, version.id)
        number = 0 if version is None else version.number
    if not files:
        return line
    laid_out = LivePlace(data, line).folder / "scenarios" / str(number)
    FileStore(data).lay_out(files, laid_out)
    return str(laid_out)


def _from_folder(line: str, folder: Path, facts: PlanFacts, contract_kw: float | None) -> LivePlan:
    written = read_sound_plan(folder)
    scenario = written.scenario
    if scenario.name not in (line, Path(line).stem, Path(line).name):
        raise InputFaults([Fault("", "", "--plan", facts.plan_id, f"a plan of {line}, not of {scenario.name}")])
    stock = written.stock()
    model = LineModel.of(scenario, stock)
    return LivePlan(model, written.plan.timetable, facts, timetable_in_force(scenario), contract_kw, stock, folder)
