"""The order of a plan: what a client asks for, as names, numbers and texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.jobs.port import Lane
from dispatch.planner.options import EFFORTS, ServiceOptions

_SHORT_REPLICATIONS = 20


@dataclass(frozen=True)
class PlanOrder(ServiceOptions):
    """The order of a client: only names, numbers and texts, so that it can be stored.

    `version` is the version of the scenario, None for the bundled one. `headways` is the text of a table of required
    headways. `fixes` and `vehicle` are the content or the text of a fixes file or a vehicle file, `fleet` is the
    content of a vehicle file by vehicle, and `fleet_versions` the version of a stored model by vehicle; `from_plan` is
    the id of the plan at the start of the search.
    """

    scenario: str
    version: int | None = None
    overrides: tuple[str, ...] = ()
    replications: int = 10
    fixes: dict[str, Any] | str | None = None
    headways: str | None = None
    from_plan: str | None = None
    vehicle: dict[str, Any] | str | None = None
    fleet: dict[str, Any] | None = None
    fleet_versions: dict[str, str] | None = None
    as_type: str | None = None

    @property
    def line_id(self) -> str:
        """The line of the order: its scenario without overrides."""
        return self.scenario.partition("+")[0]

    @property
    def lane(self) -> Lane:
        """The lane of the job: short for a quick search with few simulated days."""
        is_short = self.effort <= EFFORTS["quick"] and self.replications <= _SHORT_REPLICATIONS
        return "short" if is_short else "long"

    def as_json(self) -> dict[str, Any]:
        """The order as a JSON object."""
        return {**vars(self), "overrides": list(self.overrides)}


def order_of(written: Mapping[str, Any]) -> PlanOrder:
    """The order of a JSON object; raises TypeError for unknown or missing keys."""
    return PlanOrder(**{**written, "overrides": tuple(written["overrides"])})
