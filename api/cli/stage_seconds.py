"""The time of a command by stage."""

import time
from collections.abc import Mapping

from api.cli.console import duration_text

STARTED_S = time.monotonic()
"""The time at which the program began to load, approximately."""
LEAST_S = 0.5
"""Shorter stages are not printed."""


def seconds_until_now() -> float:
    """Seconds since the program began to load."""
    return time.monotonic() - STARTED_S


def seconds_text(seconds: Mapping[str, float]) -> str:
    """Total and longest stages, in one line: `41 s: search 20 s, simulation 9 s`."""
    longest = sorted(seconds.items(), key=lambda one: -one[1])
    stages = ", ".join(f"{stage} {duration_text(spent)}" for stage, spent in longest if spent >= LEAST_S)
    total = duration_text(sum(seconds.values()))
    return f"{total}: {stages}" if stages else total
