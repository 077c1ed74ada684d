"""The folder of a plan: the files that `headwatt plan` writes and other commands read strictly.

`headways.csv` and `timetable.csv` are the plan; they may be edited by hand, and `headwatt check` reads them.
`profiles.csv` contains the driving profiles, `result.json` the figures and the metadata of the plan, `scenario.json`
the whole scenario of the planning with its overrides, so that a check needs no other file. `report.html` shows the
whole plan. If the plan has a calibrated vehicle, the vehicle is in `vehicle.yaml`, and its hash is in the options of
`result.json`; models of single vehicles are in `fleet.yaml`. `manifest.json` lists the files with their checksums, so
that every command notices an edit.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.plan_files.manifest import FLEET_FILE, PLAN_FILES, VEHICLE_FILE, FolderState, state_of
from api.plan_files.models import NO_MODELS, ModelFiles, Models
from api.plan_files.placing import Place, place_for, put, recover
from api.plan_files.profile_table import read_profile_keys, section_runs, write_profiles
from api.plan_files.timetable_tables import read_headways, read_trips, write_headways, write_timetable
from api.result import PlanResult
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanFacts, PlanOptions
from dispatch.plans.running_patterns import running_patterns
from dispatch.plans.timetable import Timetable
from energy_models.faults import Fault, InputFaults
from scenarios.files.folders import MANIFEST_FILE, require_plan
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.train_numbers import train_numbers
from scenarios.vehicles.calibrated import MODEL_VERSIONS, VEHICLE_HASH, CalibratedVehicle, load_vehicle, write_vehicle
from scenarios.vehicles.fleet import NO_FLEET, FleetModels, read_fleet, write_fleet

if TYPE_CHECKING:
    from simulation.experiment import PlanExperiment

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class WrittenPlan:
    """The content of a plan folder.

    `result` belongs to `plan` only if `state.is_as_written`; code that quotes figures uses `proven_result`.
    """

    plan: Plan
    scenario: Scenario
    result: PlanResult
    runs_without_profile: int
    state: FolderState
    vehicle: CalibratedVehicle | None = None
    fleet: FleetModels = NO_FLEET

    @property
    def proven_result(self) -> PlanResult | None:
        """The figures of this plan; None for an edited folder, because its figures are those of another timetable."""
        return self.result if self.state.is_as_written else None

    def stock(self, models: ModelFiles = NO_MODELS) -> RollingStock:
        """The trains of the plan; `models` replace the calibrated models of the plan."""
        return models.stock(self.scenario, self.models)

    @property
    def models(self) -> Models:
        """The calibrated models of the plan."""
        return Models(self.vehicle, self.fleet, self.plan.options.as_type)


def write_plan_folder(experiment: "PlanExperiment", to: Path | Place) -> Path:
    """Write a plan into a folder, completely or not at all; return the folder that `placing.put` used.

    A `Place` was reserved by `place_for` before the work. Raises `InputFaults` if the folder cannot be used.
    """
    place = to if isinstance(to, Place) else place_for(to, "folder")
    return put(place, lambda folder: _write_files(experiment, folder))


def _write_files(experiment: "PlanExperiment", folder: Path) -> None:
    # The planner takes seconds to import, and whoever only reads a plan does not need it.
    from api.experiment_result import result_of  # noqa: PLC0415
    from api.report.render import render_report  # noqa: PLC0415

    request, plan, result = experiment.request, experiment.plan, result_of(experiment)
    patterns = running_patterns(plan, request.scenario, experiment.baseline_plan.timetable)
    write_headways(folder / "headways.csv", plan, patterns)
    write_timetable(folder / "timetable.csv", plan, train_numbers(request.scenario))
    write_profiles(folder / "profiles.csv", plan.timetable, experiment.library, request.scenario)
    (folder / "result.json").write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    # A timetable that was not imported has no origin, and its file is that of earlier versions.
    left_out = {"timetable": {"origin"}} if request.scenario.timetable.origin is None else None
    scenario_text = request.scenario.model_dump_json(exclude=left_out)
    (folder / "scenario.json").write_text(scenario_text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(render_report(experiment, result), encoding="utf-8")
    if request.vehicle is not None:
        write_vehicle(request.vehicle, folder / VEHICLE_FILE)
    if request.fleet.of_vehicle:
        write_fleet(request.fleet, folder / FLEET_FILE)


def require_plan_folder(folder: Path) -> None:
    """Raise `InputFaults` for a folder that is not a plan folder; first complete the steps of a killed process."""
    with suppress(OSError):
        recover(folder.resolve())
    require_plan(folder)


def read_plan_folder(folder: Path, *, any_scenario: bool = False) -> WrittenPlan:
    """Read a plan folder, edited by hand or not; `state` shows whether it was edited.

    The scenario must be the scenario of the planning. An earlier version may have written another hash of the same
    scenario: with a manifest, the checksum of the file is compared; without a manifest, `any_scenario` accepts the
    scenario.

    Raises `InputFaults` with the faults of all files together, or with the type of a folder that is not a plan folder.
    """
    require_plan_folder(folder)
    state = state_of(folder)
    faults: list[Fault] = []
    result = _collect(faults, lambda: _read_model(folder / "result.json", PlanResult))
    scenario = _collect(faults, lambda: _read_model(folder / "scenario.json", Scenario))
    headways = _collect(faults, lambda: read_headways(folder / "headways.csv"))
    trips = _collect(faults, lambda: read_trips(folder / "timetable.csv", scenario))
    profiles = _collect(faults, lambda: read_profile_keys(folder / "profiles.csv"))
    is_known = (any_scenario and state.status == "without manifest") or not state.has_changed("scenario.json")
    if result is not None and scenario is not None and scenario.hash != result.scenario_hash and not is_known:
        allowed = f"the scenario that was planned, hash {result.scenario_hash[:12]}"
        if state.status == "without manifest":
            allowed += f"; `headwatt revise {folder}` takes the scenario as it is"
        faults.append(Fault("scenario.json", "", "hash", scenario.hash[:12], allowed))
    vehicle = _collect(faults, lambda: _read_vehicle(folder / VEHICLE_FILE, result)) if result is not None else None
    fleet = _collect(faults, lambda: _read_fleet(folder / FLEET_FILE, result)) if result is not None else None
    kept = (result.options, result.metadata) if result is not None else ({}, {})
    options = _collect(faults, lambda: PlanOptions.from_json(kept[0], "result.json"))
    facts = _collect(faults, lambda: PlanFacts.from_json(kept[1], "result.json"))
    if faults or result is None or scenario is None or headways is None or trips is None or profiles is None:
        raise InputFaults(_with_causes(faults, state))
    timetable = Timetable(tuple(trip for trip, _ in trips))
    needed = {run.key for run in section_runs(timetable, scenario)}
    plan = Plan(
        scenario=result.scenario,
        scenario_hash=result.scenario_hash,
        mode="demand-led" if result.mode == "demand-led" else "equal-service",
        timetable=timetable,
        headways=headways,
        vehicles={trip.vehicle: train_type for trip, train_type in trips if trip.vehicle},
        seed=result.seed,
        version=result.version,
        options=options,
        facts=facts,
    )
    return WrittenPlan(plan, scenario, result, len(needed - profiles), state, vehicle, fleet or NO_FLEET)


def _read_vehicle(path: Path, result: PlanResult) -> CalibratedVehicle | None:
    """The calibrated vehicle of the plan; a file with another vehicle is a fault."""
    kept = result.options.get(VEHICLE_HASH)
    if kept is None and not path.exists():
        return None
    if kept is None:
        raise InputFaults([Fault(path.name, "", "", "a vehicle", "no such file: the plan was made without one")])
    if not path.is_file():
        raise InputFaults([Fault(path.name, "", "", "", f"the file is missing in {path.parent}")])
    vehicle = load_vehicle(path)
    if vehicle.hash != kept:
        allowed = f"the vehicle that the plan was made with, hash {str(kept)[:12]}"
        raise InputFaults([Fault(path.name, "", "hash", vehicle.hash[:12], allowed)])
    return vehicle


def _read_fleet(path: Path, result: PlanResult) -> FleetModels:
    """The models of the vehicles of the plan; a file with other models is a fault."""
    kept = result.options.get(MODEL_VERSIONS)
    if kept is None and not path.exists():
        return NO_FLEET
    if kept is None:
        raise InputFaults([Fault(path.name, "", "", "models", "no such file: the plan was made without them")])
    if not path.is_file():
        raise InputFaults([Fault(path.name, "", "", "", f"the file is missing in {path.parent}")])
    fleet = read_fleet(path)
    known = dict(kept) if isinstance(kept, dict) else {}
    faults = [
        Fault(path.name, "", f"vehicles.{name}", str(fleet.versions.get(name, "no model"))[:12],
              f"the model that the plan was made with, version {str(known.get(name, 'none'))[:12]}")
        for name in sorted({*known, *fleet.versions})
        if known.get(name) != fleet.versions.get(name)
    ]  # fmt: skip
    if faults:
        raise InputFaults(faults)
    return fleet


def _collect(faults: list[Fault], read: Any) -> Any:
    try:
        return read()
    except InputFaults as error:
        faults.extend(error.faults)
        return None


def _with_causes(faults: list[Fault], state: FolderState) -> list[Fault]:
    """The faults; the first fault of each file has the likely cause, a change of the file after it was written."""
    done = {"missing": "removed"}
    causes = {
        one.file: f"; the file was {done.get(one.change, one.change)} after the plan was written"
        for one in state.changes
    }
    if state.status == "without manifest":
        causes = dict.fromkeys(PLAN_FILES, f"; {state.folder} has no {MANIFEST_FILE}: an earlier version wrote it")
    return [replace(fault, allowed=fault.allowed + causes.pop(fault.file, "")) for fault in faults]


def _read_model(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputFaults([Fault(path.name, "", "", "", f"the file is missing in {path.parent}")]) from None
    except UnicodeDecodeError as error:
        raise InputFaults([Fault(path.name, f"byte {error.start}", "", "", "text in UTF-8")]) from None
    except ValidationError as error:
        raise InputFaults(_model_fault(path.name, one) for one in error.errors()) from None


def _model_fault(name: str, detail: Any) -> Fault:
    *parents, field = [str(part) for part in detail["loc"]] or [""]
    value = "" if detail["type"] in ("missing", "json_invalid") else repr(detail.get("input"))[:80]
    return Fault(name, ".".join(parents), field, value, detail["msg"])
