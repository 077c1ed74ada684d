"""How good a plan is beside what is possible, and beside what is chance in today's timetable."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import JsonValue

from dispatch.bound import energy_bound, share_of_gap_closed
from dispatch.phase_mean import energy_by_phase_j
from dispatch.timetable import Timetable
from dispatch.timing.rules import TimingRules
from dispatch.traffic import NO_OTHERS, OtherLibraries, planned_energy_j
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train

J_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Evidence:
    """A plan beside its lower bound and beside today's mean over phases; all without noise, on the equivalent track.

    `today_kwh` is the timetable in force, `before_kwh` and `after_kwh` the planned trips run as today and as they are
    retimed, at the substation terminals; at equal service the first two are one. `bound_kwh` is what no timing of these
    trips goes below (`dispatch.bound`), `share_of_gap_closed` how far the plan goes there from `before_kwh`.
    `mean_phase_share` is the mean energy over all phases between the two directions as a share of that at today's
    phase.
    """

    today_kwh: float
    before_kwh: float
    after_kwh: float
    bound_kwh: float
    share_of_gap_closed: float
    mean_phase_share: float

    @property
    def bound_percent(self) -> float:
        """The saving against today that no timing of these trips exceeds; negative where more trains run."""
        return 100.0 * (1.0 - self.bound_kwh / self.today_kwh) if self.today_kwh > 0.0 else 0.0

    @property
    def against_mean_phase_percent(self) -> float:
        """What the plan saves against the mean over all phases, without noise."""
        return against_mean_phase_percent(self.today_kwh, self.after_kwh, self.mean_phase_share)

    def document(self) -> dict[str, JsonValue]:
        """The figures as plain JSON, for the plan's metadata."""
        return {
            "today_kwh": round(self.today_kwh, 1),
            "before_kwh": round(self.before_kwh, 1),
            "after_kwh": round(self.after_kwh, 1),
            "bound_kwh": round(self.bound_kwh, 1),
            "share_of_gap_closed": round(self.share_of_gap_closed, 4),
            "mean_phase_share": round(self.mean_phase_share, 5),
            "saving_against_mean_phase_percent": round(self.against_mean_phase_percent, 2),
        }


def against_mean_phase_percent(today_kwh: float, after_kwh: float, mean_phase_share: float) -> float:
    """A saving in per cent of what today's service would draw on average over all phases of the two directions."""
    mean_kwh = today_kwh * mean_phase_share
    return 100.0 * (1.0 - after_kwh / mean_kwh) if mean_kwh > 0.0 else 0.0


def evidence_of(
    today: Timetable,
    before: Timetable,
    after: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    rules: TimingRules,
    workers: int = 1,
    others: OtherLibraries = NO_OTHERS,
) -> Evidence:
    """Bound and gap for a plan of the same trips as `before`, and energy and mean over phases of `today`'s timetable.

    `others` are the vehicles of further train types.
    """
    with ThreadPoolExecutor(max(1, workers)) as pool:
        days = (today, before, after)
        energies = pool.map(lambda day: planned_energy_j(day, library, train, network, others), days)
        today_j, before_j, after_j = energies
    bound_j = energy_bound(
        before, library, train, network, rules.turnback_shortest_s, rules.dwell_to_run_s, workers, rules.longer_s,
        rules.turnback_at_s, tuple(dict.fromkeys(others.values())),
    ).energy_j  # fmt: skip
    by_phase_j = energy_by_phase_j(today, library, train, network, workers=workers, others=others)
    return Evidence(
        today_kwh=today_j / J_PER_KWH,
        before_kwh=before_j / J_PER_KWH,
        after_kwh=after_j / J_PER_KWH,
        bound_kwh=bound_j / J_PER_KWH,
        share_of_gap_closed=share_of_gap_closed(before_j, after_j, bound_j),
        mean_phase_share=float(by_phase_j.mean() / by_phase_j[0]),
    )
