"""Makes the parts of DBOS that Headwatt does not use look into the database less often.

DBOS 3.4 has no settings for them. No job has a delay or a deadline of DBOS, and none is in its internal queue, but DBOS
looks for such jobs every second; on an idle worker, this is almost half of its processor time.
"""

from dbos import _workflow_commands
from dbos._dbos import _get_or_create_dbos_registry

SELDOM_S = 60.0


def look_seldom() -> None:
    """Lengthen the intervals; call this before `DBOS.launch`.

    Raises AttributeError if a version of DBOS has other names, so that a test finds this.
    """
    _ = _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC
    _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = SELDOM_S
    internal = _get_or_create_dbos_registry().get_internal_queue()
    _ = internal._polling_interval_sec
    internal._polling_interval_sec = SELDOM_S
