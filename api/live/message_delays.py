"""How late messages arrive, by feed: it shows slow links, and clocks of sources that are ahead."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

KEPT = 200
FEEDS = {"TrainEvent": "train events", "VehicleRecord": "vehicle telemetry", "MeterReading": "substation meters"}


@dataclass
class MessageDelays:
    """The newest delays from the time of a message to the clock of the line, in s; negative: the source is ahead."""

    newest_s: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, message: object, now_s: float) -> None:
        """Note a message that arrives now."""
        feed, time_s = FEEDS.get(type(message).__name__), getattr(message, "time_s", None)
        if feed is not None and time_s is not None:
            self.newest_s.setdefault(feed, deque(maxlen=KEPT)).append(now_s - float(time_s))

    def rows(self) -> dict[str, dict[str, float]]:
        """Median, least and largest delay of each feed."""
        return {
            feed: {"median_s": round(median(one), 2), "least_s": round(min(one), 2), "most_s": round(max(one), 2)}
            for feed, one in self.newest_s.items()
        }
