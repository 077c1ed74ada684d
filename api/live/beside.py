"""Runs a program that must not outlive the process that started it.

`python -m api.live.beside PROGRAM …` starts the program, and ends it at the end of the standard input (the starter has
ended, also by `kill -9`), or by SIGTERM or SIGINT. The exit code is that of the program.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

_ENDS_WITHIN_S = 15.0


def start_beside(command: Sequence[str], *, is_silent: bool = False) -> "subprocess.Popen[bytes]":
    """Start a program that ends with this process; the process returned passes SIGTERM on to the program.

    The program has a session of its own, so that Ctrl-C reaches only this process, which then ends its programs in
    order. `is_silent` discards what the program writes.
    """
    output = subprocess.DEVNULL if is_silent else None
    return subprocess.Popen(
        [sys.executable, "-m", "api.live.beside", *command],
        stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True,
    )  # fmt: skip


def main() -> int:
    """Run the program of the command line."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def end(*_: object) -> None:
        if process.poll() is None:
            process.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        end()
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=watch, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
