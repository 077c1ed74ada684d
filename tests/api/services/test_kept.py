"""What is kept between requests: by the version of an object, or for a moment."""

from pathlib import Path

import pytest
from prepared_data import prepared_data

from api.services import kept
from api.services.installation import open_installation
from api.services.kept import Kept, Remembered


def test_the_values_that_were_used_last_are_kept() -> None:
    values: Kept[str, int] = Kept(most=2)
    values.put("a", 1)
    values.put("b", 2)
    assert values.get("a") == 1
    values.put("c", 3)
    assert (values.get("a"), values.get("b"), values.get("c")) == (1, None, 3)


def test_what_is_remembered_ends_with_a_write_and_with_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = open_installation(prepared_data(tmp_path))
    now_s = 100.0
    monkeypatch.setattr(kept.time, "monotonic", lambda: now_s)
    users: Remembered[str] = Remembered()
    assert users.get("key") is None
    users.note("key", "ada", users.moment())
    assert users.get("key") == "ada"
    with installation.database.writing():
        pass
    assert users.get("key") is None
    before = users.moment()
    with installation.database.writing():
        pass
    users.note("key", "ada", before)
    assert users.get("key") is None, "it was read before the write"
    users.note("key", "ada", users.moment())
    now_s += kept.REMEMBERED_S
    assert users.get("key") is None
    installation.close()
