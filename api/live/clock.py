"""The clock of a live line: the day of the service and the seconds of the day, from the clock of the machine."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.live.messages import ClockReading

DAY_BEGINS_S = 3 * 3600
"""A service day ends at this time of the next morning."""
LONGEST_S = 1.0
"""Line seconds for which the time of a virtual line continues without a message of it."""


@dataclass
class LineClock:
    """Gives the time of a line for a moment in s since 1970.

    A real line has the time of its zone. A virtual line tells its time after the messages of each second, on the same
    way as these; so its time never runs ahead of what has arrived.
    """

    zone: str
    virtual: ClockReading | None = None

    def take(self, reading: ClockReading) -> None:
        """Take the time of a virtual line."""
        if self.virtual is None or reading.wall_s >= self.virtual.wall_s:
            self.virtual = reading

    def time_s(self, wall_s: float) -> float:
        """The time of the line in s of its service day."""
        if self.virtual is not None:
            # The line tells its time with every second. Further on, its events would not have arrived yet.
            passed_s = (wall_s - self.virtual.wall_s) * self.virtual.speed
            return self.virtual.time_s + min(max(passed_s, 0.0), LONGEST_S)
        here = datetime.fromtimestamp(wall_s, ZoneInfo(self.zone))
        time_s = here.hour * 3600.0 + here.minute * 60.0 + here.second + here.microsecond / 1e6
        return time_s + 86_400.0 if time_s < DAY_BEGINS_S else time_s

    def day(self, wall_s: float) -> str:
        """The service day."""
        if self.virtual is not None:
            return self.virtual.day
        here = datetime.fromtimestamp(wall_s, ZoneInfo(self.zone))
        return (here - timedelta(seconds=DAY_BEGINS_S)).date().isoformat()

    @property
    def speed(self) -> float:
        """Line seconds for each second of the machine."""
        return 1.0 if self.virtual is None else self.virtual.speed
