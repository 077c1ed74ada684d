"""Shortest possible running times, for the checker and for whoever decides running times."""

from dispatch.timetable import DIRECTIONS, Direction
from energy_models.driving.flat_out import flat_out
from energy_models.train import Train
from scenarios.build import section_tracks, train_of
from scenarios.schema import Scenario


def shortest_running_times(
    scenario: Scenario, passengers: float | None = None, train: Train | None = None
) -> dict[Direction, tuple[float, ...]]:
    """Flat-out running time in s of each section in order of travel, by direction.

    `passengers` on board, by default the normal capacity: a lighter train is never slower. `train` replaces the
    scenario's, for example by a calibrated one.
    """
    train = train or train_of(scenario)
    load = float(train.capacity_normal) if passengers is None else passengers
    tracks = {direction: section_tracks(scenario, direction, train) for direction in DIRECTIONS}
    return {d: tuple(flat_out(track, train, load).running_time_s for track in tracks[d]) for d in DIRECTIONS}
