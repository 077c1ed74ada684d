"""The motion table: every motion that the search may choose from, as flat arrays for compiled code."""

from typing import NamedTuple

from energy_models.arrays import FloatArray, IntArray


class MotionTable(NamedTuple):
    """Chainage and power second by second for each direction, section, running time and load step.

    `first[d, k, r - shortest[d, k], q]` is where running time r at load step q begins in the flat arrays, r entries
    long. Load step q stands for `q * load_step` passengers. Sections in order of travel; -1 where there is no such
    motion.
    """

    shortest_s: IntArray
    longest_s: IntArray
    first: IntArray
    chainage_m: FloatArray
    power_w: FloatArray
    load_step: int
