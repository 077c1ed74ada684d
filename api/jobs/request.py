"""From an order to what the planner is asked for, with every fault that can be told before the search."""

from api.headway_wish import headway_wish
from api.jobs.store import JobStore, PlanOrder, UnknownJobError
from api.plan_folder import WrittenPlan, read_plan_folder
from dispatch.longer_trips import require_sensible
from dispatch.revision import require_resolvable
from energy_models.faults import Fault, InputFaults
from scenarios.fixes import NO_FIXES, fixes_of
from scenarios.load import bundled, load_scenario
from scenarios.vehicle import vehicle_of_content
from simulation.experiment import PlanRequest


def plan_request(order: PlanOrder, store: JobStore) -> PlanRequest:
    """The request of an order.

    Raises `InputFaults` with every fault of the scenario's name, the wish, the fixes, the vehicle, longer trips and the
    plan to start from.
    """
    faults: list[Fault] = []
    scenario, wish, fixes, start, vehicle = None, None, NO_FIXES, None, None
    try:
        # The loader also takes paths; a name that comes over the network must never be one.
        if order.scenario.split("+", maxsplit=1)[0] not in bundled():
            raise InputFaults([Fault("", "", "scenario", order.scenario, f"one of {', '.join(bundled())}")])
        scenario = load_scenario(order.scenario, order.overrides)
    except InputFaults as error:
        faults += error.faults
    try:
        wish = headway_wish(order.mode, order.objective, {"pick": order.pick, "mean_waiting_s": order.mean_waiting_s})
    except InputFaults as error:
        faults += error.faults
    try:
        fixes = fixes_of(order.fixes) if order.fixes is not None else NO_FIXES
    except InputFaults as error:
        faults += error.faults
    try:
        start = _start(order.from_plan, store) if order.from_plan is not None else None
    except InputFaults as error:
        faults += error.faults
    try:
        require_sensible(order.longer_trips_s, order.mode, start.plan if start is not None else None)
    except InputFaults as error:
        faults += error.faults
    try:
        vehicle = vehicle_of_content(order.vehicle) if order.vehicle is not None else None
    except InputFaults as error:
        faults += error.faults
    if faults or scenario is None or wish is None:
        raise InputFaults(faults)
    begin = start.plan if start is not None else None
    if vehicle is None and start is not None:
        vehicle = start.vehicle
    require_resolvable(fixes, scenario, order.mode, begin, order.keep_close_s)
    return PlanRequest(
        scenario=scenario,
        mode=order.mode,
        replications=order.replications,
        seed=order.seed,
        time_limit_s=order.time_limit_s,
        vehicle=vehicle,
        headways=wish,
        fixes=fixes,
        start=begin,
        keep_close_s=order.keep_close_s,
        peak_limit_kw=order.peak_limit_kw,
        longer_trips_s=order.longer_trips_s,
    )


def _start(plan_id: str, store: JobStore) -> WrittenPlan:
    """The plan of a job that succeeded."""
    try:
        found: str = store.get(plan_id).status
    except UnknownJobError:
        found = "there is no such plan"
    if found != "succeeded":
        raise InputFaults([Fault("", "", "from_plan", f"{plan_id} ({found})", "the id of a plan that succeeded")])
    return read_plan_folder(store.folder(plan_id) / "plan")
