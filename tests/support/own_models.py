"""Vehicle files of single vehicles with given differences from their train type."""

from energy_models.calibration.parameters import parameters_of
from scenarios.schema import Scenario
from scenarios.values.build import train_of
from scenarios.values.fleet import vehicle_names
from scenarios.vehicles.calibrated import SI_NAMES, CalibratedVehicle


def model_of(
    scenario: Scenario, vehicle: str, factors: dict[str, float], day: str | None = None, half_width: float = 0.01
) -> CalibratedVehicle:
    """The model of a vehicle: the parameters of its type multiplied by factors, with intervals of this half width."""
    train_type = vehicle_names(scenario)[vehicle]
    nominal = parameters_of(train_of(scenario, train_type))
    parameters = {}
    for name, (inside, unit_si, unit) in SI_NAMES.items():
        given = getattr(nominal, inside) / unit_si
        value = given * factors.get(name, 1.0)
        parameters[name] = {
            "value": value,
            "interval_95": {"lower": value * (1.0 - half_width), "upper": value * (1.0 + half_width)},
            "unit": unit,
            "seconds": 3600.0,
            "scenario_value": given,
        }
    source = {
        "file": f"{vehicle}.csv", "sha256": "0" * 64, "rows": 10, "rows_excluded": 0, "seconds_used": 10.0, "runs": 1,
        "vehicles": [vehicle], "outside_temperature_c": 15.0, "day": day,
    }  # fmt: skip
    return CalibratedVehicle.model_validate(
        {
            "format": "headwatt vehicle 1",
            "scenario": scenario.name,
            "train_type": train_type,
            "source": source,
            "parameters": parameters,
        }
    )


def different_models(scenario: Scenario) -> dict[str, CalibratedVehicle]:
    """A model for each vehicle of the fleet: tare, resistance and efficiency rise or fall with the number."""
    names = tuple(vehicle_names(scenario))
    found = {}
    for number, vehicle in enumerate(names):
        share = 2.0 * number / max(1, len(names) - 1) - 1.0  # from -1 to 1
        found[vehicle] = model_of(
            scenario,
            vehicle,
            {"tare_t": 1.0 + 0.02 * share, "resistance_constant_kn": 1.0 + 0.05 * share,
             "traction_efficiency": 1.0 - 0.02 * share, "auxiliary_kw": 1.0 + 0.1 * share},
        )  # fmt: skip
    return found
