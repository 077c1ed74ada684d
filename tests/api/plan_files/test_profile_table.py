"""The table of driving profiles is read back whatever places its instructions begin at."""

import numpy as np

from api.plan_files.profile_table import rows_to_write
from energy_models.driving.switching import RegimeNodes


def test_instructions_closer_than_the_written_digits_keep_distances_rising() -> None:
    """A brake that begins 4 cm after a node of the 25 m grid was written with the distance of that node."""
    distance_m = np.array([0.0, 10.0, 25.3, 25.34, 60.0, 100.01, 100.04])
    begins = (True, False, False, True, False, True)
    nodes = RegimeNodes(distance_m, distance_m / 10.0, np.full(7, 10.0), ("full",) * 6, begins)  # type: ignore[arg-type]
    kept = rows_to_write(nodes)
    written = [round(float(distance_m[node]), 1) for node in kept]
    assert written == sorted(set(written))
    assert kept == [0, 3, 4, 6]
