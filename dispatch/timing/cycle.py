"""The repeating pattern of a period: with one headway for both directions, a few minutes of the line say it all.

While a headway H is in force, every trip is a copy of the one before, H seconds later, and what the supply sees repeats
every H seconds. So one up trip and one down trip, wrapped around a cycle of H instants, stand for the whole period, and
thousands of patterns a second can be solved exactly.
"""

from dataclasses import dataclass

import numpy as np

from dispatch.timing.annealing import search
from dispatch.timing.bank import MotionBank
from dispatch.timing.moves import odds_within
from dispatch.timing.noise import departure_noise_s
from dispatch.timing.traffic import PAD_S, Traffic, chain_of, empty_traffic, fill
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.device_laws import PackedNetwork

ODDS = np.array([45, 44, 11, 0, 6, 20], dtype=np.int64)
"""Kinds of change: dwells, running times, departure, another trip's way, dwell into running time, a longer trip."""
PHASES_TRIED = 24
PHASE_STEP_S = 4


@dataclass(frozen=True)
class Rung:
    """One stage of a cycle's search: how many patterns go through it, from which temperature to which, how hard.

    Temperatures are shares of the cycle's energy; `share` is the rung's part of all the work, spread evenly over its
    patterns; `samples` of the noise are looked at, where there is any.
    """

    patterns: int
    hot_share: float
    cold_share: float
    share: float
    samples: int


RUNGS = (
    Rung(8, 1e-2, 1.5e-3, 0.4, 1),
    Rung(3, 1.5e-3, 6e-4, 0.2, 1),
    Rung(1, 6e-4, 2e-4, 0.15, 1),
    Rung(1, 3e-4, 3e-5, 0.25, 6),
)
"""Many phases are tried roughly, the best go on, one is finished: the phase between the directions decides which valley
a search ends in, and a pattern does not cross from one to the next. Disturbances come last: what is deep without them
is deep with them, at a sixth of the work. Numbers found by trial on the Yizhuang day."""
LEAST_ROUNDS = 400
"""Fewer changes of a pattern do not tell a good phase from a bad one: with little to spend, fewer phases are tried."""


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
    sections = run_s.shape[1]
    none = np.full((2, sections), -1, dtype=np.int64)
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
        gap_longest_s=np.full((2, sections), headway, dtype=np.int64),
        dwell_shortest_s=problem.limits.dwell_shortest_s,
        dwell_longest_s=problem.limits.dwell_longest_s,
        reach_s=np.zeros((2, sections + 1, 2), dtype=np.int64),
        first_section=np.zeros(2, dtype=np.int64),
        last_section=np.full(2, sections - 1, dtype=np.int64),
        turnback_shortest_s=problem.limits.turnback_shortest_s,
    )


def _filled(problem: CycleProblem, trips: Trips, noise_s: IntArray) -> Traffic:
    weight = np.ones(problem.headway_s)
    traffic = empty_traffic(len(noise_s), problem.headway_s, 2 * int(trips.column[1]), weight, problem.network)
    fill(trips, problem.limits, problem.bank, noise_s, traffic, problem.network, chain_of(traffic, problem.network))
    return traffic


def _noise(problem: CycleProblem, seed: int, samples: int) -> IntArray:
    sections = problem.run_s.shape[1]
    return departure_noise_s(samples, 2, sections, problem.noise_deviation_s, problem.noise_accumulates, seed)


def energy_by_phase(
    problem: CycleProblem, run_s: IntArray, dwell_s: IntArray, step_s: int = 1, seed: int | None = None
) -> FloatArray:
    """Energy of a cycle in J for each phase 0, step, 2·step … below the headway; over noise where a seed is given."""
    noise = (
        _noise(problem, seed, problem.samples) if seed is not None else np.zeros((1, 2, run_s.shape[1]), dtype=np.int64)
    )
    energies = []
    for phase in range(0, problem.headway_s, step_s):
        traffic = _filled(problem, _trips(problem, run_s, dwell_s, phase), noise)
        energies.append(float(traffic.power_w.sum()) / len(noise))
    return np.array(energies)


def find_pattern(problem: CycleProblem, work: int, seed: int, stop: IntArray) -> Pattern:
    """Anneal the cycle under its noise from phases all around, and finish the most promising.

    `work` is the number of changes tried, times the samples each is tried under. Deterministic for a seed; `stop[0]`
    set from another thread ends it early with what it has.
    """
    noisy = problem.noise_deviation_s > 0.0 and problem.samples > 1
    starts = min(RUNGS[0].patterns, max(1, int(RUNGS[0].share * work) // LEAST_ROUNDS))
    odds = odds_within(problem.limits, ODDS)
    climbers = [
        _Climber(_trips(problem, problem.run_s, problem.dwell_s, phase), np.inf)
        for phase in _spread_phases(problem, starts)
    ]
    scale_j: float | None = None
    for number, rung in enumerate(RUNGS):
        climbers = sorted(climbers, key=lambda climber: climber.energy_j)[: rung.patterns]
        samples = rung.samples if noisy else 1
        noise = _noise(problem, seed + 101 * number, samples)
        rounds = max(1, int(rung.share * work / (samples * len(climbers))))
        for climber in climbers:
            traffic = _filled(problem, climber.trips, noise)
            if scale_j is None:
                scale_j = float(traffic.power_w.sum()) / samples
            search(
                climber.trips, problem.limits, problem.bank, noise, traffic, problem.network,
                chain_of(traffic, problem.network), np.array([0, 1], dtype=np.int64), odds, rounds,
                rung.hot_share * scale_j, rung.cold_share * scale_j, seed + number, True, stop,
            )  # fmt: skip
            climber.energy_j = float(traffic.power_w.sum()) / samples
    best = min(climbers, key=lambda climber: climber.energy_j)
    trips = best.trips
    run_s, dwell_s = trips.run_s.copy(), trips.dwell_s.copy()
    coarse = energy_by_phase(problem, run_s, dwell_s, PHASE_STEP_S, seed)
    phases = np.arange(0, problem.headway_s, PHASE_STEP_S)
    curve = np.interp(np.arange(problem.headway_s), phases, coarse, period=problem.headway_s)
    phase = int((trips.departure_s[1] - trips.departure_s[0]) % problem.headway_s)
    return Pattern(problem.headway_s, run_s, dwell_s, phase, best.energy_j, curve)


@dataclass(eq=False)
class _Climber:
    """A pattern on its way down."""

    trips: Trips
    energy_j: float


def _spread_phases(problem: CycleProblem, starts: int) -> list[int]:
    """The phases to start from, evenly around the cycle; the first is the best that today's times have."""
    step = max(1, problem.headway_s // PHASES_TRIED)
    best = step * int(energy_by_phase(problem, problem.run_s, problem.dwell_s, step).argmin())
    return [(best + start * problem.headway_s // starts) % problem.headway_s for start in range(starts)]
