"""The files of a data folder: the same content once, and a damaged file repaired by the same content."""

from pathlib import Path

from api.state.files import FileStore


def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"timetable")
    sha256 = store.put(tmp_path / "a")
    stored = store.path(sha256).stat().st_ino
    assert store.put(tmp_path / "b") == sha256
    assert (list(store.stored()), store.path(sha256).stat().st_ino) == ([store.path(sha256)], stored)


def test_a_damaged_file_is_repaired_by_the_same_content(tmp_path: Path) -> None:
    """The damage keeps the size, so that only the bytes show it."""
    store, source = FileStore(tmp_path), tmp_path / "source"
    source.write_bytes(b"timetable")
    sha256 = store.put(source)
    for damage in (b"timetablE", b"time", b""):
        store.path(sha256).chmod(0o600)
        store.path(sha256).write_bytes(damage)
        assert store.put(source) == sha256
        assert store.path(sha256).read_bytes() == b"timetable"
    assert list(store.stored()) == [store.path(sha256)]
