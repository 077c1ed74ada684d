"""The entries of the job engine have the form of the other entries of the log."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, sys
from dbos import DBOS
from api.jobs.engine import log_as_other_entries
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
