"""The array types that every other module of the physics uses."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen_floats(values: ArrayLike) -> FloatArray:
    """Return values as a read-only float64 array of its own (frozen values must not change under their holder)."""
    return _read_only(np.array(values, dtype=np.float64))


def frozen_ints(values: ArrayLike) -> IntArray:
    """Return values as a read-only int64 array of its own."""
    return _read_only(np.array(values, dtype=np.int64))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
