"""The best saving so far: never falls, and steps under disturbances count by their ratio to the first of them."""

from dispatch.timing.best_saving import best_savings
from dispatch.timing.task import CYCLES, DRIVING, UNDER_DISTURBANCES, Step


def percents(*steps: tuple[str, float]) -> list[float]:
    told = [Step(float(k), stage, energy_kwh) for k, (stage, energy_kwh) in enumerate(steps)]
    return [round(one.saving_percent, 6) for one in best_savings(1000.0, told)]


def test_the_best_saving_never_falls_and_is_not_below_zero() -> None:
    assert percents((DRIVING, 1010.0), ("periods", 950.0), ("trips", 960.0), ("trips", 900.0)) == [0.0, 5.0, 5.0, 10.0]


def test_energies_under_disturbances_count_by_their_ratio_to_the_first() -> None:
    # The disturbed days draw 1100 kWh with the timetable that draws 900 kWh undisturbed; one percent less follows.
    assert percents(("trips", 900.0), (UNDER_DISTURBANCES, 1100.0), (UNDER_DISTURBANCES, 1089.0)) == [10.0, 10.0, 10.9]


def test_the_sum_over_cycles_is_no_day() -> None:
    assert percents((DRIVING, 980.0), (CYCLES, 500.0), ("periods", 970.0)) == [2.0, 3.0]


def test_a_day_without_energy_has_no_savings() -> None:
    assert best_savings(0.0, [Step(0.0, "trips", 1.0)]) == ()
