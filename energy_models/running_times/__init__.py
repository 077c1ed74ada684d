"""Running times: fronts of time and energy, tables for whole lines, and the library of profiles that planning draws on.

- A front is convex and decreasing in its objective, and has the profile behind every point.
- Everything computed is kept on disk under a hash of track, train, options and of this code itself.
- Results do not depend on the number of workers or on what was asked before.
"""

from energy_models.running_times.front import RunningTimeFront, front
from energy_models.running_times.library import ProfileKey, ProfileLibrary
from energy_models.running_times.tables import TableKey, running_time_tables

__all__ = ["ProfileKey", "ProfileLibrary", "RunningTimeFront", "TableKey", "front", "running_time_tables"]
