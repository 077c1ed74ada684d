"""`python -m job_worker PROGRAM DATA AT_ONCE`: a worker whose jobs run a program of `job_programs`."""

import logging
import os
import signal
import sys
from pathlib import Path

from job_programs import command

from api.jobs.port import Limits
from api.jobs.worker import Worker
from api.state.database import open_database


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    data = Path(sys.argv[2])
    worker = Worker(open_database(data), data, int(sys.argv[3]), Limits(), command(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: worker.end())
    worker.run()
    os._exit(0)  # as `run_worker` does


if __name__ == "__main__":
    main()
