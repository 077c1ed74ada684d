"""The savings of a plan with and without regulation, in words and numbers."""

from typing import TYPE_CHECKING, Any

from dispatch.regulation.interface.regulator import ControllerName

if TYPE_CHECKING:
    from simulation.judging.judge_plan import RegulationSavings
    from simulation.runs.interval import MeanInterval

LABELS = {
    "without": "plan without regulation, against today's timetable without regulation",
    "regulated": "plan with {controller}, against today's timetable without regulation",
    "same_regulator": "plan with {controller}, against today's timetable with {controller}",
    "alone": "today's timetable with {controller}, against today's timetable without regulation",
}
"""What is compared with what, by the names of `RegulationSavings`."""


def savings_rows(found: "RegulationSavings", controller: ControllerName) -> list[tuple[str, str, str]]:
    """Label, saving and 95 % interval of each comparison."""
    rows = []
    for name, label in LABELS.items():
        saving: MeanInterval = getattr(found, name)
        interval = f"{saving.low:.2f} to {saving.high:.2f} %"
        rows.append((label.format(controller=controller), f"{saving.mean:.2f} %", interval))
    return rows


def savings_as_json(found: "RegulationSavings", controller: ControllerName) -> dict[str, Any]:
    """Each comparison with its label, saving and 95 % interval."""
    return {
        name: {
            "compares": label.format(controller=controller),
            "saving_percent": round(getattr(found, name).mean, 6),
            "saving_ci95_percent": [round(getattr(found, name).low, 6), round(getattr(found, name).high, 6)],
        }
        for name, label in LABELS.items()
    }
