"""What a calibration found besides the eight parameters: losses of the drive, sensors, line, and quality of the fit."""

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from energy_models.drive_losses import DriveLosses
from scenarios.schema.base import Number, Part, Text, Whole

if TYPE_CHECKING:
    from energy_models.calibration.estimate import Calibration

_KN = 1e3


class LossCoefficients(Part):
    """Losses of the drive at force F and speed v with P = F v at the wheel, while the drive works."""

    constant_kw: Number
    """Constant part."""
    power_share: Number
    """Share of P."""
    force_squared_w_per_kn2: Number
    """Factor of F²."""
    speed_squared_w_s2_per_m2: Number
    """Factor of v²."""

    def losses(self) -> DriveLosses:
        """The losses in SI units."""
        return DriveLosses(
            self.constant_kw * 1e3,
            self.power_share,
            self.force_squared_w_per_kn2 / _KN**2,
            self.speed_squared_w_s2_per_m2,
        )


class CalibratedLosses(Part):
    """Losses of the drive between collector and wheel, by force and speed; missing if they are not estimated."""

    traction: LossCoefficients | None = None
    """Losses in traction."""
    regeneration: LossCoefficients | None = None
    """Losses in electric braking."""


class WheelPeriod(Part):
    """A period with one scale of the speed sensor of one vehicle."""

    vehicle: Text
    """Identifier of the trainset."""
    since_s: Number | None = None
    """Begin of the period, in seconds of the service day; missing for the first period."""
    scale: Annotated[Number, Field(gt=0)]
    """Measured speed divided by true speed."""
    runs: Annotated[Whole, Field(ge=0)]
    """Runs between stations that show the scale."""


class RecordedSensors(Part):
    """The sensors behind the telemetry, as far as it shows them, and their declared accuracy."""

    meter_lag_s: Number
    """Lag of the energy meter behind the speed sensor; already taken out."""
    meter_lag_lower_s: Number
    """Lower end of its 95 % interval."""
    meter_lag_upper_s: Number
    """Upper end of its 95 % interval."""
    wheels: tuple[WheelPeriod, ...]
    """Scales of the speed sensors; already taken out."""
    energy_class: Annotated[Number, Field(ge=0)]
    """Declared accuracy of voltage times current, as a share; part of the intervals."""
    load_class: Annotated[Number, Field(ge=0)]
    """Declared accuracy of the load sensor's scale, as a share; part of the intervals."""
    load_zero_t: Annotated[Number, Field(ge=0)]
    """Declared accuracy of the load sensor's zero, in t; part of the intervals."""


class DoubtfulGradient(Part):
    """A stretch of the line where the scenario's gradient contradicts the telemetry."""

    from_m: Number
    """Begin by chainage."""
    to_m: Number
    """End by chainage."""
    correction_permil: Number
    """What has to be added to the gradient, in the direction of increasing chainage."""
    standard_error_permil: Annotated[Number, Field(ge=0)]
    """Its standard error."""


class FitQuality(Part):
    """How well one train explains the telemetry."""

    intervals_widened_by: Annotated[Number, Field(ge=1)]
    """Factor of all intervals because of residuals that are larger than noise; 1 if there are none."""
    misfits: tuple[Text, ...] = ()
    """The groups of seconds with such residuals, the largest first."""
    mass_spread_over_m: Annotated[Number, Field(ge=0)]
    """Length over which gradients and curves act; 0: they act at a point."""
    curve_resistance_share: Number
    """Curve resistance divided by that of the scenario."""
    gradient_error_permil: Annotated[Number, Field(ge=0)]
    """Standard deviation of the errors of the scenario's gradients over 100 m."""
    doubtful_gradients: tuple[DoubtfulGradient, ...] = ()
    """Stretches whose gradient is certainly wrong."""
    together: tuple[Text, ...] = ()
    """Quantities that the telemetry cannot tell apart well, and the combination that it determines."""
    auxiliary_kw_per_c: Number | None = None
    """Rise of the auxiliaries with the outside temperature; missing if the temperature hardly varies."""


def losses_of(calibration: "Calibration") -> CalibratedLosses:
    """The losses that the calibration estimated."""
    return CalibratedLosses(
        traction=None
        if "traction_efficiency" in calibration.not_estimated
        else _coefficients(calibration.traction_losses),
        regeneration=None
        if "regeneration_efficiency" in calibration.not_estimated
        else _coefficients(calibration.regeneration_losses),
    )


def sensors_of(calibration: "Calibration") -> RecordedSensors:
    """The sensors of the telemetry."""
    lag, classes = calibration.lag, calibration.classes
    wheels = tuple(
        WheelPeriod(
            vehicle=name,
            since_s=None if not np.isfinite(one.since_s) else round(one.since_s, 1),
            scale=round(one.scale, 6),
            runs=one.runs,
        )
        for name, periods in calibration.speed_scales.items()
        for one in periods
    )
    return RecordedSensors(
        meter_lag_s=round(lag.value, 3), meter_lag_lower_s=round(lag.lower, 3), meter_lag_upper_s=round(lag.upper, 3),
        wheels=wheels, energy_class=classes.energy, load_class=classes.load_scale,
        load_zero_t=classes.load_zero_kg / 1e3,
    )  # fmt: skip


def quality_of(calibration: "Calibration") -> FitQuality:
    """The quality of the fit in the words of the vehicle file."""
    verdict, slope = calibration.verdict, calibration.auxiliary.slope_w_per_c
    return FitQuality(
        intervals_widened_by=round(verdict.widened, 3),
        misfits=tuple(
            f"{one.view} {one.group}: {one.power_kw:+.1f} kW measured minus modelled "
            f"({one.deviation:+.1f} standard errors)"
            for one in verdict.misfits
        ),
        mass_spread_over_m=calibration.mass.length_m,
        curve_resistance_share=round(calibration.curve_share, 3),
        gradient_error_permil=round(calibration.gradient_spread * 1e3, 3),
        doubtful_gradients=tuple(
            DoubtfulGradient(
                from_m=one.from_m, to_m=one.to_m, correction_permil=round(one.correction * 1e3, 2),
                standard_error_permil=round(one.standard_error * 1e3, 2),
            )
            for one in calibration.gradient_errors
        ),
        together=tuple(
            f"{one.apart} is known to {one.apart_half:.1%}, {one.together} to {one.together_half:.1%} (noise only)"
            for one in calibration.combinations
        ),
        auxiliary_kw_per_c=round(slope / 1e3, 3) if np.isfinite(slope) else None,
    )  # fmt: skip


def _coefficients(losses: DriveLosses) -> LossCoefficients:
    def figures(value: float) -> float:
        return float(f"{value:.7g}")

    return LossCoefficients(
        constant_kw=figures(losses.constant_w / 1e3),
        power_share=figures(losses.power_share),
        force_squared_w_per_kn2=figures(losses.force_squared_w_per_n2 * _KN**2),
        speed_squared_w_s2_per_m2=figures(losses.speed_squared_w_s2_per_m2),
    )
