"""A command that only shows help imports nothing that takes long."""

import subprocess
import sys

HEAVY = ("numpy", "pandas", "pydantic", "numba", "sqlalchemy", "fastapi", "scenarios.schema", "simulation")


def test_the_command_line_imports_no_heavy_package_before_a_command_runs() -> None:
    found = f"import sys; import api.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run((sys.executable, "-c", found), capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
