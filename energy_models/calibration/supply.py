"""No-load voltage, substation resistances and conductor resistance from substation meters and train voltages.

The network is solved for the recorded powers of all trains. Its train voltages and substation energies are compared
with the recorded ones. Gauss-Newton with a prior that leans on the scenario; covariance by blocks of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.intervals import Interval
from energy_models.faults import Fault, InputFaults
from energy_models.supply.network import SupplyNetwork, VehicleLaw
from energy_models.supply.snapshots import Snapshots
from energy_models.supply.solver import solve

WIDEST_SHARE = 0.7
"""A standard deviation above this share of that of the prior means that the readings say little."""
FEWEST_BLOCKS = 12
_LOG_SPREAD = 0.5
_VOLTAGE_SPREAD = 0.05
_MISSING_SHARE = 0.1
MOST_W = 5e7
"""No substation feeds more."""
_STEPS = 20
_SMALL = 1e-3
_LOSS_SCALE = 3.0
_LEAST_FED_SHARE = 0.3
"""Below this share of the drawn power from substations, voltages depend on how trains limit braking energy."""
_UNLIMITED = VehicleLaw(1e5, 2e5, 3.0, 2.0, 1.0)
"""Trains take and give what they were recorded to, whatever the voltage."""


@dataclass(frozen=True, eq=False)
class SupplyReadings:
    """What trains and substations recorded, at instants `snapshots.interval_s` apart.

    `snapshots` has the collector power of all trains of the line, auxiliaries included (`auxiliary_w` is zero).
    `voltage_v` and `vehicle` (a number from 0) belong to its entries. `energy_j` is the energy that each substation fed
    at its DC terminals, by period (rows) and substation; `period` is the period of each instant, -1 outside. A voltage
    is used only where `compared` is true: an instant in which the power of a train is not known gives no voltages.
    """

    snapshots: Snapshots
    voltage_v: FloatArray
    vehicle: IntArray
    energy_j: FloatArray
    period: IntArray
    compared: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SupplyEstimate:
    """The network with the estimates, and their 95 % intervals; `seconds` are those of the recorded instants.

    `conductor_ohm_per_m` is both contact lines in parallel with the return: readings of trains do not tell them apart.
    `unclear` names the quantities that the readings hardly determine, so that the scenario's value counts.
    """

    network: SupplyNetwork
    no_load_v: Interval
    resistance_ohm: tuple[Interval, ...]
    conductor_ohm_per_m: Interval
    voltage_noise_v: float
    unclear: tuple[str, ...]


def estimate_supply(
    network: SupplyNetwork, readings: SupplyReadings, *, voltage_class: float = 0.01, energy_class: float = 0.01
) -> SupplyEstimate:
    """Estimate one no-load voltage, the resistance of each substation, and one scale of all conductors.

    Args:
        network: The network of the scenario: places, start values, and the values on which the estimate leans.
        readings: Recorded powers and voltages of all trains, and energies of the substations.
        voltage_class: Standard deviation of the scale of each train's voltmeter, as a share.
        energy_class: Standard deviation of the scale of each substation meter, as a share.

    Raises:
        InputFaults: Meters or voltages that cannot be of this line, trains without telemetry, or too little data.
    """
    _check(network, readings)
    problem = _Problem(network, readings, voltage_class, energy_class)
    x, noise = problem.start(), 10.0
    for _ in range(_STEPS):
        residual, slope = problem.linear(x)
        noise = max(0.2, 1.4826 * float(np.median(np.abs(residual[: problem.voltages][problem.used]))))
        step = np.linalg.solve(*problem.normal(residual, slope, noise, x))
        x = x + np.clip(step, -0.3, 0.3)
        if np.all(np.abs(step) < _SMALL * problem.spread):
            break
    residual, slope = problem.linear(x)
    covariance = problem.covariance(residual, slope, noise, x)
    deviation = np.sqrt(np.diag(covariance))
    quantile = float(stdtrit(max(1, problem.blocks - problem.own), 0.975))
    seconds = float(readings.snapshots.count * readings.snapshots.interval_s)
    found = problem.network_at(x)

    def interval(value: float, place: int) -> Interval:
        half = quantile * float(deviation[place])
        return Interval(float(value), float(value * np.exp(-half)), float(value * np.exp(half)), seconds)

    names = ["no-load voltage", *(f"resistance of {one.name}" for one in network.substations), "conductor resistance"]
    unclear = tuple(name for place, name in enumerate(names) if deviation[place] > WIDEST_SHARE * problem.spread[place])
    return SupplyEstimate(
        found,
        interval(found.substations[0].no_load_v, 0),
        tuple(interval(one.resistance_ohm, 1 + place) for place, one in enumerate(found.substations)),
        interval(found.loop_ohm_per_m, problem.own - 1),
        noise,
        unclear,
    )


class _Problem:
    """Residuals in V and J, and their derivatives by the logarithms of the parameters and the scales of the sensors.

    Order of the parameters: no-load voltage, resistance of each substation, conductors (together `own`), then the scale
    error of each train's voltmeter and of each substation meter.
    """

    def __init__(
        self, network: SupplyNetwork, readings: SupplyReadings, voltage_class: float, energy_class: float
    ) -> None:
        self.network, self.readings = network, readings
        stations, trains = len(network.substations), int(readings.vehicle.max()) + 1
        self.own = stations + 2
        self.trains, self.stations = trains, stations
        self.voltages = len(readings.voltage_v)
        self.spread = np.concatenate(
            (
                [_VOLTAGE_SPREAD],
                np.full(stations + 1, _LOG_SPREAD),
                np.full(trains, max(voltage_class, 1e-5)),
                np.full(stations, max(energy_class, 1e-5)),
            )
        )
        period = readings.period
        offset, power = readings.snapshots.offset, readings.snapshots.power_w
        total, drawn = (np.add.reduceat(np.append(one, 0.0), offset[:-1]) for one in (power, np.maximum(power, 0.0)))
        self.used = readings.compared & np.repeat(total > _LEAST_FED_SHARE * drawn, np.diff(offset))
        instant = np.repeat(np.arange(readings.snapshots.count), np.diff(readings.snapshots.offset))
        # The readings of five minutes count as one block: errors within it may be correlated.
        length = max(1, round(300.0 / readings.snapshots.interval_s))
        block = np.arange(readings.snapshots.count) // length
        self.blocks = int(block.max()) + 1
        first = np.array(
            [block[period == row][0] if (period == row).any() else 0 for row in range(self.periods)], dtype=np.int64
        )
        self.block = np.concatenate((block[instant], np.repeat(first, stations)))

    @property
    def periods(self) -> int:
        return len(self.readings.energy_j)

    def start(self) -> FloatArray:
        return np.zeros(len(self.spread))

    def network_at(self, x: FloatArray) -> SupplyNetwork:
        factor = np.exp(x[: self.own]).tolist()
        substations = tuple(
            replace(one, no_load_v=one.no_load_v * factor[0], resistance_ohm=one.resistance_ohm * factor[1 + place])
            for place, one in enumerate(self.network.substations)
        )
        return replace(
            self.network,
            substations=substations,
            contact_ohm_per_m=self.network.contact_ohm_per_m * float(factor[-1]),
            return_ohm_per_m=self.network.return_ohm_per_m * float(factor[-1]),
            law=_UNLIMITED,
        )

    def modelled(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Train voltages and substation energies, before the scales of the sensors."""
        r = self.readings
        solution = solve(self.network_at(x), r.snapshots, model="ladder")
        energy = np.zeros((self.periods, self.stations))
        inside = r.period >= 0
        np.add.at(energy, r.period[inside], solution.substation_power_w[inside] * r.snapshots.interval_s)
        return solution.train_v, energy

    def linear(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        volts, energy = self.modelled(x)
        by_train, by_meter = x[self.own : self.own + self.trains], x[self.own + self.trains :]
        vehicle = self.readings.vehicle
        residual = np.concatenate(
            (
                self.readings.voltage_v - volts * (1.0 + by_train[vehicle]),
                (self.readings.energy_j - energy * (1.0 + by_meter)).ravel(),
            )
        )
        slope = np.zeros((len(residual), len(x)))
        for place in range(self.own):
            moved = x.copy()
            moved[place] += _SMALL
            other_volts, other_energy = self.modelled(moved)
            slope[: self.voltages, place] = (other_volts - volts) / _SMALL
            slope[self.voltages :, place] = ((other_energy - energy) / _SMALL).ravel()
        slope[np.arange(self.voltages), self.own + vehicle] = volts
        station = np.tile(np.arange(self.stations), self.periods)
        rows = self.voltages + np.arange(self.periods * self.stations)
        slope[rows, self.own + self.trains + station] = energy.ravel()
        return residual, slope

    def weights(self, residual: FloatArray, noise: float) -> FloatArray:
        """Inverse variances, less for large residuals (soft l1)."""
        energies = residual[self.voltages :]
        floor = 1e-3 * float(np.abs(self.readings.energy_j).mean()) if energies.size else 1.0
        scale = max(1.4826 * float(np.median(np.abs(energies))), floor) if energies.size else 1.0
        deviation = np.concatenate((np.full(self.voltages, noise), np.full(len(energies), scale)))
        use = np.concatenate((self.used, np.ones(len(energies), dtype=bool)))
        return np.asarray(use / deviation**2 / np.sqrt(1.0 + (residual / deviation / _LOSS_SCALE) ** 2))

    def normal(
        self, residual: FloatArray, slope: FloatArray, noise: float, x: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        weighted = slope * self.weights(residual, noise)[:, None]
        inside = np.diag(1.0 / self.spread**2)
        return slope.T @ weighted + inside, weighted.T @ residual - inside @ x

    def covariance(self, residual: FloatArray, slope: FloatArray, noise: float, x: FloatArray) -> FloatArray:
        """Sandwich over blocks of five minutes, with the information of the prior."""
        hessian, _ = self.normal(residual, slope, noise, x)
        inverse = np.linalg.inv(hessian)
        scores = slope * (self.weights(residual, noise) * residual)[:, None]
        by_block = np.zeros((self.blocks, len(x)))
        np.add.at(by_block, self.block, scores)
        correction = self.blocks / max(1.0, self.blocks - self.own)
        inside = np.diag(1.0 / self.spread**2)
        return np.asarray(inverse @ (correction * by_block.T @ by_block + inside) @ inverse)


def _check(network: SupplyNetwork, readings: SupplyReadings) -> None:
    faults: list[Fault] = []
    seconds = float(readings.snapshots.interval_s)
    blocks = readings.snapshots.count * seconds / 300.0
    if blocks < FEWEST_BLOCKS or not len(readings.voltage_v):
        faults.append(Fault("", "telemetry", "", f"{blocks * 5:.0f} minutes of {len(readings.voltage_v)} readings",
                            f"at least {FEWEST_BLOCKS * 5} minutes of all trains of the line"))  # fmt: skip
    length = np.bincount(readings.period[readings.period >= 0], minlength=len(readings.energy_j)) * seconds
    power = readings.energy_j / np.maximum(length, 1.0)[:, None]
    faults += _meter_faults(network, power)
    if not faults and len(readings.energy_j):
        instant = np.repeat(np.arange(readings.snapshots.count), np.diff(readings.snapshots.offset))
        metered = readings.period[instant] >= 0
        drawn = float(readings.snapshots.power_w[metered].sum()) * seconds
        fed = float(readings.energy_j.sum())
        if not (1.0 - _MISSING_SHARE) * drawn < fed < (1.0 + 2.0 * _MISSING_SHARE) * drawn:
            faults.append(Fault("", "substation meters", "energy", f"{fed / drawn:.2f} times the energy of the trains",
                                "0.9 to 1.2 times: is the telemetry of some trains missing, or are the meters on the "
                                "side of the utility?"))  # fmt: skip
    if faults:
        raise InputFaults(faults)


def _meter_faults(network: SupplyNetwork, power_w: FloatArray) -> list[Fault]:
    found = []
    for place, one in enumerate(network.substations):
        worst = power_w[:, place][np.argmax(np.abs(power_w[:, place]))] if len(power_w) else 0.0
        if abs(worst) > MOST_W or (worst < 0.0 and not one.is_reversible):
            found.append(
                Fault("", f"substation {one.name}", "energy", f"a mean of {worst / 1e6:.3g} MW over a period",
                      f"0 to {MOST_W / 1e6:.0f} MW: is the unit kWh, and is it the energy of the period?")
            )  # fmt: skip
    return found


def readings_of(
    snapshots: Snapshots,
    voltage_v: FloatArray,
    vehicle: Sequence[int] | IntArray,
    energy_j: FloatArray,
    period_s: float,
) -> SupplyReadings:
    """Readings whose periods of `period_s` begin with the first instant."""
    at = np.arange(snapshots.count) * snapshots.interval_s
    period = (at // period_s).astype(np.int64)
    return SupplyReadings(
        snapshots, voltage_v, np.asarray(vehicle, dtype=np.int64), energy_j,
        np.where(period < len(energy_j), period, -1), np.ones(len(voltage_v), dtype=bool),
    )  # fmt: skip
