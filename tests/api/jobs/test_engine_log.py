"""The entries of the job engine have the form of the other entries of the log."""

import json
import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from api.jobs.engine_log import log_as_other_entries

PROGRAM = """
import logging, sys
from dbos import DBOS
from api.jobs.engine_log import log_as_other_entries
from api.logs import log_to_stderr
log_to_stderr("json", "warning")
log_as_other_entries()
DBOS(config={"name": "headwatt", "system_database_url": sys.argv[1], "log_level": "WARNING"})
logging.getLogger("dbos").warning("a workflow failed with Authorization: Bearer 0123456789abcdef")
"""


def test_entries_of_the_engine_are_json_once_and_without_secrets(tmp_path: Path) -> None:
    command = (sys.executable, "-c", PROGRAM, f"sqlite:///{tmp_path / 'engine.sqlite'}")
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    entries = [json.loads(line) for line in found.stderr.splitlines()]
    (entry,) = [one for one in entries if one["logger"] == "dbos"]
    assert entry["level"] == "warning"
    assert entry["message"].startswith("a workflow failed")
    assert "0123456789abcdef" not in found.stderr


def test_a_database_that_does_not_answer_gives_one_line_without_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    log_as_other_entries()
    logger = logging.getLogger("dbos")
    error = OperationalError("SELECT 1", {}, sqlite3.OperationalError("unable to open the file"))
    logger.error("A poll failed", exc_info=error)
    text = "Traceback (most recent call last):\n  File x\n(psycopg.OperationalError) connection is bad\n(Background)\n"
    logger.warning(f"A schedule failed: {text}")
    logger.error("Another fault", exc_info=ValueError("kept"))
    first, second, third = caplog.records
    expected = "A poll failed (sqlite3.OperationalError) unable to open the file"
    assert (first.getMessage(), first.exc_info) == (expected, None)
    assert second.getMessage().splitlines() == [second.getMessage()]
    assert second.getMessage().endswith("connection is bad")
    assert third.exc_info is not None
