"""Messages of brokers, each with one row as a JSON object or with an array of rows."""

import json
from collections.abc import Iterable

_MORE_LINES = (b"\n", b"\r", b"\0")
"""Bytes of a text of several lines, or in UTF-16."""


def rows_of_messages(payloads: Iterable[bytes]) -> bytes:
    """The rows of messages as lines of JSON; a payload that is no JSON becomes a line that the store quarantines."""
    return b"\n".join(line for payload in payloads for line in rows_of_payload(payload))


def rows_of_payload(payload: bytes) -> list[bytes]:
    """The rows of a message, one JSON text each; a payload that is no JSON goes to the quarantine as it is."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        # Its bytes must not become several rows, and the first byte decides how the batch is read.
        return [b"{" + payload.replace(b"\n", b" ").replace(b"\r", b" ")]
    if payload.startswith(b"{") and not any(one in payload for one in _MORE_LINES):
        return [payload]
    values = found if isinstance(found, list) else [found]
    texts = [json.dumps(value).encode() for value in values]
    return [text if text.startswith(b"{") else b"{" + text for text in texts]
