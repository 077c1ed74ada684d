"""Ids of plans and jobs, and the position in a list that goes from the newest to the oldest."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from energy_models.faults import Fault, InputFaults


def new_id() -> str:
    """A new id of a plan or a job: ids in alphabetical order are in the order of their times."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f") + "-" + secrets.token_hex(3)


def is_storable(text: str) -> bool:
    """Whether a database can hold a text as an id: PostgreSQL has no zero characters, and no half characters."""
    return len(text) <= 100 and text.isprintable() and text.encode("utf-8", "ignore").decode() == text


def cursor_of(created_at: datetime, object_id: str) -> str:
    """The cursor of the objects after one object."""
    return urlsafe_b64encode(f"{created_at.isoformat()} {object_id}".encode()).decode()


def position_of(cursor: str) -> tuple[datetime, str]:
    """The object of a cursor; raises `InputFaults` for a cursor that did not come from here."""
    try:
        at, object_id = urlsafe_b64decode(cursor.encode()).decode().split(" ")
        time = datetime.fromisoformat(at)
        if time.tzinfo is None or not is_storable(object_id):
            raise ValueError
    except ValueError:
        fault = Fault("", "", "cursor", cursor[:80], "the `next` of an earlier answer")
        raise InputFaults([fault]) from None
    return time, object_id
