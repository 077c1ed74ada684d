"""The options of the planner, with its fixes and the plan to start from."""

from dataclasses import dataclass

from dispatch.headways.trade import HeadwayWish
from dispatch.planner.options import ServiceOptions
from dispatch.plans.plan import Plan
from scenarios.requests.fixes import NO_FIXES, FixesFile
from scenarios.requests.headways import WishedHeadway


@dataclass(frozen=True, kw_only=True)
class PlannerOptions(ServiceOptions):
    """Options of the planner: the plain options, the number of threads, the fixes, and a plan to start from.

    `headways` are wished headways instead of decided ones. `fixes` are the fixes of the user; `start` is a plan to
    start from instead of today's timetable.

    The effort sets how much is searched, counted in changes that are tried. The same options and seed give the same
    plan on any machine, for any number of workers, unless `time_limit_s` or a stop ends the search; the plan's facts
    then record that.
    """

    workers: int = 2
    fixes: FixesFile = NO_FIXES
    start: Plan | None = None
    headways: tuple[WishedHeadway, ...] = ()

    @property
    def headway_choice(self) -> HeadwayWish:
        """The selection among demand-led headways; its objective is also that of the timing."""
        return HeadwayWish(self.objective, self.pick, self.mean_waiting_s)
