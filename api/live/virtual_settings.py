"""How a virtual line runs, and how its process is started; its simulation is not imported for that."""

import json
import sys
from dataclasses import asdict, dataclass

COMMAND = (sys.executable, "-m", "api.live.virtual")


@dataclass(frozen=True)
class VirtualSettings:
    """What a virtual line runs, how fast, and through which door: a broker, or a service with an optional key."""

    line_id: str
    scenario: str
    plan_folder: str | None
    from_s: int
    speed: float
    seed: int
    obedience: float
    delay_s: float
    day: str
    broker: str | None = None
    service: str | None = None
    key: str | None = None
    truth: str | None = None


def as_line(settings: VirtualSettings) -> bytes:
    """Settings as the first line of the standard input."""
    return json.dumps(asdict(settings)).encode() + b"\n"
