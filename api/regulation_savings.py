"""The savings of a plan with and without regulation, in words and numbers."""

from typing import TYPE_CHECKING, Any

from dispatch.regulation.interface.controller_name import ControllerName

if TYPE_CHECKING:
    from simulation.judging.regulation import RegulationJudgement
    from simulation.runs.interval import MeanInterval

LABELS = {
    "without": "plan without regulation, against today's timetable without regulation",
    "regulated": "plan with {controller}, against today's timetable without regulation",
    "same_regulator": "plan with {controller}, against today's timetable with {controller}",
    "alone": "today's timetable with {controller}, against today's timetable without regulation",
}
"""What is compared with what, by the names of `RegulationJudgement`."""


def savings_rows(found: "RegulationJudgement", controller: ControllerName) -> list[tuple[str, str, str]]:
    """Label, saving and 95 % interval of each comparison."""
    rows = []
    for name, label in LABELS.items():
        saving: MeanInterval = getattr(found, name).saving_percent
        interval = f"{saving.low:.2f} to {saving.high:.2f} %"
        rows.append((label.format(controller=controller), f"{saving.mean:.2f} %", interval))
    return rows


def savings_as_json(found: "RegulationJudgement", controller: ControllerName) -> dict[str, Any]:
    """Each comparison with its label, saving and 95 % interval."""
    return {
        name: {
            "compares": label.format(controller=controller),
            "saving_percent": round(getattr(found, name).saving_percent.mean, 6),
            "saving_ci95_percent": [
                round(getattr(found, name).saving_percent.low, 6),
                round(getattr(found, name).saving_percent.high, 6),
            ],
        }
        for name, label in LABELS.items()
    }
