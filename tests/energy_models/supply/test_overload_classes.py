"""The duty classes of traction rectifiers (IEC 60146-1-1, EN 50328)."""

import pytest

from energy_models.supply.overload_classes import OVERLOAD_CLASSES, ClassName


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("I", (1.0, 1.0, 1.0, 1.0)),
        ("II", (1.5, 1.5, 1.0, 1.0)),
        ("III", (2.0, 1.5, 1.0, 1.0)),
        ("IV", (2.0, 1.25, 1.25, 1.0)),
        ("V", (2.0, 2.0, 1.5, 1.0)),
        ("VI", (3.0, 3.0, 1.5, 1.0)),
    ],
)
def test_allowed_over_a_second_a_minute_two_hours_and_a_day(name: ClassName, allowed: tuple[float, ...]) -> None:
    one = OVERLOAD_CLASSES[name]
    assert tuple(one.allowed_share(window_s) for window_s in (1.0, 60.0, 7200.0, 86_400.0)) == allowed


@pytest.mark.parametrize("name", OVERLOAD_CLASSES)
def test_longer_loads_are_never_allowed_higher(name: ClassName) -> None:
    shares = [OVERLOAD_CLASSES[name].allowed_share(window_s) for window_s in (1, 10, 11, 60, 61, 120, 121, 7200, 7201)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 1.0
