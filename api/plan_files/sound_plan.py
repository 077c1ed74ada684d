"""A plan with a valid form, for computations; a plan edited by hand can have times that no train can run."""

from pathlib import Path

from api.plan_files.folder import WrittenPlan, read_plan_folder
from dispatch.checker.check import violations_of_form
from energy_models.faults import Fault, InputFaults

_ALLOWED = "a plan that keeps this rule; `headwatt check` lists all violated rules"


def read_sound_plan(folder: Path, *, any_scenario: bool = False) -> WrittenPlan:
    """Read a plan folder for a computation; `any_scenario` as in `read_plan_folder`.

    Raises `InputFaults` with the faults of all files together, or with every violation of the rules of form.
    """
    written = read_plan_folder(folder, any_scenario=any_scenario)
    require_sound(written)
    return written


def require_sound(written: WrittenPlan) -> None:
    """Raise `InputFaults` with the violations of the rules of form: order of times, stations of the line."""
    faults = [
        Fault("timetable.csv", f"trip {one.trip}" if one.trip else "", one.rule, one.sentence, _ALLOWED)
        for one in violations_of_form(written.plan, written.scenario)
    ]
    if faults:
        raise InputFaults(faults)
