"""Has the kernels of a plan compiled, or read from the disk, without a line to search."""

from dataclasses import dataclass

import numpy as np

from dispatch.timing.kernel.annealing import anneal_exactly, anneal_on_surrogate
from dispatch.timing.kernel.exact_state import chain_of, empty_exact_state, fill
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import NO_SURROGATE
from dispatch.timing.kernel.surrogate_state import empty_surrogate_state, fill_surrogate_state
from dispatch.timing.kernel.terminal_tracks import no_visits
from dispatch.timing.kernel.trips import Limits, Trips, own_patterns
from energy_models.arrays import IntArray
from energy_models.supply.compilation import compile_supply
from energy_models.supply.device_laws import NO_NETWORK


def _whole(*shape: int) -> IntArray:
    return np.zeros(shape, dtype=np.int64)


NO_TRIPS = Trips(
    direction=_whole(0),
    departure_s=_whole(0),
    run_s=_whole(0, 0),
    dwell_s=_whole(0, 0),
    stand_s=_whole(0),
    before=_whole(0),
    after=_whole(0),
    ahead=_whole(0, 0),
    behind=_whole(0, 0),
    column=_whole(0),
    load_step=_whole(0, 0),
    earliest_s=_whole(0),
    latest_s=_whole(0),
    gap_longest_s=_whole(0, 0),
    dwell_shortest_s=_whole(0, 0),
    dwell_longest_s=_whole(0, 0),
    reach_s=_whole(0, 0, 2),
    first_section=_whole(0),
    last_section=_whole(0),
    turnback_shortest_s=_whole(0),
    **own_patterns(0),
    visits=no_visits(0),
)
NO_LIMITS = Limits(
    dwell_shortest_s=_whole(2, 0),
    dwell_longest_s=_whole(2, 0),
    turnback_shortest_s=_whole(2),
    headway_shortest_s=0,
    auxiliary_w=0.0,
    stand_auxiliary_s=0,
    stand_fallback_s=0,
    terminal_chainage_m=np.zeros(2),
    station_chainage_m=np.zeros((2, 0)),
    arrivals_per_s=np.zeros((0, 0)),
    waiting_budget=0.0,
    dwell_to_run_s=0,
    dwell_total_s=_whole(0),
    one_way_s=_whole(0),
    longer_s=0,
    vehicles_most=0,
    departure_grid_s=1,
    dwell_grid_s=1,
)
NO_MOTIONS = MotionTable(
    shortest_s=_whole(2, 0),
    longest_s=_whole(2, 0),
    first=_whole(2, 0, 0, 0),
    chainage_m=np.zeros(0),
    power_w=np.zeros(0),
    load_step=0,
)
"""A line without trips: of the types that every search has, so that what is compiled for it serves all."""


def compile_search() -> None:
    """Have every kernel of the search compiled, in the order in which a search needs them."""
    noise_s, stop = _whole(1, 0, 0), _whole(1)
    exact = empty_exact_state(1, 1, 0, np.ones(1), NO_NETWORK)
    chain = chain_of(exact, NO_NETWORK)
    fill(NO_TRIPS, NO_LIMITS, NO_MOTIONS, noise_s, exact, NO_NETWORK, chain)
    state = empty_surrogate_state(1, np.ones(1))
    fill_surrogate_state(NO_TRIPS, NO_LIMITS, NO_MOTIONS, noise_s, state, NO_SURROGATE)
    anneal_on_surrogate(NO_TRIPS, NO_LIMITS, NO_MOTIONS, noise_s, state, NO_SURROGATE, _whole(0), _whole(1), 0,
                        1.0, 1.0, 0, 0, stop)  # fmt: skip
    anneal_exactly(NO_TRIPS, NO_LIMITS, NO_MOTIONS, noise_s, exact, NO_NETWORK, chain, _whole(0), _whole(1), 0,
                   1.0, 1.0, 0, False, stop)  # fmt: skip


SEARCH, SUPPLY = "search", "supply"


@dataclass(frozen=True)
class Compiling:
    """Work for another process: to compile kernels into the cache on the disk."""

    def work(self, task: str) -> None:
        """Compile the kernels of the search, or those of the supply alone."""
        if task == SEARCH:
            compile_search()
        else:
            compile_supply()
