"""The entries of DBOS in the log of a worker."""

import logging

_DATABASE_ERROR = "OperationalError"
"""Name of the class of the errors of a database that does not answer."""


def log_as_other_entries() -> None:
    """Let the entries of DBOS reach the log of this process, in its form; DBOS adds no output of its own then."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    if _without_trace not in logger.filters:
        logger.addFilter(_without_trace)
    logger.propagate = True


def _without_trace(record: logging.LogRecord) -> bool:
    """Shorten an entry about a database that does not answer; in 20 s without it, DBOS writes 3,000 lines of traces."""
    error = record.exc_info[1] if record.exc_info else None
    if type(error).__name__ == _DATABASE_ERROR:
        first_line = str(error).partition("\n")[0]
        record.msg, record.args, record.exc_info = f"{record.getMessage()} {first_line}", (), None
    text = record.getMessage()
    if _DATABASE_ERROR in text and "\n" in text:
        lines = [line for line in text.splitlines() if line.strip()]
        reason = next((line for line in lines if f"{_DATABASE_ERROR})" in line), lines[-1])
        record.msg, record.args = f"{lines[0]} {reason}", ()
    return True
