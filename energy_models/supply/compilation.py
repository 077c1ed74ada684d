"""Compiles the kernels of the supply, or reads them from the disk, without a line."""

import numpy as np

from energy_models.supply import equivalent_track, ladder
from energy_models.supply.device_laws import NO_NETWORK
from energy_models.supply.solution import empty_arrays
from energy_models.supply.tridiagonal import chain_for


def compile_supply() -> None:
    """Compile the kernels of both models of the supply, by solving a window without instants."""
    nothing, none = np.zeros(0), np.zeros(0, np.int64)
    window = (0, 0, np.zeros(1, np.int64), nothing, none, nothing, nothing, 1.0, np.zeros(0))
    result = empty_arrays(0, 0, 0, 0, prices=False)
    ladder.solve_window(NO_NETWORK, ladder.rungs_for(NO_NETWORK, 0), *window, result)
    equivalent_track.solve_window(NO_NETWORK, chain_for(NO_NETWORK, 0), *window, result)
