"""The memory of processes that run for days."""

import gc

_THRESHOLDS = (10_000, 5, 5)


def settle_memory() -> None:
    """Keep what the start has made until the end, and collect later garbage soon.

    The commands of planning collect seldom, because their objects stay. With their thresholds, a process that answers
    requests would keep the garbage of hours; after a freeze, collections are small and can be frequent.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
