"""Compiled code is kept by the source of all compiled functions, so that no changed function stays in use as it was."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from energy_models.compiled import COMPILED_ROOMS, source_key

FOLDER = "import numba, energy_models.compiled; print(numba.config.CACHE_DIR)"


def folder_in_use(environment: dict[str, str]) -> Path:
    """The folder that a fresh process keeps compiled code in."""
    command = (sys.executable, "-c", FOLDER)
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Path(ran.stdout.strip())


def test_any_changed_file_of_a_compiled_folder_changes_the_key(root: Path, tmp_path: Path) -> None:
    for room in COMPILED_ROOMS:
        shutil.copytree(root / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    same = source_key(root)
    assert source_key(tmp_path) == same
    laws = tmp_path / "energy_models/supply/device_laws.py"
    laws.write_text(laws.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert source_key(tmp_path) != same


def test_the_folder_is_named_after_the_source_and_the_user_may_name_another(root: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    own = folder_in_use({**environment, "XDG_CACHE_HOME": str(tmp_path)})
    assert own == tmp_path / "headwatt" / "compiled" / source_key(root)
    assert folder_in_use({**environment, "NUMBA_CACHE_DIR": str(tmp_path / "mine")}) == tmp_path / "mine"
