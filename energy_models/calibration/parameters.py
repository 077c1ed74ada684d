"""The parameters of a train that a calibration estimates, and a train with other values of them."""

from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from energy_models.drive_losses import mean_over_acceleration, scaled_to
from energy_models.train import Train


@dataclass(frozen=True)
class VehicleParameters:
    """The eight numbers that describe a train, for the whole train without passengers.

    Resistance is A + B v + C v² in N (v in m/s); efficiencies are shares between collector and wheel.
    """

    tare_kg: float
    rotating_mass_kg: float
    resistance_constant_n: float
    resistance_per_m_s_n: float
    resistance_per_m_s_squared_n: float
    traction_efficiency: float
    regeneration_efficiency: float
    auxiliary_w: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not np.isfinite(value):
                raise ValueError(f"{name}(={value}) must be a finite number")


PARAMETER_NAMES: tuple[str, ...] = tuple(field.name for field in fields(VehicleParameters))


def parameters_of(train: Train) -> VehicleParameters:
    """The parameters of a train; of an efficiency map its mean over a full-effort change of speed."""
    constant, linear, quadratic = train.resistance_n
    return VehicleParameters(
        tare_kg=train.tare_kg,
        rotating_mass_kg=train.rotating_mass_kg,
        resistance_constant_n=constant,
        resistance_per_m_s_n=linear,
        resistance_per_m_s_squared_n=quadratic,
        traction_efficiency=mean_over_acceleration(train.traction_efficiency, train.traction, train.maximum_speed_m_s),
        regeneration_efficiency=mean_over_acceleration(
            train.regeneration_efficiency, train.electric_brake, train.maximum_speed_m_s
        ),
        auxiliary_w=train.auxiliary_w,
    )


def with_parameters(train: Train, parameters: VehicleParameters) -> Train:
    """The same train with these parameters; effort curves, limits and capacity stay.

    An efficiency map keeps its shape; its mean over a full-effort change of speed becomes the parameter.
    """
    return replace(
        train,
        tare_kg=parameters.tare_kg,
        rotating_mass_kg=parameters.rotating_mass_kg,
        resistance_n=(
            parameters.resistance_constant_n,
            parameters.resistance_per_m_s_n,
            parameters.resistance_per_m_s_squared_n,
        ),
        traction_efficiency=scaled_to(
            train.traction_efficiency, train.traction, train.maximum_speed_m_s, parameters.traction_efficiency
        ),
        regeneration_efficiency=scaled_to(
            train.regeneration_efficiency,
            train.electric_brake,
            train.maximum_speed_m_s,
            parameters.regeneration_efficiency,
        ),
        auxiliary_w=parameters.auxiliary_w,
    )
