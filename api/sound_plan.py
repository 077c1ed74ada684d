"""A written plan that can be computed with: one edited by hand may have times that no train can run at all."""

from pathlib import Path

from api.plan_folder import WrittenPlan, read_plan_folder
from dispatch.check import violations_of_form
from energy_models.faults import Fault, InputFaults

_ALLOWED = "a plan that keeps this rule; `headwatt check` names every rule that is broken"


def read_sound_plan(folder: Path) -> WrittenPlan:
    """Read a plan folder for a computation.

    Raises `InputFaults` with the faults of all files together, or with every violation of the rules of form.
    """
    written = read_plan_folder(folder)
    require_sound(written)
    return written


def require_sound(written: WrittenPlan) -> None:
    """Raise `InputFaults` with what the checker says of times out of order and of stations that are not the line's."""
    faults = [
        Fault("timetable.csv", f"trip {one.trip}" if one.trip else "", one.rule, one.sentence, _ALLOWED)
        for one in violations_of_form(written.plan, written.scenario)
    ]
    if faults:
        raise InputFaults(faults)
