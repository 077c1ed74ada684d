"""Symmetric band matrices of half-bandwidth 2, the systems of energies at neighbouring nodes."""

from energy_models.arrays import FloatArray
from energy_models.compiled import kernel


@kernel(error_model="numpy")
def solve_banded(  # pragma: no cover
    diagonal: FloatArray, first: FloatArray, second: FloatArray, right: FloatArray, border: FloatArray
) -> None:
    """Solve a symmetric band system (half-bandwidth 2) for two right sides in place; small pivots are raised."""
    n = diagonal.size
    for j in range(n):
        pivot = diagonal[j]
        if pivot < 1e-10:
            pivot = 1e-10
            diagonal[j] = pivot
        if j + 1 < n:
            low = first[j] / pivot
            diagonal[j + 1] -= low * first[j]
            right[j + 1] -= low * right[j]
            border[j + 1] -= low * border[j]
            if j + 2 < n:
                first[j + 1] -= low * second[j]
                lower = second[j] / pivot
                diagonal[j + 2] -= lower * second[j]
                right[j + 2] -= lower * right[j]
                border[j + 2] -= lower * border[j]
    for j in range(n - 1, -1, -1):
        value, edge = right[j], border[j]
        if j + 1 < n:
            value -= first[j] * right[j + 1]
            edge -= first[j] * border[j + 1]
            if j + 2 < n:
                value -= second[j] * right[j + 2]
                edge -= second[j] * border[j + 2]
        right[j] = value / diagonal[j]
        border[j] = edge / diagonal[j]
