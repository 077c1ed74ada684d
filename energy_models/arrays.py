"""The array types of all modules of the physics."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen_floats(values: ArrayLike) -> FloatArray:
    """Values as a read-only float64 copy, so that a frozen object does not change."""
    return _read_only(np.array(values, dtype=np.float64))


def frozen_ints(values: ArrayLike) -> IntArray:
    """Values as a read-only int64 copy."""
    return _read_only(np.array(values, dtype=np.int64))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
