"""The request of the planner from an order, with all faults that can be found before the search."""

from api.jobs.store import JobStore, PlanOrder, UnknownJobError
from api.plan_files.folder import WrittenPlan, read_plan_folder
from dispatch.planner.options import require_sensible, service_values
from dispatch.planner.replan import require_resolvable
from dispatch.plans.longer_trips import allowed_in
from energy_models.faults import Fault, InputFaults
from scenarios.files.load import bundled, load_scenario
from scenarios.requests.fixes import NO_FIXES, fixes_of
from scenarios.requests.headways import WishedHeadway, headways_of
from scenarios.vehicles.calibrated import vehicle_of_content
from scenarios.vehicles.fleet import NO_FLEET, fleet_of_content, stock_of
from simulation.experiment import PlanRequest


def plan_request(order: PlanOrder, store: JobStore) -> PlanRequest:
    """The request of an order.

    Raises `InputFaults` with every fault of the scenario's name, the options, the fixes, the vehicle and the plan to
    start from.
    """
    faults: list[Fault] = []
    scenario, fixes, start, vehicle, fleet = None, NO_FIXES, None, None, NO_FLEET
    headways: tuple[WishedHeadway, ...] = ()
    try:
        # The loader also accepts paths, but a name from the network must not be a path.
        if order.scenario.split("+", maxsplit=1)[0] not in bundled():
            raise InputFaults([Fault("", "", "scenario", order.scenario, f"one of {', '.join(bundled())}")])
        scenario = load_scenario(order.scenario, order.overrides)
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
        start = _start(order.from_plan, store) if order.from_plan is not None else None
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
    except InputFaults as error:
        faults += error.faults
    if faults or scenario is None:
        raise InputFaults(faults)
    begin = start.plan if start is not None else None
    as_type = order.as_type
    if order.vehicle is None and order.fleet is None and start is not None:
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


def _start(plan_id: str, store: JobStore) -> WrittenPlan:
    """The plan of a job that succeeded."""
    try:
        found: str = store.get(plan_id).status
    except UnknownJobError:
        found = "there is no such plan"
    if found != "succeeded":
        raise InputFaults([Fault("", "", "from_plan", f"{plan_id} ({found})", "the id of a plan that succeeded")])
    written = read_plan_folder(store.folder(plan_id) / "plan")
    if not written.state.is_as_written:
        allowed = f"a plan whose files are as they were written; {written.state.words() or written.state.status}"
        raise InputFaults([Fault("", "", "from_plan", plan_id, allowed)])
    return written
