"""The log of a process: lines of text or JSON on the standard error output, with request ids and without secrets."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from api.access.redaction import without_secrets

REQUEST_ID: ContextVar[str] = ContextVar("headwatt_request_id", default="")
"""The id of the request that the present task or thread answers."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class TextLines(logging.Formatter):
    """One line of text for each entry, with the id of its request."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as text."""
        request_id = REQUEST_ID.get()
        text = without_secrets(f"{_utc(record)} {record.levelname} {record.name}: {super().format(record)}")
        if request_id and request_id not in text:
            first, _, rest = text.partition("\n")
            text = f"{first} (request {request_id})" + (f"\n{rest}" if rest else "")
        return text


class JsonLines(logging.Formatter):
    """One JSON object for each entry; values that the caller gave as `extra` are members of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as JSON."""
        entry: dict[str, object] = {
            "time": _utc(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if REQUEST_ID.get():
            entry["request_id"] = REQUEST_ID.get()
        for name, value in vars(record).items():
            if name not in _STANDARD:
                entry[name] = value if isinstance(value, int | float) else without_secrets(str(value))
        if record.exc_info:
            entry["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def _utc(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def log_to_stderr(form: str, level: str) -> None:
    """Write the log of this process to the standard error output, in the form `text` or `json`."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
