"""The request of the planner from an order, with all faults that can be found before the search."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from api.jobs.place import lay_out_scenario
from api.jobs.plan_order import PlanOrder
from api.plan_files.folder import WrittenPlan, read_plan_folder
from api.state.database import Database
from api.state.files import FileStore
from api.state.fleet import model_of_version
from api.state.lines import newest_scenarios
from api.state.plans import plan_files, plan_record
from dispatch.planner.options import require_sensible, service_values
from dispatch.planner.replan import require_resolvable
from dispatch.plans.longer_trips import allowed_in
from energy_models.faults import Fault, InputFaults
from scenarios.files.load import bundled, load_scenario
from scenarios.requests.fixes import NO_FIXES, fixes_of
from scenarios.requests.headways import WishedHeadway, headways_of
from scenarios.schema import Scenario
from scenarios.vehicles.calibrated import vehicle_of_content
from scenarios.vehicles.fleet import NO_FLEET, FleetModels, fleet_of_content, stock_of
from simulation.experiment import PlanRequest

StartPlans = Callable[[str], WrittenPlan]
"""The plan of an id, as the start of a search; raises `InputFaults` for a plan that did not succeed."""


Scenarios = Callable[[PlanOrder], Scenario]
"""The scenario of an order; raises `InputFaults` with every fault of its name, version and overrides."""


Fleets = Callable[[PlanOrder], FleetModels]
"""The models of the versions of an order; raises `InputFaults` with every version that the line does not have."""


def bundled_scenario(order: PlanOrder) -> Scenario:
    """The bundled scenario of an order. Raises `InputFaults` with every fault of its name and overrides."""
    # The loader also accepts paths, but a name from the network must not be a path.
    if order.scenario.split("+", maxsplit=1)[0] not in bundled():
        raise InputFaults([Fault("", "", "scenario", order.scenario, f"one of {', '.join(bundled())}")])
    return load_scenario(order.scenario, order.overrides)


def no_fleets(order: PlanOrder) -> FleetModels:
    """No models, for orders without versions of stored models."""
    assert not order.fleet_versions
    return NO_FLEET


def plan_request(
    order: PlanOrder, starts: StartPlans, scenarios: Scenarios = bundled_scenario, fleets: Fleets = no_fleets
) -> PlanRequest:
    """The request of an order.

    Raises `InputFaults` with every fault of the scenario's name, the options, the fixes, the vehicle and the plan to
    start from.
    """
    faults: list[Fault] = []
    scenario, fixes, start, vehicle, fleet = None, NO_FIXES, None, None, NO_FLEET
    headways: tuple[WishedHeadway, ...] = ()
    try:
        scenario = scenarios(order)
    except InputFaults as error:
        faults += error.faults
    try:
        fixes = fixes_of(order.fixes) if order.fixes is not None else NO_FIXES
    except InputFaults as error:
        faults += error.faults
    try:
        headways = headways_of(order.headways) if order.headways is not None else ()
    except InputFaults as error:
        faults += error.faults
    try:
        start = starts(order.from_plan) if order.from_plan is not None else None
    except InputFaults as error:
        faults += error.faults
    try:
        require_sensible(order, allowed_in(start.plan) if start is not None else 0)
    except InputFaults as error:
        faults += error.faults
    try:
        vehicle = vehicle_of_content(order.vehicle) if order.vehicle is not None else None
    except InputFaults as error:
        faults += error.faults
    try:
        fleet = fleet_of_content(order.fleet) if order.fleet is not None else NO_FLEET
        if order.fleet_versions is not None:
            fleet = fleets(order)
    except InputFaults as error:
        faults += error.faults
    if faults or scenario is None:
        raise InputFaults(faults)
    begin = start.plan if start is not None else None
    as_type = order.as_type
    if all(one is None for one in (order.vehicle, order.fleet, order.fleet_versions)) and start is not None:
        vehicle, fleet, as_type = start.vehicle, start.fleet, as_type or start.plan.options.as_type
    stock_of(scenario, vehicle, fleet, as_type)
    require_resolvable(fixes, scenario, order.mode, begin, order.keep_close_s)
    return PlanRequest(
        scenario=scenario,
        replications=order.replications,
        vehicle=vehicle,
        fleet=fleet,
        as_type=as_type,
        fixes=fixes,
        headways=headways,
        start=begin,
        **service_values(order),
    )


def stored_scenarios(database: Database, files: FileStore) -> Scenarios:
    """The bundled scenarios, and the versions in the database."""

    def load(order: PlanOrder) -> Scenario:
        line, *overrides = (*order.scenario.split("+"), *order.overrides)
        if line in bundled() and order.version is None:
            return bundled_scenario(order)
        with database.reading() as session:
            known = [one.line_id for one in newest_scenarios(session)]
        if line not in known:
            raise InputFaults([Fault("", "", "scenario", order.scenario, f"one of {', '.join(known)}")])
        with tempfile.TemporaryDirectory(prefix="headwatt-scenario-") as made:
            folder = Path(made) / line
            lay_out_scenario(database, files, line, order.version, folder)
            return load_scenario(folder, overrides)

    return load


def stored_starts(database: Database, files: FileStore) -> StartPlans:
    """The plans of the database as starts of a search."""

    def start(plan_id: str) -> WrittenPlan:
        with database.reading() as session:
            record = plan_record(session, plan_id)
            names = {} if record is None else plan_files(session, plan_id, record.version.number)
        status = "there is no such plan" if record is None else record.job.status
        if status != "succeeded":
            raise InputFaults([Fault("", "", "from_plan", f"{plan_id} ({status})", "the id of a plan that succeeded")])
        with tempfile.TemporaryDirectory(prefix="headwatt-start-") as made:
            folder = Path(made) / "plan"
            try:
                files.lay_out(names, folder)
            except FileNotFoundError as error:
                missing = f"a plan whose files are complete; {error.filename} is missing"
                raise InputFaults([Fault("", "", "from_plan", plan_id, missing)]) from None
            written = read_plan_folder(folder)
        if not written.state.is_as_written:
            allowed = f"a plan whose files are as they were written; {written.state.words() or written.state.status}"
            raise InputFaults([Fault("", "", "from_plan", plan_id, allowed)])
        return written

    return start


def stored_fleets(database: Database) -> Fleets:
    """The stored models of the line of an order, by their versions."""

    def fleet(order: PlanOrder) -> FleetModels:
        line, versions = order.line_id, order.fleet_versions or {}
        faults = []
        if order.fleet is not None:
            faults.append(Fault("", "", "fleet_versions", "given", "fleet or fleet_versions, not both"))
        if not versions:
            faults.append(Fault("", "", "fleet_versions", "none", "the version of the model of at least one vehicle"))
        contents = {}
        with database.reading() as session:
            for vehicle, version in versions.items():
                row = model_of_version(session, line, version)
                if row is None or row.vehicle != vehicle:
                    allowed = f"a version of a model of {vehicle} of the line {line}"
                    faults.append(Fault("", "", "fleet_versions", version, allowed))
                else:
                    contents[vehicle] = row.content
        if faults:
            raise InputFaults(faults)
        return fleet_of_content(contents, "fleet_versions")

    return fleet
