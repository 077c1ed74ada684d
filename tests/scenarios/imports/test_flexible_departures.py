"""Headway-based services that share track are spread."""

from scenarios.imports.flexible_departures import spread_departures
from scenarios.imports.patterns import SeenTrip


def service(name: str, stations: str, headway_s: float | None, first_s: int = 0, number: int = 5) -> list[SeenTrip]:
    found = []
    for k in range(number):
        times = tuple(float(first_s + 240 * k + 100 * stop) for stop in range(len(stations)))
        found.append(SeenTrip(f"{name}@{k}", tuple(stations), times, times, of_frequency=name, flexible_s=headway_s))
    return found


def test_two_services_from_one_terminal_leave_half_a_headway_apart() -> None:
    found, notes = spread_departures([*service("m", "ABCD", 240), *service("b", "ABX", 240)])
    gaps = {one.departure_s[0] - other.departure_s[0] for one, other in zip(found[5:], found[:5], strict=True)}
    assert gaps == {120}
    assert len(notes) == 1
    assert "b were moved by 120 s" in notes[0]


def test_services_apart_and_exact_times_stay() -> None:
    apart = [*service("m", "ABCD", 240), *service("b", "ABX", 240, first_s=120)]
    assert spread_departures(apart) == (apart, [])
    exact = [*service("m", "ABCD", None), *service("b", "ABX", None)]
    assert spread_departures(exact) == (exact, [])
    opposite = [*service("m", "ABCD", 240), *service("d", "DCBA", 240)]
    assert spread_departures(opposite) == (opposite, [])
