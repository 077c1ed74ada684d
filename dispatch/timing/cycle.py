"""The repeating pattern of a period: with one headway for both directions, a few minutes of the line say it all.

While a headway H is in force, every trip is a copy of the one before, H seconds later, and what the supply sees repeats
every H seconds. So one up trip and one down trip, wrapped around a cycle of H instants, stand for the whole period, and
thousands of patterns a second can be solved exactly.
"""

from dataclasses import dataclass, replace

import numpy as np

from dispatch.timing.bank import MotionBank
from dispatch.timing.kernel import PAD_S, Limits, Traffic, Trips, chain_of, fill, search
from dispatch.timing.noise import departure_noise_s
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.device_laws import PackedNetwork

HOT_SHARE, COLD_SHARE = 4e-3, 1e-5
PHASE_STEP_S = 4
CYCLE_ODDS = np.array([45, 40, 15, 0, 10], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Pattern:
    """One trip a direction that repeats every `headway_s`: running times (2, sections), dwells (2, stations between).

    `phase_s` is the down trip's departure minus the up trip's, modulo the headway. `energy_by_phase_j[f]` is the energy
    of a cycle at the substation terminals when the same pattern runs at phase f.
    """

    headway_s: int
    run_s: IntArray
    dwell_s: IntArray
    phase_s: int
    energy_j: float
    energy_by_phase_j: FloatArray


@dataclass(frozen=True, eq=False)
class CycleProblem:
    """What a period asks: headway, the trips as they run today, loads in steps of the bank, the noise to plan for."""

    headway_s: int
    run_s: IntArray
    dwell_s: IntArray
    load_step: IntArray
    limits: Limits
    bank: MotionBank
    network: PackedNetwork
    noise_deviation_s: float
    noise_accumulates: bool
    samples: int


@dataclass(frozen=True)
class Effort:
    """How long a cycle is searched: chains from different phases, changes a chain, changes under noise at the end."""

    chains: int
    rounds: int
    noisy_rounds: int


def _trips(problem: CycleProblem, run_s: IntArray, dwell_s: IntArray, phase_s: int) -> Trips:
    """The cycle's two trips as the kernel wants them; the up trip leaves first."""
    headway = problem.headway_s
    duration = run_s.sum(axis=1) + dwell_s.sum(axis=1)
    up_departure = PAD_S + headway
    departure = np.array([up_departure, up_departure + phase_s % headway], dtype=np.int64)
    stand = np.empty(2, dtype=np.int64)
    for d in range(2):
        gap = departure[1 - d] - (departure[d] + duration[d])
        shortest = int(problem.limits.turnback_shortest_s[d])
        stand[d] = gap + headway * max(0, -((gap - shortest) // headway))
        while stand[d] >= shortest + headway:
            stand[d] -= headway
    span = int(duration.max()) + max(problem.limits.stand_auxiliary_s, problem.limits.stand_fallback_s) + 1200
    columns = (span + 4 * headway) // headway + 2
    none = np.full(2, -1, dtype=np.int64)
    return Trips(
        direction=np.array([0, 1], dtype=np.int64),
        departure_s=departure,
        run_s=run_s.copy(),
        dwell_s=dwell_s.copy(),
        stand_s=stand,
        before=np.array([1, 0], dtype=np.int64),
        after=np.array([1, 0], dtype=np.int64),
        ahead=none,
        behind=none.copy(),
        column=np.array([0, columns], dtype=np.int64),
        load_step=problem.load_step,
        earliest_s=np.full(2, PAD_S, dtype=np.int64),
        latest_s=np.full(2, PAD_S + 3 * headway, dtype=np.int64),
        gap_longest_s=np.full(2, headway, dtype=np.int64),
    )


def _traffic(trips: Trips, headway_s: int, samples: int) -> Traffic:
    columns = 2 * int(trips.column[1])
    shape = (samples, headway_s, columns)
    return Traffic(np.zeros(shape), np.zeros(shape), np.full(shape, -1.0), np.zeros(shape[:2]), np.ones(headway_s))


def _filled(problem: CycleProblem, trips: Trips, noise_s: IntArray) -> Traffic:
    traffic = _traffic(trips, problem.headway_s, len(noise_s))
    fill(trips, problem.limits, problem.bank, noise_s, traffic, problem.network, chain_of(traffic, problem.network))
    return traffic


def _noise(problem: CycleProblem, seed: int) -> IntArray:
    sections = problem.run_s.shape[1]
    return departure_noise_s(problem.samples, 2, sections, problem.noise_deviation_s, problem.noise_accumulates, seed)


def energy_by_phase(
    problem: CycleProblem, run_s: IntArray, dwell_s: IntArray, step_s: int = 1, seed: int | None = None
) -> FloatArray:
    """Energy of a cycle in J for each phase 0, step, 2·step … below the headway; over noise where a seed is given."""
    noise = _noise(problem, seed) if seed is not None else np.zeros((1, 2, run_s.shape[1]), dtype=np.int64)
    energies = []
    for phase in range(0, problem.headway_s, step_s):
        traffic = _filled(problem, _trips(problem, run_s, dwell_s, phase), noise)
        energies.append(float(traffic.power_w.sum()) / len(noise))
    return np.array(energies)


def find_pattern(problem: CycleProblem, effort: Effort, seed: int, stop: IntArray) -> Pattern:
    """Search the cycle's cheapest pattern: chains from the most promising phases, then the best one under noise.

    Deterministic for a seed; `stop[0]` set from another thread ends it early with the best so far.
    """
    step = max(1, problem.headway_s // 24)
    by_phase = energy_by_phase(problem, problem.run_s, problem.dwell_s, step)
    starts = np.argsort(by_phase, kind="stable") * step
    chosen = _spread(starts, problem.headway_s, effort.chains)
    quiet = np.zeros((1, 2, problem.run_s.shape[1]), dtype=np.int64)
    free = np.array([0, 1], dtype=np.int64)
    best: tuple[float, Trips] | None = None
    for chain, phase in enumerate(chosen):
        trips = _trips(problem, problem.run_s, problem.dwell_s, phase)
        traffic = _filled(problem, trips, quiet)
        total = float(traffic.power_w.sum())
        search(
            trips, problem.limits, problem.bank, quiet, traffic, problem.network,
            chain_of(traffic, problem.network), free, CYCLE_ODDS,
            effort.rounds, HOT_SHARE * total, COLD_SHARE * total, seed * 101 + chain, True, stop,
        )  # fmt: skip
        energy = float(traffic.power_w.sum())
        if best is None or energy < best[0]:
            best = (energy, trips)
        if stop[0]:
            break
    assert best is not None
    energy, trips = best
    if problem.noise_deviation_s > 0 and problem.samples > 1 and effort.noisy_rounds > 0 and not stop[0]:
        noise = _noise(problem, seed)
        traffic = _filled(problem, trips, noise)
        total = float(traffic.power_w.sum()) / len(noise)
        search(
            trips, problem.limits, problem.bank, noise, traffic, problem.network,
            chain_of(traffic, problem.network), free, CYCLE_ODDS,
            effort.noisy_rounds, 5e-4 * total, 1e-5 * total, seed * 101 + 77, True, stop,
        )  # fmt: skip
        energy = float(traffic.power_w.sum()) / len(noise)
    run_s, dwell_s = trips.run_s.copy(), trips.dwell_s.copy()
    coarse = energy_by_phase(problem, run_s, dwell_s, PHASE_STEP_S, seed if problem.samples > 1 else None)
    phases = np.arange(0, problem.headway_s, PHASE_STEP_S)
    curve = np.interp(np.arange(problem.headway_s), phases, coarse, period=problem.headway_s)
    phase = int((trips.departure_s[1] - trips.departure_s[0]) % problem.headway_s)
    return Pattern(problem.headway_s, run_s, dwell_s, phase, energy, curve)


def _spread(starts: IntArray, headway_s: int, count: int) -> list[int]:
    """The first phases of a ranking that lie apart from each other."""
    chosen: list[int] = []
    for phase in starts.tolist():
        apart = [min((phase - other) % headway_s, (other - phase) % headway_s) for other in chosen]
        if all(distance >= headway_s / (2 * count) for distance in apart):
            chosen.append(phase)
        if len(chosen) == count:
            break
    return chosen


def quiet(problem: CycleProblem) -> CycleProblem:
    """The same problem without noise."""
    return replace(problem, noise_deviation_s=0.0, samples=1)
