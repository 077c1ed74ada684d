"""Running times: fronts of time and energy, tables for whole lines, and the library of driving profiles for planning.

- A front is convex and decreasing in its objective, and contains the profile of every point.
- All results are stored on disk under a hash of track, train, options and code.
- Results do not depend on the number of workers or on earlier calls.
"""

from energy_models.running_times.followed import FollowedProfiles, apart_together, followed_by
from energy_models.running_times.front import RunningTimeFront, front
from energy_models.running_times.library import ProfileKey, ProfileLibrary
from energy_models.running_times.tables import TableKey, running_time_tables

__all__ = [
    "FollowedProfiles",
    "ProfileKey",
    "ProfileLibrary",
    "RunningTimeFront",
    "TableKey",
    "apart_together",
    "followed_by",
    "front",
    "running_time_tables",
]
