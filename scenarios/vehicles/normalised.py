"""The normalised energy of a vehicle: kWh for each train-km on the same runs, with the same load and temperature.

All vehicles of a type are compared on the sections of the line in both directions, driven under the constant speed caps
that give today's running times, with half of the normal load, and with the auxiliaries at the temperature of the
scenario. The metering point is the collector: drawn less regenerated energy, plus auxiliaries.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.calibration.fitted_parameters import COUNT, P
from energy_models.calibration.parameters import VehicleParameters, parameters_of, with_parameters
from energy_models.drive_losses import DriveLosses, regeneration_efficiency, traction_efficiency
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Infeasible
from energy_models.running_times import followed_by
from energy_models.train import Efficiency, Train
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.build import profile_library, train_of
from scenarios.values.running_times_today import given_running_times
from scenarios.vehicles.calibrated import SI_NAMES, CalibratedVehicle, Interval95, NormalisedEnergy, apply

if TYPE_CHECKING:
    # Its solver takes a second to import, and only the calibration itself needs it.
    from energy_models.calibration.estimate import Calibration

LOAD_SHARE = 0.5
_STEP = 0.01
_SIGMAS = 1.96
_PROBE = 0.1
_OF_ENERGY = (
    P.TARE, P.ROTATING, P.A, P.B, P.C,
    P.TRACTION_CONSTANT, P.TRACTION_SHARE, P.TRACTION_FORCE, P.TRACTION_SPEED,
    P.BRAKE_CONSTANT, P.BRAKE_SHARE, P.BRAKE_FORCE, P.BRAKE_SPEED,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ReferenceRuns:
    """The runs on which the vehicles of one train type are compared, and the nominal train of the type.

    `sensitivity` is the relative change of the normalised energy for a relative change of each parameter, by the names
    of the vehicle file.
    """

    profiles: tuple[DrivingProfile, ...]
    train: Train
    sensitivity: Mapping[str, float]

    def kwh_per_km(self, train: Train) -> float:
        """The normalised energy of a train."""
        return _kwh_per_km(self.profiles, train)

    @property
    def seconds_per_km(self) -> float:
        """Running time of the runs by their length."""
        metres = sum(float(one.distance_m[-1] - one.distance_m[0]) for one in self.profiles)
        return sum(one.running_time_s for one in self.profiles) / (metres / 1000.0)

    def relative_error(self, model: CalibratedVehicle) -> float:
        """The relative standard error of the normalised energy of a model.

        A file of an earlier version has only the intervals of its parameters; they then count as independent, which
        makes the error too large.
        """
        if model.normalised is not None:
            one = model.normalised
            return (one.interval_95.upper - one.interval_95.lower) / (2.0 * _SIGMAS * one.value)
        total = 0.0
        for name, change in self.sensitivity.items():
            one = getattr(model.parameters, name)
            if one is not None and one.value > 0.0:
                half = (one.interval_95.upper - one.interval_95.lower) / 2.0
                total += (change * half / (_SIGMAS * one.value)) ** 2
        return sqrt(total)


def reference_runs(scenario: Scenario, train_type: str) -> ReferenceRuns:
    """The reference runs of a train type: each section of the line that its nominal train can run in today's time."""
    library = profile_library(scenario, train_of(scenario, train_type), train_type)
    load = LOAD_SHARE * library.train.capacity_normal
    times: dict[tuple[str, int], float] = {}
    for given in given_running_times(scenario):
        key = (given.direction, given.section)
        times[key] = min(times.get(key, np.inf), float(given.running_time_s))
    profiles = []
    for direction in DIRECTIONS:
        for section in range(len(library.sections[direction])):
            least_s = library.minimum_time_s(direction, section, load)
            time_s = max(times.get((direction, section), 1.1 * least_s), 1.001 * least_s)
            try:
                profiles.append(library.profile(direction, section, time_s, load, "speed_cap"))
            except Infeasible:
                continue
    runs = tuple(profiles)
    nominal = parameters_of(library.train)
    least = _kwh_per_km(runs, library.train)
    sensitivity = {}
    for name, (inside, _, _) in SI_NAMES.items():
        changed = VehicleParameters(**{**asdict(nominal), inside: getattr(nominal, inside) * (1.0 + _STEP)})
        sensitivity[name] = (_kwh_per_km(runs, with_parameters(library.train, changed)) / least - 1.0) / _STEP
    return ReferenceRuns(runs, library.train, sensitivity)


def normalised_energy(
    calibration: "Calibration", model: CalibratedVehicle, runs: ReferenceRuns
) -> NormalisedEnergy | None:
    """The normalised energy of a calibration; None if the regeneration or the traction is not estimated.

    The interval contains the noise of all parameters together, with their correlations (delta method), and the declared
    accuracy of the meter, to which the energy is proportional. A scale error of the load sensor changes masses,
    resistance and efficiencies by one share, and the energy not at all.
    """
    if {"traction_efficiency", "regeneration_efficiency"} & set(calibration.not_estimated):
        return None
    train = apply(model, runs.train)
    x = _places(calibration)
    value = runs.kwh_per_km(_train_at(x, train))
    gradient = np.zeros(COUNT)
    for place in _OF_ENERGY:
        step = _PROBE * sqrt(max(float(calibration.covariance[place, place]), 0.0))
        if step > 0.0:
            high, low = x.copy(), x.copy()
            high[place] += step
            low[place] -= step
            gradient[place] = runs.kwh_per_km(_train_at(high, train)) - runs.kwh_per_km(_train_at(low, train))
            gradient[place] /= 2.0 * step
    noise = sqrt(max(float(gradient @ calibration.covariance @ gradient), 0.0))
    of_auxiliaries = calibration.auxiliary.standard_error_w / 3.6e6 * runs.seconds_per_km
    half = _SIGMAS * hypot(noise, of_auxiliaries, calibration.classes.energy * value)
    figures = [float(f"{one:.7g}") for one in (value, value - half, value + half)]
    return NormalisedEnergy(value=figures[0], interval_95=Interval95(lower=figures[1], upper=figures[2]))


def _places(calibration: "Calibration") -> FloatArray:
    """The estimates as the vector of the fit, as far as the energy depends on them."""
    x = np.zeros(COUNT)
    one = calibration.parameters
    x[P.TARE], x[P.ROTATING] = one.tare_kg, one.rotating_mass_kg
    x[[P.A, P.B, P.C]] = one.resistance_constant_n, one.resistance_per_m_s_n, one.resistance_per_m_s_squared_n
    for first, losses in (
        (P.TRACTION_CONSTANT, calibration.traction_losses),
        (P.BRAKE_CONSTANT, calibration.regeneration_losses),
    ):
        x[first : first + 4] = tuple(asdict(losses).values())
    return x


def _train_at(x: FloatArray, train: Train) -> Train:
    """The train with the parameters of a vector of the fit."""
    traction, brake = (
        DriveLosses(*(float(value) for value in x[first : first + 4]))
        for first in (P.TRACTION_CONSTANT, P.BRAKE_CONSTANT)
    )
    return replace(
        train,
        tare_kg=float(x[P.TARE]),
        rotating_mass_kg=float(x[P.ROTATING]),
        resistance_n=(float(x[P.A]), float(x[P.B]), float(x[P.C])),
        traction_efficiency=traction_efficiency(traction, train.traction, train.maximum_speed_m_s),
        regeneration_efficiency=regeneration_efficiency(brake, train.electric_brake, train.maximum_speed_m_s),
    )


def with_energy(train: Train, factor: float) -> Train:
    """The train with all energies at the collector multiplied by a factor, as if its meter had this error of scale."""
    return replace(
        train,
        traction_efficiency=_scaled(train.traction_efficiency, 1.0 / factor),
        regeneration_efficiency=_scaled(train.regeneration_efficiency, factor),
        auxiliary_w=train.auxiliary_w * factor,
    )


def _scaled(efficiency: Efficiency, factor: float) -> Efficiency:
    return replace(efficiency, share=np.minimum(efficiency.share * factor, 1.0))


def _kwh_per_km(profiles: tuple[DrivingProfile, ...], train: Train) -> float:
    energy_j = sum(followed_by(one, train).net_energy_j + train.auxiliary_w * one.running_time_s for one in profiles)
    metres = sum(float(one.distance_m[-1] - one.distance_m[0]) for one in profiles)
    return energy_j / 3.6e6 / (metres / 1000.0)
