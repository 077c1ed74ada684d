"""The potential of a plan: its comparison with the lower bound and with the mean over phases of today's timetable."""

from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True)
class Potential:
    """A plan, its lower bound, and the mean over phases of today's timetable; all with every train on time.

    All energies but `ladder_kwh` are computed on the equivalent track.

    `today_kwh` is the timetable in force, `before_kwh` the planned trips with the times of today, `after_kwh` the plan,
    at the substation terminals; at equal service the first two are equal. `bound_kwh` is the lower bound of all timings
    of these trips (`energy.lower_bound`), `share_of_gap_closed` the share of the difference between `before_kwh` and
    the bound that the plan closes. `mean_phase_share` is the mean energy over all phases between the two directions as
    a share of that at today's phase. `ladder_kwh` are the energies of the timetable in force and of the plan on the
    two-track ladder; None if not computed. `losses_kwh` are the losses of rails and contact lines of the plan, and
    `unused_braking_kwh` is the braking energy that no train and no storage takes. `longer_stands_kwh` is the energy of
    the auxiliaries while trains stand at terminals longer than the shortest turnback. The bound has none of these; the
    rest of the difference between the plan and the bound is energy of the trains above the least possible.
    """

    today_kwh: float
    before_kwh: float
    after_kwh: float
    bound_kwh: float
    share_of_gap_closed: float
    mean_phase_share: float
    ladder_kwh: tuple[float, float] | None = None
    losses_kwh: float | None = None
    unused_braking_kwh: float | None = None
    longer_stands_kwh: float | None = None

    @property
    def bound_percent(self) -> float:
        """The limit of the saving against today for all timings of these trips; negative if more trains run."""
        return 100.0 * (1.0 - self.bound_kwh / self.today_kwh) if self.today_kwh > 0.0 else 0.0

    @property
    def against_mean_phase_percent(self) -> float:
        """The saving of the plan against the mean over all phases, without noise."""
        return against_mean_phase_percent(self.today_kwh, self.after_kwh, self.mean_phase_share)

    def rounded(self) -> "Potential":
        """The figures in the record of a plan."""
        return Potential(
            today_kwh=round(self.today_kwh, 1),
            before_kwh=round(self.before_kwh, 1),
            after_kwh=round(self.after_kwh, 1),
            bound_kwh=round(self.bound_kwh, 1),
            share_of_gap_closed=round(self.share_of_gap_closed, 4),
            mean_phase_share=round(self.mean_phase_share, 5),
            losses_kwh=None if self.losses_kwh is None else round(self.losses_kwh, 1),
            unused_braking_kwh=None if self.unused_braking_kwh is None else round(self.unused_braking_kwh, 1),
            longer_stands_kwh=None if self.longer_stands_kwh is None else round(self.longer_stands_kwh, 1),
        )

    def document(self) -> dict[str, JsonValue]:
        """The figures as plain JSON, for the plan's metadata."""
        gap: dict[str, JsonValue] = {}
        if self.losses_kwh is not None and self.unused_braking_kwh is not None:
            parts = {"losses": self.losses_kwh, "unused_braking": self.unused_braking_kwh}
            if self.longer_stands_kwh is not None:  # unknown in a plan of an earlier version
                parts["longer_stands"] = self.longer_stands_kwh
            parts["train_energy"] = self.after_kwh - self.bound_kwh - sum(parts.values())
            gap["gap_to_bound_kwh"] = {name: round(energy_kwh, 1) for name, energy_kwh in parts.items()}
        return gap | {
            "today_kwh": round(self.today_kwh, 1),
            "before_kwh": round(self.before_kwh, 1),
            "after_kwh": round(self.after_kwh, 1),
            "bound_kwh": round(self.bound_kwh, 1),
            "share_of_gap_closed": round(self.share_of_gap_closed, 4),
            "mean_phase_share": round(self.mean_phase_share, 5),
            "saving_against_mean_phase_percent": round(self.against_mean_phase_percent, 2),
        }


def against_mean_phase_percent(today_kwh: float, after_kwh: float, mean_phase_share: float) -> float:
    """A saving in per cent of the energy of today's service, mean over all phases of the two directions."""
    mean_kwh = today_kwh * mean_phase_share
    return 100.0 * (1.0 - after_kwh / mean_kwh) if mean_kwh > 0.0 else 0.0
