"""The repeating pattern of a period: with one headway for both directions, a few minutes of the line say it all.

While a headway H is in force, every trip is a copy of the one before, H seconds later, and what the supply sees repeats
every H seconds. So one up trip and one down trip, wrapped around a cycle of H instants, stand for the whole period.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from dispatch.timing.kernel.annealing import anneal_exactly, anneal_on_surrogate
from dispatch.timing.kernel.exact_state import PAD_S, ExactState, chain_of, empty_exact_state, fill
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.moves import odds_within
from dispatch.timing.kernel.noise import departure_noise_s
from dispatch.timing.kernel.surrogate import Surrogate
from dispatch.timing.kernel.surrogate_state import SurrogateState, empty_surrogate_state, fill_surrogate_state
from dispatch.timing.kernel.terminal_tracks import no_visits
from dispatch.timing.kernel.trips import Limits, Trips, own_patterns
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.device_laws import PackedNetwork

ODDS = np.array([45, 44, 11, 0, 14, 20, 0], dtype=np.int64)
"""Kinds of change: dwells, running times, departure, another trip's way, dwell into running time, a longer trip,
another pattern."""
PHASES_TRIED = 24
PHASE_STEP_S = 4
ROUNDS_A_START = 100_000
"""Changes tried on the estimate from one start. The valleys of a cycle are many and steep: a search from another phase
finds more than a longer one (by trial on the Yizhuang cycles, 24 starts of 40,000 came as deep as 6 of 400,000)."""
STARTS_MOST = 24
HOT_SHARE, COLD_SHARE = 1e-2, 3e-5
"""Temperatures of a search on the estimate, as shares of the cycle's energy."""
DISTURBED = 6
DISTURBED_SHARE = 0.5
DISTURBED_HOT_SHARE, DISTURBED_COLD_SHARE = 1.5e-3, 1e-4
"""So many of the patterns found go on under noise, with so much work as a share of that before."""
FINISHED = 3
FINISH_SHARE = 0.003
FINISH_HOT_SHARE, FINISH_COLD_SHARE = 3e-4, 3e-5
"""So many are finished with exact solutions, each with so many changes as a share of the work before."""


@dataclass(frozen=True, eq=False)
class PeriodPattern:
    """One trip a direction that repeats every `headway_s`: running times (2, sections), dwells (2, stations between).

    `today_run_s` and `today_dwell_s` are the times of the trips in force that the pattern was made of. `phase_s` is the
    down trip's departure minus the up trip's, modulo the headway. `energy_by_phase_j[f]` is the energy of a cycle at
    the substation terminals when the same pattern runs at phase f.
    """

    headway_s: int
    run_s: IntArray
    dwell_s: IntArray
    today_run_s: IntArray
    today_dwell_s: IntArray
    phase_s: int
    energy_j: float
    energy_by_phase_j: FloatArray


@dataclass(frozen=True, eq=False)
class CycleProblem:
    """The problem of a period: headway, the two trips to begin with, loads in steps of the motion table, the noise.

    `today_run_s` and `today_dwell_s` are the times of these trips in force; `run_s` and `dwell_s` also keep the fixes.
    `samples` of the noise are solved exactly, `surrogate_samples` looked at by the estimate.
    """

    headway_s: int
    run_s: IntArray
    dwell_s: IntArray
    today_run_s: IntArray
    today_dwell_s: IntArray
    load_step: IntArray
    limits: Limits
    motions: MotionTable
    network: PackedNetwork
    surrogate: Surrogate
    noise_deviation_s: float
    noise_accumulates: bool
    samples: int
    surrogate_samples: int

    @property
    def is_disturbed(self) -> bool:
        """Whether there is noise to plan for."""
        return self.noise_deviation_s > 0.0 and self.samples > 1


def cycle_trips(problem: CycleProblem, run_s: IntArray, dwell_s: IntArray, phase_s: int) -> Trips:
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
        **own_patterns(2),
        visits=no_visits(2),
    )


def solved_cycle(problem: CycleProblem, trips: Trips, noise_s: IntArray) -> ExactState:
    """The exact state of one cycle, every instant solved."""
    weight = np.ones(problem.headway_s)
    exact = empty_exact_state(len(noise_s), problem.headway_s, 2 * int(trips.column[1]), weight, problem.network)
    fill(trips, problem.limits, problem.motions, noise_s, exact, problem.network, chain_of(exact, problem.network))
    return exact


def _balance(problem: CycleProblem, trips: Trips, noise_s: IntArray) -> SurrogateState:
    surrogate_state = empty_surrogate_state(len(noise_s), np.ones(problem.headway_s))
    fill_surrogate_state(trips, problem.limits, problem.motions, noise_s, surrogate_state, problem.surrogate)
    return surrogate_state


def cycle_noise_s(problem: CycleProblem, seed: int, samples: int) -> IntArray:
    """Dwell noise of the two trips of a cycle, as the problem defines it."""
    sections = problem.run_s.shape[1]
    return departure_noise_s(samples, 2, sections, problem.noise_deviation_s, problem.noise_accumulates, seed)


def energy_by_phase(
    problem: CycleProblem, run_s: IntArray, dwell_s: IntArray, step_s: int = 1, seed: int | None = None
) -> FloatArray:
    """Energy of a cycle in J for each phase 0, step, 2·step … below the headway; over noise where a seed is given."""
    noise = (
        cycle_noise_s(problem, seed, problem.samples)
        if seed is not None
        else np.zeros((1, 2, run_s.shape[1]), dtype=np.int64)
    )
    energies = []
    for phase in range(0, problem.headway_s, step_s):
        exact = solved_cycle(problem, cycle_trips(problem, run_s, dwell_s, phase), noise)
        energies.append(float(exact.power_w.sum()) / len(noise))
    return np.array(energies)


_Each = Callable[[Callable[[Any], None], Iterable[Any]], Iterable[None]]
"""`map`, or that of a pool of threads."""


@dataclass(eq=False)
class _Candidate:
    """A pattern on its way down, and what it draws by the measure of the last stage."""

    trips: Trips
    energy_j: float


def find_pattern(
    problem: CycleProblem, work: int, seed: int, stop: IntArray, pool: Executor | None = None
) -> PeriodPattern:
    """Search the cycle on the estimate from phases all around, take the best through the noise, and finish them
    exactly.

    `work` is the number of changes tried on the estimate without noise; the other stages have their share of it.
    Deterministic for a seed, also with a `pool` of threads, which searches the patterns of a stage in parallel;
    `stop[0]` set from another thread ends it early with what it has.
    """
    each: _Each = map if pool is None else pool.map
    starts = min(STARTS_MOST, max(1, work // ROUNDS_A_START))
    candidates = [
        _Candidate(cycle_trips(problem, problem.run_s, problem.dwell_s, phase), np.inf)
        for phase in _spread_phases(problem, starts)
    ]
    scale_j = float(solved_cycle(problem, candidates[0].trips, cycle_noise_s(problem, 0, 1)).power_w.sum())
    hot_j, cold_j = HOT_SHARE * scale_j, COLD_SHARE * scale_j
    _anneal_on_surrogate(problem, candidates, 1, work // starts, hot_j, cold_j, seed, stop, each)
    if problem.is_disturbed:
        candidates = sorted(candidates, key=lambda candidate: candidate.energy_j)[:DISTURBED]
        samples = problem.surrogate_samples
        rounds = int(DISTURBED_SHARE * work / (samples * len(candidates)))
        hot_j, cold_j = DISTURBED_HOT_SHARE * scale_j, DISTURBED_COLD_SHARE * scale_j
        _anneal_on_surrogate(problem, candidates, samples, rounds, hot_j, cold_j, seed + 101, stop, each)
    candidates = sorted(candidates, key=lambda candidate: candidate.energy_j)[:FINISHED]
    noise = cycle_noise_s(problem, seed + 101, problem.samples if problem.is_disturbed else 1)
    rounds = max(1, int(FINISH_SHARE * work / (len(noise) * len(candidates))))

    def finish(candidate: _Candidate) -> None:
        exact = solved_cycle(problem, candidate.trips, noise)
        anneal_exactly(
            candidate.trips, problem.limits, problem.motions, noise, exact, problem.network,
            chain_of(exact, problem.network), np.array([0, 1], dtype=np.int64),
            odds_within(problem.limits, ODDS, candidate.trips), rounds, FINISH_HOT_SHARE * scale_j,
            FINISH_COLD_SHARE * scale_j, seed + 2, True, stop,
        )  # fmt: skip
        candidate.energy_j = float(exact.power_w.sum()) / len(noise)

    list(each(finish, candidates))
    best = min(candidates, key=lambda candidate: candidate.energy_j)
    trips = best.trips
    run_s, dwell_s = trips.run_s.copy(), trips.dwell_s.copy()
    coarse = energy_by_phase(problem, run_s, dwell_s, PHASE_STEP_S, seed)
    phases = np.arange(0, problem.headway_s, PHASE_STEP_S)
    curve = np.interp(np.arange(problem.headway_s), phases, coarse, period=problem.headway_s)
    phase = int((trips.departure_s[1] - trips.departure_s[0]) % problem.headway_s)
    return PeriodPattern(
        problem.headway_s, run_s, dwell_s, problem.today_run_s, problem.today_dwell_s, phase, best.energy_j, curve
    )


def _anneal_on_surrogate(
    problem: CycleProblem, candidates: list[_Candidate], samples: int, rounds: int, hot_j: float, cold_j: float,
    seed: int,
    stop: IntArray,
    each: _Each,
) -> None:  # fmt: skip
    """Search each pattern on the estimate, under so many samples of the noise (1: none)."""
    noise = cycle_noise_s(problem, seed, samples)

    def one(number: int) -> None:
        candidate = candidates[number]
        odds = odds_within(problem.limits, ODDS, candidate.trips)
        surrogate_state = _balance(problem, candidate.trips, noise)
        anneal_on_surrogate(
            candidate.trips, problem.limits, problem.motions, noise, surrogate_state, problem.surrogate,
            np.array([0, 1], dtype=np.int64), odds, max(1, rounds), hot_j, cold_j, seed + number, problem.headway_s,
            stop,
        )  # fmt: skip
        candidate.energy_j = float(surrogate_state.fed_w.sum()) / samples

    list(each(one, range(len(candidates))))


def _spread_phases(problem: CycleProblem, starts: int) -> list[int]:
    """The phases to start from, evenly around the cycle; the first is the best that today's times have."""
    step = max(1, problem.headway_s // PHASES_TRIED)
    best = step * int(energy_by_phase(problem, problem.run_s, problem.dwell_s, step).argmin())
    return [(best + start * problem.headway_s // starts) % problem.headway_s for start in range(starts)]
