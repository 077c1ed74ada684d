"""The names of DBOS that make an idle worker rest are still there."""

from dbos import _workflow_commands
from dbos._dbos import _get_or_create_dbos_registry

from api.jobs.idle_engine import SELDOM_S, look_seldom


def test_unused_parts_of_the_engine_look_seldom() -> None:
    before = _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC
    internal = _get_or_create_dbos_registry().get_internal_queue()
    interval_s = internal._polling_interval_sec
    assert before < SELDOM_S
    try:
        look_seldom()
        assert _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC == SELDOM_S
        assert internal._polling_interval_sec == SELDOM_S
    finally:
        _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = before
        internal._polling_interval_sec = interval_s
