"""Data folders of an installation with the bundled lines registered: made once in a session, and copied."""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from api.services.installation import open_installation


@cache
def _prepared() -> Path:
    """The folder that all others are copies of; the session removes it together with its cache."""
    data = Path(tempfile.mkdtemp(prefix="prepared-", dir=os.environ["HEADWATT_CACHE"]))
    installation = open_installation(data)
    installation.prepare(lambda _line: None)
    installation.close()
    return data


def prepared_data(data: Path) -> Path:
    """Make a data folder a prepared one, unless it has a database already; returns the folder."""
    if not (data / "headwatt.sqlite").exists():
        shutil.copytree(_prepared(), data, dirs_exist_ok=True)
    return data
