"""What is compiled beforehand serves every search: the same types, and no further specialisation."""

from numba import typeof
from timing_lines import TWO_PERIODS, case_of, small_line

from dispatch.timing.kernel.annealing import anneal
from dispatch.timing.kernel.compilation import NO_LIMITS, NO_MOTIONS, NO_TRIPS, SEARCH, SUPPLY, Compiling
from dispatch.timing.single_trips import day_noise_s, search_day
from energy_models.supply.device_laws import NO_NETWORK


def test_an_empty_line_has_the_types_of_a_real_one() -> None:
    task = case_of(small_line(4, TWO_PERIODS)).task()
    day = search_day(task, task.baseline, day_noise_s(task, task.baseline.trips, 1))
    assert typeof(NO_TRIPS) == typeof(day.trips)
    assert typeof(NO_LIMITS) == typeof(day.limits) == typeof(task.limits)
    assert typeof(NO_MOTIONS) == typeof(task.motions)
    assert typeof(NO_NETWORK) == typeof(task.network)


def test_compiling_twice_adds_nothing() -> None:
    work = Compiling()
    for task in (SEARCH, SUPPLY, SEARCH):
        work.work(task)
    assert len(anneal.signatures) == 1  # type: ignore[attr-defined]
