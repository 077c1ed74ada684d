"""The potential of a plan: comparison with the lower bound and with the mean over phases of today's timetable."""

from concurrent.futures import ThreadPoolExecutor

from dispatch.energy.line_model import LineModel
from dispatch.energy.lower_bound import energy_bound, share_of_gap_closed
from dispatch.energy.phase_mean import energy_by_phase_j
from dispatch.energy.planned_day import PlannedDays
from dispatch.energy.planned_movements import turnback_stand
from dispatch.plans.potential import Potential
from dispatch.plans.timetable import Timetable
from dispatch.timing.limits import TimingLimits
from energy_models.account.energy import J_PER_KWH
from scenarios.schema.base import DIRECTIONS


def potential_of(
    today: Timetable,
    before: Timetable,
    after: Timetable,
    line: LineModel,
    timing_limits: TimingLimits,
    workers: int = 1,
    days: PlannedDays | None = None,
) -> Potential:
    """Bound and gap of a plan with the same trips as `before`; energy and mean over phases of `today`.

    `days` are the days of the line, if others use them as well.
    """
    days = days or PlannedDays(line)
    # Days that are equal are solved once if they are solved one after another.
    energy_j = days.energy_j
    today_j, before_j, after_j = (energy_j(day) for day in (today, before, after))
    with ThreadPoolExecutor(max(1, workers)) as pool:
        ladder_today_j, ladder_after_j = pool.map(lambda day: energy_j(day, "ladder"), (today, after))
    bound_j = energy_bound(
        before, line, timing_limits.turnback_shortest_s, timing_limits.dwell_to_run_s, workers, timing_limits.longer_s,
        timing_limits.turnback_at_s,
    ).energy_j  # fmt: skip
    planned = days.energy(after)
    by_phase_j = energy_by_phase_j(today, line, workers=workers)
    return Potential(
        today_kwh=today_j / J_PER_KWH,
        before_kwh=before_j / J_PER_KWH,
        after_kwh=after_j / J_PER_KWH,
        bound_kwh=bound_j / J_PER_KWH,
        share_of_gap_closed=share_of_gap_closed(before_j, after_j, bound_j),
        mean_phase_share=float(by_phase_j.mean() / by_phase_j[0]),
        ladder_kwh=(ladder_today_j / J_PER_KWH, ladder_after_j / J_PER_KWH),
        losses_kwh=planned.losses_j / J_PER_KWH,
        unused_braking_kwh=planned.unused_braking_j / J_PER_KWH,
        longer_stands_kwh=_longer_stands_j(after, line, timing_limits) / J_PER_KWH,
    )


def _longer_stands_j(timetable: Timetable, line: LineModel, timing_limits: TimingLimits) -> float:
    """Energy of the auxiliaries during stands at terminals, less that of the shortest turnbacks in the bound."""
    operation, longer_j = line.scenario.operation, 0.0
    for duty in timetable.duties().values():
        for trip, next_trip in zip(duty, (*duty[1:], None), strict=True):
            stand = turnback_stand(trip, next_trip.start_s if next_trip is not None else None, line.library, operation)
            shortest_s = timing_limits.turnback_at_s.get(
                trip.stations[-1], timing_limits.turnback_shortest_s[DIRECTIONS.index(trip.direction)]
            )
            shortest_s = min(shortest_s, operation.shut_down_after_s)
            longer_j += line.train_of(trip.vehicle).auxiliary_w * (stand.to_s - stand.from_s - shortest_s)
    return longer_j
