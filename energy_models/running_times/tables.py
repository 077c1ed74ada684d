"""Running-time tables of a whole line: one front for each section, direction and load."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from energy_models.running_times.front import RunningTimeFront, front
from energy_models.track import SectionTrack
from energy_models.train import Train


class TableKey(NamedTuple):
    """One table: direction, section in order of travel, passengers."""

    direction: str
    section_index: int
    passengers: float


def running_time_tables(
    sections: Mapping[str, Sequence[SectionTrack]],
    train: Train,
    loads: Sequence[float],
    *,
    count: int = 20,
    slowest_ratio: float = 1.5,
    regeneration_credit: float = 1.0,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[TableKey, RunningTimeFront]:
    """The fronts of every section, direction and load; `progress(done, all)` is called after each front.

    Workers are threads: the compiled solver runs without the interpreter lock, so threads are as fast as processes and
    start without delay. The order and the values do not depend on their number.
    """
    keys = [
        TableKey(direction, index, passengers)
        for direction, tracks in sections.items()
        for index in range(len(tracks))
        for passengers in loads
    ]

    def compute(key: TableKey) -> RunningTimeFront:
        track = sections[key.direction][key.section_index]
        return front(track, train, key.passengers, count, slowest_ratio, regeneration_credit)

    tables: dict[TableKey, RunningTimeFront] = {}
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for done, (key, table) in enumerate(zip(keys, pool.map(compute, keys), strict=True), 1):
            tables[key] = table
            if progress is not None:
                progress(done, len(keys))
    return tables
