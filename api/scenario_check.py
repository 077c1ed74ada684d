"""The check of a scenario: every fault at once, refusals of the planner, and warnings."""

from dataclasses import dataclass, field
from typing import Any

from dispatch.planner.refusals import Refusals, refusals_of
from dispatch.plans.in_force import timetable_in_force
from energy_models.faults import Fault, Infeasible, InputFaults
from energy_models.running_times import ProfileLibrary
from scenarios.files.load import Reading, in_order, notes_of_tables, readings_of
from scenarios.files.provenance import unexplained
from scenarios.rules.plausible import SenseWarning, warnings_of, without_warning
from scenarios.schema import Scenario
from scenarios.values.build import TooFast, profile_library, too_fast
from simulation.day.least_headway import headways_below
from simulation.day.model import day_model

_RUNNING_PARTS = ("stations", "track", "train_types", "fleet", "timetable", "signalling")
"""Parts that change the minimum running times and the least headways."""


@dataclass(frozen=True)
class ScenarioCheck:
    """The result of a check. `found` is the scenario (with the chosen overrides) if it has no faults.

    `sense` are the warnings that can be acknowledged, `signalling` those of the signalling. `not_checked` names checks
    that were left out because of faults. `notes` are how tables were read, where that is not the default.
    """

    scenario: str
    faults: tuple[Fault, ...]
    found: Scenario | None = None
    sense: tuple[SenseWarning, ...] = ()
    signalling: tuple[str, ...] = ()
    refusals: Refusals = field(default_factory=Refusals)
    unused: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings that are not acknowledged, as sentences."""
        sense = (warning.sentence for warning in self.sense if not warning.is_acknowledged)
        return (*sense, *self.other_warnings)

    @property
    def other_warnings(self) -> tuple[str, ...]:
        """The warnings that no acknowledgement turns off."""
        moved = (
            f"{reason}; a plan exists only if departures move within their windows"
            for reason in self.refusals.unless_moved
        )
        stale = (f"`acknowledged` names {key}, but there is no such warning (any more)." for key in self.unused)
        return (*self.signalling, *moved, *stale)

    def to_json(self) -> dict[str, Any]:
        """The check as one JSON object, with the same keys for every result."""
        found = self.found
        return {
            "scenario": self.scenario if found is None else found.name,
            "valid": not self.faults,
            "faults": [vars(fault) for fault in self.faults],
            "warnings": list(self.warnings),
            "acknowledged": {one.key: one.reason for one in self.sense if one.is_acknowledged},
            "refused_by_planner": list(self.refusals.certain),
            "not_checked": list(self.not_checked),
            "notes": list(self.notes),
            "scenario_hash": None if found is None else found.hash,
            "numbers_without_source": [] if found is None else list(unexplained(found)),
        }


def check_scenario(name_or_path: str, overrides: tuple[str, ...] = ()) -> ScenarioCheck:
    """Check a scenario and, without chosen overrides, each of its overrides; never raises for a faulty input.

    Faults include running times below the minimum of an empty train. Refusals of the planner, and warnings, are those
    of the scenario with the chosen overrides.
    """
    try:
        base, *others = readings_of(name_or_path, overrides)
    except InputFaults as error:
        return ScenarioCheck(name_or_path, error.faults)
    faults, not_checked = [*base.faults], []
    library, fast = _too_fast(base)
    for reading in (base, *others):
        faults += reading.faults
        if reading is base:
            found, own = library, fast
        elif _changes_running(reading, base):
            found, own = _too_fast(reading)
            own = tuple(one for one in own if one not in fast)
        else:
            continue
        faults += [reading.fault_at(one.given.path, f"{one.given.running_time_s:g}", one.allowed) for one in own]
        if found is None:
            where = f"override {reading.override}: " if reading.override else ""
            not_checked.append(f"{where}minimum running times, because of the faults above")
    if faults or library is None:
        return ScenarioCheck(name_or_path, in_order(faults), not_checked=tuple(dict.fromkeys(not_checked)))
    scenario = base.scenario
    refusals = refusals_of(scenario)
    sense = (*warnings_of(scenario), *refusals.over_tracks)
    return ScenarioCheck(
        scenario=name_or_path,
        faults=(),
        found=scenario,
        sense=sense,
        signalling=headways_below(day_model(scenario, library), timetable_in_force(scenario)),
        refusals=refusals,
        # An override may end a warning that the scenario without it has.
        notes=notes_of_tables(name_or_path),
        unused=() if overrides or "+" in scenario.name else without_warning(scenario, sense),
    )


def _too_fast(reading: Reading) -> tuple[ProfileLibrary | None, tuple[TooFast, ...]]:
    """The driving profiles, and running times that they do not allow; None if other faults do not allow profiles."""
    try:
        library = profile_library(reading.scenario)
        found = too_fast(reading.scenario, library)
    except (InputFaults, Infeasible, AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
        if not reading.faults:
            raise
        return None, ()
    # A running time that already has a fault keeps that fault.
    known = {(fault.file, fault.field) for fault in reading.faults}
    at = {one: reading.fault_at(one.given.path, "", "") for one in found}
    return library, tuple(one for one, fault in at.items() if (fault.file, fault.field) not in known)


def _changes_running(reading: Reading, base: Reading) -> bool:
    """Whether an override changes a part that minimum running times depend on."""
    ours, theirs = reading.scenario.__dict__, base.scenario.__dict__
    return any(ours.get(name) != theirs.get(name) for name in _RUNNING_PARTS)
