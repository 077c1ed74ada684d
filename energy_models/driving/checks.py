"""Checks of a track and a train before the computation: every fault at once."""

from collections.abc import Iterator

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.faults import Fault
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2, Efficiency, ForceCurve, Train

_STEEPEST_SLOPE = 0.15


def faults_of(track: SectionTrack | None, train: Train | None, passengers: float = 0.0) -> tuple[Fault, ...]:
    """Every fault of a track, of a train, and of this train at the start of this track; empty without a fault."""
    faults: list[Fault] = []
    if track is not None:
        faults += _track_faults(track)
    if train is not None:
        faults += _train_faults(train)
    if track is not None and train is not None and not faults:
        faults += _start_faults(track, train, passengers)
    return tuple(faults)


def _track_faults(track: SectionTrack) -> Iterator[Fault]:
    place = track.name or "track"
    count = track.boundary_m.size - 1
    if count < 1:
        yield Fault("", place, "boundary_m", str(track.boundary_m.tolist()), "at least two boundaries")
        return
    for field in ("speed_limit_m_s", "slope", "curve_resistance"):
        values: FloatArray = getattr(track, field)
        if values.size != count:
            yield Fault("", place, field, f"{values.size} values", f"one for each of the {count} segments")
        elif not np.all(np.isfinite(values)):
            yield Fault("", place, field, str(values.tolist()), "finite numbers")
    if track.boundary_m[0] != 0.0:
        yield Fault("", place, "boundary_m", f"{track.boundary_m[0]:g}", "0 m at the stopping point departed from")
    for before, after in zip(track.boundary_m[:-1], track.boundary_m[1:], strict=True):
        if not after > before:
            yield Fault(
                "", place, "boundary_m", f"{after:g} m after {before:g} m",
                "boundaries that increase (segments must not overlap)",
            )  # fmt: skip
    for index in np.flatnonzero(~(track.speed_limit_m_s > 0)).tolist():
        yield Fault("", place, f"speed_limit_m_s[{index}]", f"{track.speed_limit_m_s[index]:g}", "more than 0 m/s")
    for index in np.flatnonzero(~(np.abs(track.slope) <= _STEEPEST_SLOPE)).tolist():
        yield Fault(
            "", place, f"slope[{index}]", f"{track.slope[index]:g}", f"within ±{_STEEPEST_SLOPE:g} (rise over run)"
        )
    for index in np.flatnonzero(~(track.curve_resistance >= 0)).tolist():
        yield Fault("", place, f"curve_resistance[{index}]", f"{track.curve_resistance[index]:g}", "not negative")


def _train_faults(train: Train) -> Iterator[Fault]:
    for field in ("tare_kg", "maximum_speed_m_s", "maximum_acceleration_m_s2", "maximum_deceleration_m_s2",
                  "maximum_jerk_m_s3", "service_brake_force_n"):  # fmt: skip
        value = getattr(train, field)
        if not value > 0:
            yield Fault("", "train", field, f"{value:g}", "more than 0")
    for field in ("rotating_mass_kg", "passenger_kg", "length_m", "friction_brake_force_n", "auxiliary_w"):
        value = getattr(train, field)
        if not value >= 0:
            yield Fault("", "train", field, f"{value:g}", "not negative")
    if len(train.resistance_n) != 3 or not all(0 <= value < np.inf for value in train.resistance_n):
        yield Fault("", "train", "resistance_n", str(train.resistance_n), "three finite numbers, none negative")
    yield from _curve_faults("traction", train.traction)
    yield from _curve_faults("electric_brake", train.electric_brake)
    if not train.traction.force_n.size or not np.max(train.traction.force_n, initial=0.0) > 0:
        yield Fault("", "train", "traction", "0 N", "more than 0 N at some speed")
    if not (np.max(train.electric_brake.force_n, initial=0.0) > 0 or train.friction_brake_force_n > 0):
        yield Fault(
            "", "train", "electric_brake, friction_brake_force_n", "0 N", "a brake: at least one of them above 0"
        )
    yield from _efficiency_faults("traction_efficiency", train.traction_efficiency, lowest=1e-3)
    yield from _efficiency_faults("regeneration_efficiency", train.regeneration_efficiency, lowest=0.0)


def _curve_faults(name: str, curve: ForceCurve) -> Iterator[Fault]:
    if curve.speed_m_s.size != curve.force_n.size or curve.speed_m_s.size == 0:
        yield Fault(
            "",
            "train",
            name,
            f"{curve.speed_m_s.size} speeds, {curve.force_n.size} forces",
            "as many of each, at least one",
        )
        return
    for index in np.flatnonzero(~(np.diff(curve.speed_m_s) > 0)).tolist():
        yield Fault(
            "", "train", f"{name}.speed_m_s", f"{curve.speed_m_s[index + 1]:g} after {curve.speed_m_s[index]:g} m/s",
            "speeds that increase",
        )  # fmt: skip
    for index in np.flatnonzero(~((curve.force_n >= 0) & np.isfinite(curve.force_n))).tolist():
        yield Fault("", "train", f"{name}.force_n", f"{curve.force_n[index]:g} N", "a finite force, not negative")
    # A brake curve may rise at first, because the electric brake fades in; the traction force never rises with speed.
    if name == "traction":
        for index in np.flatnonzero(np.diff(curve.force_n) > 0).tolist():
            yield Fault(
                "", "train", f"{name}.force_n",
                f"{curve.force_n[index + 1]:g} N at {curve.speed_m_s[index + 1]:g} m/s after "
                f"{curve.force_n[index]:g} N at {curve.speed_m_s[index]:g} m/s",
                "a force that does not rise with speed",
            )  # fmt: skip
    else:
        fallen = False
        for index, change in enumerate(np.diff(curve.force_n).tolist()):
            if change > 0 and fallen:
                yield Fault(
                    "", "train", f"{name}.force_n",
                    f"{curve.force_n[index + 1]:g} N at {curve.speed_m_s[index + 1]:g} m/s after "
                    f"{curve.force_n[index]:g} N at {curve.speed_m_s[index]:g} m/s",
                    "a force that does not rise again with speed once it has fallen",
                )  # fmt: skip
            fallen = fallen or change < 0
    if not curve.power_w > 0:
        yield Fault("", "train", f"{name}.power_w", f"{curve.power_w:g}", "more than 0 W")


def _efficiency_faults(name: str, efficiency: Efficiency, lowest: float) -> Iterator[Fault]:
    shape = (efficiency.force_n.size, efficiency.speed_m_s.size)
    if efficiency.share.shape != shape:
        yield Fault("", "train", name, f"shape {efficiency.share.shape}", f"shape {shape}: forces by speeds")
        return
    for axis in ("force_n", "speed_m_s"):
        if not np.all(np.diff(getattr(efficiency, axis)) > 0):
            yield Fault("", "train", f"{name}.{axis}", str(getattr(efficiency, axis).tolist()), "values that increase")
    if not np.all((efficiency.share >= lowest) & (efficiency.share <= 1.0)):
        yield Fault(
            "",
            "train",
            f"{name}.share",
            f"{efficiency.share.min():g} to {efficiency.share.max():g}",
            f"within {lowest:g} to 1",
        )


def _start_faults(track: SectionTrack, train: Train, passengers: float) -> Iterator[Fault]:
    weight = train.mass_kg(passengers) * GRAVITY_M_S2
    needed = train.resistance_n[0] + weight * float(track.slope[0] + track.curve_resistance[0])
    force = float(train.traction.at(0.0))
    if needed >= force:
        yield Fault(
            "", track.name or "track", "traction", f"{force / 1000:.1f} kN at standstill",
            f"more than the {needed / 1000:.1f} kN that the train ({train.mass_kg(passengers) / 1000:.0f} t) needs to "
            f"start on {1000 * float(track.slope[0]):.1f} permil",
        )  # fmt: skip
