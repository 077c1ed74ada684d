"""The live line by HTTP, from outside: rows to the service, advice and incidents from its snapshots."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_PATIENCE_S = 10.0
MOST_WAITING = 200_000


class ServiceDoor:
    """Sends rows to `/v1/live/{line}/messages`; what cannot be sent waits for the next try."""

    def __init__(self, address: str, line_id: str, key: str | None = None) -> None:
        self._address = f"{address.rstrip('/')}/v1/live/{line_id}"
        self._headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._waiting: list[Any] = []
        self._incidents: set[int] | None = None

    def send(self, rows: list[Any]) -> None:
        """Queue rows."""
        self._waiting.extend(rows)
        del self._waiting[:-MOST_WAITING]

    @property
    def waiting(self) -> int:
        """Number of rows that wait."""
        return len(self._waiting)

    def flush(self) -> None:
        """Send the rows that wait; on a failure they stay."""
        if not self._waiting:
            return
        count = len(self._waiting)
        body = json.dumps(self._waiting[:count], separators=(",", ":")).encode()
        try:
            with urlopen(Request(f"{self._address}/messages", body, self._headers), timeout=_PATIENCE_S):
                del self._waiting[:count]
        except (HTTPError, URLError, OSError):
            return

    def snapshot(self) -> dict[str, Any]:
        """The newest snapshot; empty if there is none."""
        try:
            with urlopen(Request(self._address, headers=self._headers), timeout=_PATIENCE_S) as answer:
                found = json.load(answer)
        except (HTTPError, URLError, OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def new_incidents(self, snapshot: dict[str, Any]) -> list[dict[str, Any]]:
        """The incidents of a snapshot that were not there before."""
        rows = snapshot.get("incidents")
        if not isinstance(rows, list):
            return []
        if self._incidents is None:
            self._incidents = set()
        found = [row for row in rows if row["number"] not in self._incidents]
        self._incidents.update(row["number"] for row in found)
        return found
