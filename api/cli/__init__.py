"""The command line: one module per command; `main` registers the commands.

BLAS uses one thread in this process and in those that it starts, unless the user has set the number. The matrices of
Headwatt are small: more threads wait for each other longer than they compute. The libraries read the variables when
numpy is imported, so this package sets them before any of its modules is imported.
"""

import os

_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

if not any(os.environ.get(name) for name in (*_BLAS_THREADS, "OMP_NUM_THREADS")):
    os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
