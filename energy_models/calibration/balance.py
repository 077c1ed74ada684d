"""The energy balances of stretches as residuals, and their derivatives by the parameters of the train.

Over a stretch, the work of the drive at the wheel is (M effective mass, m gravitational mass, p payload)

    W = (M + p) Δ(v²)/2 + A ∫ds + B ∫v ds + C ∫v² ds + g (m + p) (Δh + c ∫curve ds),       M = m + rotating mass,

the losses of the drive are L = p0 T + k |W| + a ∫F² dt + b ∫v² dt, and with E the collector energy less the
auxiliaries: traction E = W + L, electric braking E = W + L (W is negative), coasting W = 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from energy_models.arrays import FloatArray, IntArray
from energy_models.calibration.fitted_parameters import COUNT, P
from energy_models.calibration.recorded_motion import BoolArray
from energy_models.calibration.stretches import Cut, Rise
from energy_models.telemetry.columns import STATES
from energy_models.train import GRAVITY_M_S2

STAND, COAST, TRACTION, BRAKE = (STATES.index(name) for name in ("stand", "coast", "traction", "brake"))


@dataclass(frozen=True, eq=False)
class Balance:
    """One residual for each stretch of motion; all arrays are aligned with `stretch`, the index of the stretch.

    `drawn_j` is the collector energy less the auxiliaries, `drawn_per_s` its derivative by the lag of the meter
    at `lag_s`, `force2` is ∫F² dt, and `cells` the rise of each stretch for a unit gradient in each cell of the line.
    """

    stretch: IntArray
    state: IntArray
    cluster: IntArray
    drawn_j: FloatArray
    drawn_per_s: FloatArray
    duration: FloatArray
    load: FloatArray
    kinetic: FloatArray
    path: tuple[FloatArray, FloatArray, FloatArray]
    force2: FloatArray
    rise: FloatArray
    curve: FloatArray
    curve2: FloatArray
    cells: csr_array
    lag_s: float
    speed_variance: FloatArray
    rise_variance: FloatArray
    electrical_variance: FloatArray

    def work_j(self, x: FloatArray, gradient: FloatArray) -> FloatArray:
        """Work at the wheel of each stretch for a parameter vector and gradient errors of the cells."""
        inertia, weight = self._masses(x)
        return np.asarray(
            inertia * self.kinetic
            + x[P.A] * self.path[0]
            + x[P.B] * self.path[1]
            + x[P.C] * self.path[2]
            + weight * self.climb_m(x, gradient)
        )

    def climb_m(self, x: FloatArray, gradient: FloatArray) -> FloatArray:
        """Rise of each stretch with curves and gradient errors."""
        return np.asarray(self.rise + x[P.CURVE] * self.curve + x[P.CURVE_SQUARE] * self.curve2 + self.cells @ gradient)

    def residual(self, x: FloatArray, gradient: FloatArray) -> FloatArray:
        """Measured minus modelled energy of each stretch in J; for coasting minus the work, which should be zero."""
        work = self.work_j(x, gradient)
        return np.asarray(self._measured(x) - work - self.loss_j(x, work))

    def loss_j(self, x: FloatArray, work: FloatArray) -> FloatArray:
        """Losses of the drive in each stretch; zero for coasting."""
        constant, share, force, speed = self._coefficients(x)
        return np.asarray(constant * self.duration + share * np.abs(work) + force * self.force2 + speed * self.path[1])

    def jacobian(self, x: FloatArray, gradient: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Derivative of the residuals by the parameters (n by COUNT) and by the rise in `cells` (n)."""
        _, weight = self._masses(x)
        climb = self.climb_m(x, gradient)
        work = self.work_j(x, gradient)
        drives = self.state != COAST
        by_work = -(1.0 + self._coefficients(x)[1] * np.sign(work))
        out = np.zeros((len(self.state), COUNT))
        out[:, P.TARE] = by_work * (self.kinetic + GRAVITY_M_S2 * climb)
        out[:, P.ROTATING] = by_work * self.kinetic
        for place, path in zip((P.A, P.B, P.C), self.path, strict=True):
            out[:, place] = by_work * path
        traction, brake = self.state == TRACTION, self.state == BRAKE
        for first, mine in ((P.TRACTION_CONSTANT, traction), (P.BRAKE_CONSTANT, brake)):
            for step, column in enumerate((self.duration, np.abs(work), self.force2, self.path[1])):
                out[mine, first + step] = -column[mine]
        out[:, P.CURVE] = by_work * weight * self.curve
        out[:, P.CURVE_SQUARE] = by_work * weight * self.curve2
        out[:, P.LAG] = np.where(drives, self.drawn_per_s, 0.0)
        return out, by_work * weight

    def variance(self, x: FloatArray, kind_scale: FloatArray) -> FloatArray:
        """Variance of each residual from the noise of speed, place and meter, times the scale of its state."""
        inertia, weight = self._masses(x)
        mechanical = inertia**2 * self.speed_variance + weight**2 * self.rise_variance
        total = self._wheel_share(x) ** 2 * mechanical + self._electrical()
        return np.asarray(total * kind_scale[self.state] ** 2)

    def log_deviation_slope(self, x: FloatArray) -> FloatArray:
        """Derivative of the logarithm of the standard deviation by the parameters (n by COUNT).

        A heavier train makes the same noise of speed a larger error of energy. With this term, noise in the changes of
        speed does not pull the masses towards zero (effective variance; for a linear balance this is total least
        squares). Source: Fuller, Measurement Error Models, Wiley 1987, chapters 1 and 2.
        """
        inertia, weight = self._masses(x)
        mechanical = inertia**2 * self.speed_variance + weight**2 * self.rise_variance
        share = self._wheel_share(x)
        total = share**2 * mechanical + self._electrical()
        by_inertia = share**2 * inertia * self.speed_variance / total
        out = np.zeros((len(self.state), COUNT))
        out[:, P.ROTATING] = by_inertia
        out[:, P.TARE] = by_inertia + share**2 * weight * GRAVITY_M_S2 * self.rise_variance / total
        by_share = share * mechanical / total
        out[:, P.TRACTION_SHARE] = np.where(self.state == TRACTION, by_share, 0.0)
        out[:, P.BRAKE_SHARE] = np.where(self.state == BRAKE, -by_share, 0.0)
        return out

    def _masses(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Effective mass in kg and weight in N of the loaded train in each stretch."""
        return x[P.TARE] + x[P.ROTATING] + self.load, GRAVITY_M_S2 * (x[P.TARE] + self.load)

    def _wheel_share(self, x: FloatArray) -> FloatArray:
        """Collector joules for a joule at the wheel."""
        states = [self.state == TRACTION, self.state == BRAKE]
        return np.select(states, [1.0 + x[P.TRACTION_SHARE], 1.0 - x[P.BRAKE_SHARE]], 1.0)

    def _electrical(self) -> FloatArray:
        return np.where(self.state == COAST, 1.0, self.electrical_variance)

    def _measured(self, x: FloatArray) -> FloatArray:
        return np.where(self.state == COAST, 0.0, self.drawn_j + self.drawn_per_s * (x[P.LAG] - self.lag_s))

    def _coefficients(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        traction, brake = self.state == TRACTION, self.state == BRAKE
        values = [
            np.select([traction, brake], [x[P.TRACTION_CONSTANT + step], x[P.BRAKE_CONSTANT + step]], 0.0)
            for step in range(4)
        ]
        return values[0], values[1], values[2], values[3]


def balance_of(
    cut: Cut, rise: Rise, force2: FloatArray, cells: csr_array, auxiliary_j: FloatArray, drawn_per_s: FloatArray,
    kept: BoolArray, electrical_noise_w: float,
) -> Balance:  # fmt: skip
    """The balances of the moving stretches that are kept."""
    s = cut.stretches
    i = np.flatnonzero(kept & (s.state != STAND))
    return Balance(
        stretch=i, state=s.state[i], cluster=s.cluster[i], drawn_j=(s.energy_j - auxiliary_j)[i],
        drawn_per_s=drawn_per_s[i], duration=s.duration_s[i], load=s.load_kg[i], kinetic=s.kinetic_m2_s2[i],
        path=(s.distance_m[i], s.speed_m_s_m[i], s.speed2_m2_s2_m[i]), force2=force2[i], rise=rise.rise_m[i],
        curve=rise.curve_m[i], curve2=rise.curve2_m[i], cells=cells[i], lag_s=cut.lag_s,
        speed_variance=(s.first_speed_m_s[i] ** 2 + s.last_speed_m_s[i] ** 2) * cut.speed_noise_m_s**2,
        rise_variance=(rise.first_slope[i] ** 2 + rise.last_slope[i] ** 2) * cut.chainage_noise_m**2,
        electrical_variance=electrical_noise_w**2 * s.duration_s[i],
    )  # fmt: skip
