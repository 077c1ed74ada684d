"""The compiled functions that most tests call, in two parts of about equal length, for two processes of a session."""

from collections.abc import Callable

from sections import level, metro

from dispatch.timing.kernel.compilation import compile_search
from energy_models.driving.optimal import optimal
from energy_models.supply.compilation import compile_supply


def compile_driving_and_supply() -> None:
    """Have optimal driving and both models of the supply compiled, or read from the disk."""
    optimal(level(), metro(), 0.0, 100.0)
    compile_supply()


PARTS: tuple[Callable[[], None], ...] = (compile_search, compile_driving_and_supply)
