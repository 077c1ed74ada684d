"""The parameters of the real train that nobody knows: what a calibration is to find again."""

from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from energy_models.train import Efficiency, Train


@dataclass(frozen=True)
class VehicleParameters:
    """The eight numbers that a calibration estimates, for the whole train without passengers.

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
    """The parameters of a train; of an efficiency map the mean of its entries."""
    constant, linear, quadratic = train.resistance_n
    return VehicleParameters(
        tare_kg=train.tare_kg,
        rotating_mass_kg=train.rotating_mass_kg,
        resistance_constant_n=constant,
        resistance_per_m_s_n=linear,
        resistance_per_m_s_squared_n=quadratic,
        traction_efficiency=float(np.mean(train.traction_efficiency.share)),
        regeneration_efficiency=float(np.mean(train.regeneration_efficiency.share)),
        auxiliary_w=train.auxiliary_w,
    )


def with_parameters(train: Train, parameters: VehicleParameters) -> Train:
    """The same train with these parameters; effort curves, limits and capacity stay.

    An efficiency map keeps its shape and is scaled so that its mean is the parameter.
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
        traction_efficiency=_scaled(train.traction_efficiency, parameters.traction_efficiency),
        regeneration_efficiency=_scaled(train.regeneration_efficiency, parameters.regeneration_efficiency),
        auxiliary_w=parameters.auxiliary_w,
    )


def draw_hidden(train: Train, rng: np.random.Generator) -> VehicleParameters:
    """Draw what a real train of this type may be like; the spreads are assumed.

    Masses and efficiencies a few percent around the type's, resistance up to a quarter, auxiliaries from 10 % below to
    40 % above, as heating and cooling are the part of a data sheet that ages worst. Efficiencies stay below 0.97.
    """
    nominal = parameters_of(train)

    def around(value: float, below: float, above: float) -> float:
        return value * float(rng.uniform(1.0 - below, 1.0 + above))

    return VehicleParameters(
        tare_kg=around(nominal.tare_kg, 0.02, 0.06),
        rotating_mass_kg=around(nominal.rotating_mass_kg, 0.20, 0.30),
        resistance_constant_n=around(nominal.resistance_constant_n, 0.20, 0.25),
        resistance_per_m_s_n=around(nominal.resistance_per_m_s_n, 0.20, 0.25),
        resistance_per_m_s_squared_n=around(nominal.resistance_per_m_s_squared_n, 0.20, 0.25),
        traction_efficiency=min(around(nominal.traction_efficiency, 0.05, 0.03), 0.97),
        regeneration_efficiency=min(around(nominal.regeneration_efficiency, 0.08, 0.03), 0.97),
        auxiliary_w=around(nominal.auxiliary_w, 0.10, 0.40),
    )


def _scaled(efficiency: Efficiency, share: float) -> Efficiency:
    return replace(efficiency, share=efficiency.share * (share / float(np.mean(efficiency.share))))
