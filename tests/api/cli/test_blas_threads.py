"""BLAS uses one thread in the command line, unless the user has set the number."""

import os
import subprocess
import sys

import pytest

_NAMES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS")
_SHOW = (
    "import os, sys; import api.cli; early = 'numpy' not in sys.modules; import api.cli.main, numpy; "
    "print(early, os.environ.get('OPENBLAS_NUM_THREADS'), os.environ.get('OMP_NUM_THREADS'), "
    "len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1)"
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "True 1 None 1"), ({"OPENBLAS_NUM_THREADS": "2"}, "True 2 None"), ({"OMP_NUM_THREADS": "3"}, "True None 3")],
)
def test_the_number_of_threads_is_one_or_that_of_the_user(given: dict[str, str], expected: str) -> None:
    others = {name: value for name, value in os.environ.items() if name not in _NAMES}
    shown = subprocess.run(
        (sys.executable, "-c", _SHOW), capture_output=True, text=True, check=True, env={**others, **given}
    )
    assert shown.stdout.startswith(expected)
