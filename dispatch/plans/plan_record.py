"""The record of a plan in addition to its timetable: the planning options, and the facts of the search."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import ClassVar, TypeVar

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from dispatch.plans.fixed import NOTHING_FIXED, FixedService
from dispatch.plans.plan_options import PlanningOptions, planning_values
from dispatch.plans.potential import Potential
from energy_models.faults import Fault, InputFaults
from scenarios.requests.headways import WishedHeadway

_Record = TypeVar("_Record")


@dataclass(frozen=True, kw_only=True)
class PlanOptions(PlanningOptions):
    """The planning options of a plan.

    `fixed` contains the fixes of the plan, trip by trip. `vehicle_hash` is the hash of the calibrated vehicle of the
    plan (None: the vehicle of the scenario), `model_versions` are the versions of the models of single vehicles;
    `as_type` is the train type that the user named for them. `headways` are the headways that the user requires.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    fixed: FixedService = NOTHING_FIXED
    vehicle_hash: str | None = None
    model_versions: Mapping[str, str] = field(default_factory=dict)
    as_type: str | None = None
    headways: tuple[WishedHeadway, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """The options as plain JSON values: every plain option, and fixes, vehicle and headways if there are any."""
        document: dict[str, JsonValue] = planning_values(self)
        if (fixed := self.fixed.as_option()) is not None:
            document["fixed"] = fixed
        if self.vehicle_hash is not None:
            document["vehicle_hash"] = self.vehicle_hash
        if self.model_versions:
            document["model_versions"] = dict(self.model_versions)
        if self.as_type is not None:
            document["as_type"] = self.as_type
        if self.headways:
            document["headways"] = [asdict(wish) for wish in self.headways]
        return document

    @staticmethod
    def from_json(document: Mapping[str, JsonValue], file: str = "plan") -> "PlanOptions":
        """Read options from plain JSON values; a missing option has its default.

        Raises `InputFaults` with every unknown option and every value of a wrong type. This function does not check the
        limits of values.
        """
        return _read(PlanOptions, document, file, "options")


@dataclass(frozen=True)
class SearchStep:
    """One point of the convergence, at the end of a stage, with the seconds since the start of the search.

    `energy_kwh` is the energy of the day at the substation terminals, in the model of the search.
    """

    seconds: float
    stage: str
    energy_kwh: float


@dataclass(frozen=True)
class SearchFacts:
    """A search: its convergence, whether it ended before its last stage was complete, whether a user ended it."""

    convergence: tuple[SearchStep, ...] = ()
    stopped_early: bool = False
    cancelled: bool = False


@dataclass(frozen=True)
class VehicleChoiceFacts:
    """The choice of vehicles by energy, in kWh at the metering point; without a choice, `not_possible` has the reasons.

    `kwh` is the energy with the chosen vehicles, `kwh_as_turned` with the vehicles before the choice (None if these
    cannot run all trips).
    """

    metering_point: str = "collector"
    kwh: float | None = None
    kwh_as_turned: float | None = None
    not_possible: tuple[str, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """The choice as plain JSON values."""
        if self.not_possible:
            return {"not_possible": list(self.not_possible)}
        return {"metering_point": self.metering_point, "kwh": self.kwh, "kwh_as_turned": self.kwh_as_turned}


@dataclass(frozen=True)
class AssignmentSavingFacts:
    """What the assignment of vehicles saves alone, in kWh a day: `kwh` with the vehicles of the plan, `random_kwh` the
    mean over random assignments of the same timetable under the same rules, `random_range_kwh` their least and most.

    The 95 % interval contains the sampling of the random assignments and the errors of the models. `mileage_excess_km`
    are the kilometres by which vehicles leave the band of mileage. Without mileages (`is_mileage_balanced` is False),
    the day is assigned for itself; plans stored before this field do not have it and count as balanced.
    """

    kwh: float
    random_kwh: float
    random_range_kwh: tuple[float, float]
    saving_kwh: float
    saving_ci95_kwh: tuple[float, float]
    random_assignments: int
    mileage_excess_km: float = 0.0
    is_mileage_balanced: bool = True
    metering_point: str = "substation DC terminals"
    model: str = "one equivalent track, every train on time"


@dataclass(frozen=True)
class FileEdit:
    """A file of a plan folder that was changed after the folder was written, and the type of the change."""

    file: str
    change: str


@dataclass(frozen=True)
class RevisedFrom:
    """The plan before the edit of a revised plan (None: not known), and the edited files."""

    plan_sha256: str | None
    changes: tuple[FileEdit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """The facts that the planner reports in addition to the plan; None without such a fact.

    `trips_back_at_todays_times` and `trips_back_at_even_headways` are the numbers of trips that violated a rule after
    the search and therefore have the times from before the search. With `kept_even_headways`, all trips have these
    times. `patterns_cost_kwh` is by how much the day would draw less if each trip had running times and dwells of its
    own, `grids_cost_kwh` if departures and dwells could have any second, both by a short search. `revised` is the plan
    before the edit of a revised plan. `unproven` is the mark of a plan without a proof for its present files, with the
    `changes` of these files.
    """

    search: SearchFacts | None = None
    vehicles_by_energy: VehicleChoiceFacts | None = None
    assignment_saving: AssignmentSavingFacts | None = None
    trips_back_at_todays_times: int | None = None
    trips_back_at_even_headways: int | None = None
    kept_even_headways: bool = False
    patterns_cost_kwh: float | None = None
    grids_cost_kwh: float | None = None
    potential: Potential | None = None
    revised: RevisedFrom | None = None
    unproven: str = ""
    changes: tuple[FileEdit, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """The facts as plain JSON values, search and potential at the top level; no keys for missing facts."""
        document: dict[str, JsonValue] = {}
        if (search := self.search) is not None:
            document["convergence"] = [[step.seconds, step.stage, step.energy_kwh] for step in search.convergence]
            document |= {"stopped_early": search.stopped_early, "cancelled": search.cancelled}
        if (chosen := self.vehicles_by_energy) is not None:
            document["vehicles_by_energy"] = chosen.to_json()
        if self.assignment_saving is not None:
            document["assignment_saving"] = json.loads(json.dumps(asdict(self.assignment_saving)))
        for name in ("trips_back_at_todays_times", "trips_back_at_even_headways"):
            if (count := getattr(self, name)) is not None:
                document[name] = count
        if self.kept_even_headways:
            document["kept_even_headways"] = True
        for name in ("patterns_cost_kwh", "grids_cost_kwh"):
            if (cost_kwh := getattr(self, name)) is not None:
                document[name] = cost_kwh
        if (origin := self.revised) is not None:
            document["revised"] = {"plan_sha256": origin.plan_sha256, "changes": _edits(origin.changes)}
        if self.unproven:
            document |= {"unproven": self.unproven, "changes": _edits(self.changes)}
        return document | (self.potential.document() if self.potential is not None else {})

    @staticmethod
    def from_json(document: Mapping[str, JsonValue], file: str = "plan") -> "PlanFacts":
        """Read facts from plain JSON values; unknown keys are ignored, because no decision depends on them.

        Raises `InputFaults` with every value of a wrong type.
        """
        read = _read(_FactsDocument, document, file, "metadata")
        steps = tuple(SearchStep(*step) for step in read.convergence or ())
        search = SearchFacts(steps, bool(read.stopped_early), bool(read.cancelled))
        names = ("today_kwh", "before_kwh", "after_kwh", "bound_kwh", "share_of_gap_closed", "mean_phase_share")
        gap = read.gap_to_bound_kwh or {}
        figures = {name: getattr(read, name) for name in names}
        figures |= {"losses_kwh": gap.get("losses"), "unused_braking_kwh": gap.get("unused_braking")}
        figures["longer_stands_kwh"] = gap.get("longer_stands")
        return PlanFacts(
            search=None if (read.convergence, read.stopped_early, read.cancelled) == (None, None, None) else search,
            vehicles_by_energy=read.vehicles_by_energy,
            assignment_saving=read.assignment_saving,
            trips_back_at_todays_times=read.trips_back_at_todays_times,
            trips_back_at_even_headways=read.trips_back_at_even_headways,
            kept_even_headways=read.kept_even_headways,
            patterns_cost_kwh=read.patterns_cost_kwh,
            grids_cost_kwh=read.grids_cost_kwh,
            potential=None if any(figures[name] is None for name in names) else Potential(**figures),
            revised=read.revised,
            unproven=read.unproven,
            changes=read.changes,
        )


@dataclass(frozen=True)
class _FactsDocument:
    """The facts as in the JSON document."""

    convergence: tuple[tuple[float, str, float], ...] | None = None
    stopped_early: bool | None = None
    cancelled: bool | None = None
    vehicles_by_energy: VehicleChoiceFacts | None = None
    assignment_saving: AssignmentSavingFacts | None = None
    trips_back_at_todays_times: int | None = None
    trips_back_at_even_headways: int | None = None
    kept_even_headways: bool = False
    patterns_cost_kwh: float | None = None
    grids_cost_kwh: float | None = None
    today_kwh: float | None = None
    before_kwh: float | None = None
    after_kwh: float | None = None
    bound_kwh: float | None = None
    share_of_gap_closed: float | None = None
    mean_phase_share: float | None = None
    gap_to_bound_kwh: dict[str, float] | None = None
    revised: RevisedFrom | None = None
    unproven: str = ""
    changes: tuple[FileEdit, ...] = ()


def _edits(changes: tuple[FileEdit, ...]) -> list[JsonValue]:
    return [{"file": one.file, "change": one.change} for one in changes]


def _read(record: type[_Record], document: Mapping[str, JsonValue], file: str, place: str) -> _Record:
    """A record from plain JSON values, strictly: raises `InputFaults` with every fault."""
    try:
        # Strict validation of JSON text accepts lists for tuples and whole numbers for floats, and no other conversion.
        read: _Record = TypeAdapter(record).validate_json(json.dumps(dict(document)), strict=True)
    except ValidationError as error:
        raise InputFaults(
            Fault(
                file,
                "",
                ".".join([place, *(str(step) for step in one["loc"])]),
                "" if one["type"] == "missing" else repr(one.get("input"))[:60],
                one["msg"],
            )
            for one in error.errors(include_url=False)
        ) from error
    return read
