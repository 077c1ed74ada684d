"""The rolling stock of a line: a train for each train type, and the own train of each vehicle that has a model.

Vehicles of one type have the same speed profiles, those of the *leading train* of the type. It is as heavy as the
heaviest vehicle, so that each vehicle can follow its profiles, and has the median specific resistance of the vehicles,
so that a vehicle that coasts needs hardly any traction or brake to keep the profile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.driving.vehicle import efficiency_at
from energy_models.running_times import FollowedProfiles, ProfileLibrary
from energy_models.train import Efficiency, Train
from scenarios.schema import Scenario
from scenarios.values.build import profile_library, train_of
from scenarios.values.fleet import ByVehicle, vehicle_names
from scenarios.values.mileage import NO_MILEAGE, Mileage

NO_TRAINS: Mapping[str, Train] = {}
_SPEEDS = 20


@dataclass(frozen=True, eq=False)
class RollingStock:
    """The trains of a fleet.

    `of_type` has the train of each type of the fleet, the main type first: the train of its vehicles without a model of
    their own. `leading` has the leading train of each type: the same train if no vehicle has a model. `own` has the
    train of each vehicle with a model, `energy_error` the relative standard error of its energy, `mileage` the mileage
    of the vehicles; `type_of` is the type of every vehicle of the fleet.
    """

    main_type: str
    type_of: Mapping[str, str]
    of_type: Mapping[str, Train]
    leading: Mapping[str, Train]
    own: Mapping[str, Train] = field(default_factory=lambda: NO_TRAINS)
    energy_error: Mapping[str, float] = field(default_factory=dict)
    mileage: Mileage = NO_MILEAGE

    @staticmethod
    def of(scenario: Scenario, of_type: Mapping[str, Train] = NO_TRAINS) -> "RollingStock":
        """The trains of a scenario without own models; `of_type` replaces trains, for example by a calibrated train."""
        names = dict.fromkeys((scenario.main_train_type, *(part.train_type for part in scenario.fleet)))
        trains = {name: of_type.get(name) or train_of(scenario, name) for name in names}
        return RollingStock(scenario.main_train_type, vehicle_names(scenario), trains, trains)

    def with_own(self, own: Mapping[str, Train], energy_error: Mapping[str, float] | None = None) -> "RollingStock":
        """The same fleet with a train of its own for each of these vehicles, and the error of its energy.

        A vehicle without a model has the mean of the models of its type.
        """
        of_type, leading = dict(self.of_type), dict(self.leading)
        for name in of_type:
            if trains := [train for vehicle, train in own.items() if self.type_of.get(vehicle) == name]:
                of_type[name] = mean_train(trains)
                leading[name] = leading_train(trains)
        return replace(self, of_type=of_type, leading=leading, own=own, energy_error=energy_error or {})

    @property
    def main(self) -> Train:
        """The train of the main type."""
        return self.of_type[self.main_type]

    def map(self, change: Callable[[str, Train], Train]) -> "RollingStock":
        """The same fleet with changed trains; the function gets the type of each train."""
        of_type = {name: change(name, train) for name, train in self.of_type.items()}
        return replace(
            self,
            of_type=of_type,
            leading={
                name: of_type[name] if train is self.of_type[name] else change(name, train)
                for name, train in self.leading.items()
            },
            own={vehicle: change(self.type_of[vehicle], train) for vehicle, train in self.own.items()},
        )

    def of_main_changed(self, change: Callable[[Train], Train]) -> "RollingStock":
        """The same fleet with changed trains of the main type."""
        return self.map(lambda name, train: change(train) if name == self.main_type else train)

    @property
    def without_own(self) -> "RollingStock":
        """The same fleet, in which every vehicle has the train of its type; the leading trains stay."""
        return replace(self, own=NO_TRAINS)

    @property
    def content(self) -> tuple[object, ...]:
        """All trains as plain values, for a hash of the content."""
        return (self.main_type, tuple(self.of_type.items()), tuple(sorted(self.own.items(), key=lambda one: one[0])))


@dataclass(frozen=True, eq=False)
class FleetProfiles:
    """The driving profiles of a fleet: of each train type by its name, and of each vehicle."""

    of_type: Mapping[str, ProfileLibrary]
    of_vehicle: ByVehicle[ProfileLibrary]

    @property
    def main(self) -> ProfileLibrary:
        """The profiles of the main type."""
        return self.of_vehicle.main


def fleet_profiles(scenario: Scenario, stock: RollingStock) -> FleetProfiles:
    """The driving profiles of a rolling stock on a line; vehicles of one type share the computed driving."""
    of_type: dict[str, ProfileLibrary] = {}
    own: dict[str, ProfileLibrary] = {}
    for name, train in stock.of_type.items():
        leading = profile_library(scenario, stock.leading[name], name)
        of_type[name] = leading if leading.train is train else FollowedProfiles(leading, train)
        for vehicle, one in stock.own.items():
            if stock.type_of[vehicle] == name:
                own[vehicle] = FollowedProfiles(leading, one)
    others = {
        vehicle: own.get(vehicle) or of_type[name]
        for vehicle, name in stock.type_of.items()
        if vehicle in own or name != stock.main_type
    }
    return FleetProfiles(of_type, ByVehicle(of_type[stock.main_type], others))


def leading_train(trains: Sequence[Train]) -> Train:
    """The train of which vehicles that differ a little can follow the speed profiles.

    Tare and inertial mass are the largest ones. The specific resistance (by inertial mass) is the median at each speed,
    as the multiple of the resistance of the last train. Efficiencies are those of the mean train.
    """
    tare_kg = max(train.tare_kg for train in trains)
    inertia_kg = max(train.effective_mass_kg(0.0) for train in trains)
    reference = trains[-1]
    speed = _speeds(reference)
    specific = np.array([train.resistance_at(speed) / train.effective_mass_kg(0.0) for train in trains])
    wanted = np.median(specific, axis=0).sum() * inertia_kg
    scale = float(wanted / max(float(reference.resistance_at(speed).sum()), 1e-9))
    constant, linear, quadratic = (scale * one for one in reference.resistance_n)
    return replace(
        mean_train(trains),
        tare_kg=tare_kg,
        rotating_mass_kg=inertia_kg - tare_kg,
        resistance_n=(constant, linear, quadratic),
    )


def mean_train(trains: Sequence[Train]) -> Train:
    """The train with the mean masses, resistance, auxiliaries and efficiencies of several trains of one type."""

    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    constant, linear, quadratic = (mean([train.resistance_n[k] for train in trains]) for k in range(3))
    return replace(
        trains[0],
        tare_kg=mean([train.tare_kg for train in trains]),
        rotating_mass_kg=mean([train.rotating_mass_kg for train in trains]),
        resistance_n=(constant, linear, quadratic),
        auxiliary_w=mean([train.auxiliary_w for train in trains]),
        traction_efficiency=_combined([train.traction_efficiency for train in trains], np.mean),
        regeneration_efficiency=_combined([train.regeneration_efficiency for train in trains], np.mean),
    )


def thriftiest_train(trains: Sequence[Train]) -> Train:
    """A train that needs no more energy than any of several trains of one type on the same run: for lower bounds.

    Masses, resistance and auxiliaries are the smallest ones, efficiencies the largest at each force and speed.
    """
    constant, linear, quadratic = (min(train.resistance_n[k] for train in trains) for k in range(3))
    return replace(
        trains[0],
        tare_kg=min(train.tare_kg for train in trains),
        rotating_mass_kg=min(train.rotating_mass_kg for train in trains),
        resistance_n=(constant, linear, quadratic),
        auxiliary_w=min(train.auxiliary_w for train in trains),
        traction_efficiency=_combined([train.traction_efficiency for train in trains], np.max),
        regeneration_efficiency=_combined([train.regeneration_efficiency for train in trains], np.max),
    )


def _combined(efficiencies: Sequence[Efficiency], how: Callable[..., FloatArray]) -> Efficiency:
    """One value of several efficiencies at each force and speed, on the grid points of all maps.

    Each map is bilinear between its grid points, so it is exact on the finer grid.
    """
    force = np.unique(np.concatenate([one.force_n for one in efficiencies]))
    speed = np.unique(np.concatenate([one.speed_m_s for one in efficiencies]))
    shares = [efficiency_at(one, force[:, None], speed) for one in efficiencies]
    return Efficiency(frozen_floats(force), frozen_floats(speed), frozen_floats(how(shares, axis=0)))


def _speeds(train: Train) -> FloatArray:
    return np.linspace(0.0, train.maximum_speed_m_s, _SPEEDS)
