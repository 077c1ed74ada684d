"""The repeating pattern of a period: with one headway for both directions, a few minutes of the line say it all.

While a headway H is in force, every trip is a copy of the one before, H seconds later, and what the supply sees repeats
every H seconds. So one up trip and one down trip, wrapped around a cycle of H instants, stand for the whole period, and
thousands of patterns a second can be solved exactly.
"""

from dataclasses import dataclass

import numpy as np

from dispatch.timing.bank import MotionBank
from dispatch.timing.kernel import PAD_S, Limits, Traffic, Trips, chain_of, fill, search
from dispatch.timing.noise import departure_noise_s
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.device_laws import PackedNetwork

ODDS = np.array([45, 44, 11, 0, 6], dtype=np.int64)
"""Kinds of change: dwells, running times, departure, another trip's way, dwell into running time."""
HOT_SHARE, COLD_SHARE = 2e-2, 1e-4
"""Temperatures of the annealing, as shares of the cycle's energy; found by trial on the Yizhuang day."""
PHASES_TRIED = 24
PHASE_STEP_S = 4


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
        dwell_shortest_s=problem.limits.dwell_shortest_s,
        dwell_longest_s=problem.limits.dwell_longest_s,
        reach_s=np.zeros((2, run_s.shape[1], 2), dtype=np.int64),
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


def find_pattern(problem: CycleProblem, rounds: int, seed: int, stop: IntArray) -> Pattern:
    """Anneal the cycle under its noise from its most promising phase.

    Deterministic for a seed; `stop[0]` set from another thread ends it early with what it has.
    """
    step = max(1, problem.headway_s // PHASES_TRIED)
    phase = step * int(energy_by_phase(problem, problem.run_s, problem.dwell_s, step).argmin())
    noise = _noise(problem, seed)
    trips = _trips(problem, problem.run_s, problem.dwell_s, phase)
    traffic = _filled(problem, trips, noise)
    start_j = float(traffic.power_w.sum()) / len(noise)
    search(
        trips, problem.limits, problem.bank, noise, traffic, problem.network, chain_of(traffic, problem.network),
        np.array([0, 1], dtype=np.int64), ODDS, rounds, HOT_SHARE * start_j, COLD_SHARE * start_j, seed, True, stop,
    )  # fmt: skip
    run_s, dwell_s = trips.run_s.copy(), trips.dwell_s.copy()
    coarse = energy_by_phase(problem, run_s, dwell_s, PHASE_STEP_S, seed)
    phases = np.arange(0, problem.headway_s, PHASE_STEP_S)
    curve = np.interp(np.arange(problem.headway_s), phases, coarse, period=problem.headway_s)
    best = int((trips.departure_s[1] - trips.departure_s[0]) % problem.headway_s)
    energy_j = float(traffic.power_w.sum()) / len(noise)
    return Pattern(problem.headway_s, run_s, dwell_s, best, energy_j, curve)
