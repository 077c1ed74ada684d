"""Shortest possible running times, for the checker and for whoever decides running times."""

from dispatch.timetable import DIRECTIONS, Direction
from energy_models.driving.flat_out import flat_out
from energy_models.train import Train
from scenarios.build import section_tracks, train_of
from scenarios.schema import Scenario


def shortest_running_times(
    scenario: Scenario, passengers: float | None = None, train: Train | None = None
) -> dict[str, dict[Direction, tuple[float, ...]]]:
    """Flat-out running time in s of each section in order of travel, by train type of the fleet and direction.

    `passengers` on board, by default the normal capacity of each type: a lighter train is never slower. `train`
    replaces that of the main type, for example by a calibrated one.
    """
    trains = {part.train_type: train_of(scenario, part.train_type) for part in scenario.fleet}
    if train is not None:
        trains[scenario.main_train_type] = train
    return {
        name: {
            direction: tuple(
                flat_out(track, one, float(one.capacity_normal) if passengers is None else passengers).running_time_s
                for track in section_tracks(scenario, direction, one, train_type=name)
            )
            for direction in DIRECTIONS
        }
        for name, one in trains.items()
    }
