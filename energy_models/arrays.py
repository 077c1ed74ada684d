"""The array types of all modules of the physics."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen_floats(values: ArrayLike) -> FloatArray:
    """Values as a read-only float64 array, so that a frozen object does not change.

    This is a copy, unless the values are a read-only array that is not a view of another array.
    """
    return _frozen(values, np.float64)


def frozen_ints(values: ArrayLike) -> IntArray:
    """Values as a read-only int64 array; a copy as in `frozen_floats`."""
    return _frozen(values, np.int64)


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Make a new array read-only, so that frozen objects keep it without a copy."""
    array.setflags(write=False)
    return array


def _frozen(values: ArrayLike, dtype: type) -> NDArray[Any]:
    if (
        isinstance(values, np.ndarray)
        and not values.flags.writeable
        and values.dtype == dtype
        and not isinstance(values.base, np.ndarray)
    ):
        return values
    return read_only(np.array(values, dtype=dtype))
