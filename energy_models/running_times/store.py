"""The store of computed runs: numpy archives in the user's cache folder, named by a hash of their inputs.

`HEADWATT_CACHE` names another folder; with an empty value there is no store. A file begins with a checksum over its
key and its content. A file that is empty, incomplete, changed or of another key is computed again and replaced.
"""

import fcntl
import hashlib
import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

_CODE = ("arrays.py", "track.py", "train.py", "driving", "running_times")
_FORMAT = b"headwatt-cache-1"
_PART = ".part"
_one_reader = threading.Lock()
"""numpy reads the header of an array with `ast.literal_eval`. In Python 3.11, this raises SystemError ("recursion depth
mismatch") if several threads do it at the same moment."""

Arrays = dict[str, NDArray[Any]]


def content_hash(*parts: object) -> str:
    """Hash of values (numbers, text, arrays, frozen dataclasses, tuples) and of the code that uses them."""
    digest = hashlib.sha256(_code_hash().encode())
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()[:32]


def load(key: str) -> Arrays | None:
    """The arrays of a key; None without a file, or if the file is not as it was written."""
    path = _path(key)
    if path is None:
        return None
    try:
        head, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    # The checksum is compared before numpy reads the content: numpy raises many kinds of errors on damaged files.
    if head != _head(key, content):
        return None
    with _one_reader, np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def save(key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Store arrays under a key, completely or not at all; a folder that is not writable only costs time later."""
    update(key, lambda _kept: arrays)


def update(key: str, merged: Callable[[Arrays | None], Mapping[str, NDArray[Any]]]) -> None:
    """Replace the arrays of a key by the result of `merged`, completely or not at all.

    Only one process at a time replaces them, so that no additions of another process are lost.
    """
    path = _path(key)
    if path is None:
        return
    with suppress(OSError), _sole_writer(path.parent):
        arrays = merged(load(key))
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=_PART)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_head(key, content.getvalue()) + b"\n")
                file.write(content.getvalue())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def _sole_writer(folder: Path) -> Iterator[None]:
    """Inside this context, no other process writes into the folder; a killed process releases its lock."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in folder.glob(f"*{_PART}"):
            # The process that wrote this file held the lock, so it was killed.
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)


def _head(key: str, content: bytes) -> bytes:
    """The first line of a file: format and checksum."""
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return _FORMAT + b" " + digest.hexdigest().encode()


def cache_folder() -> Path | None:
    """The folder of everything that may be computed again; None if the user wants no cache."""
    folder = os.environ.get("HEADWATT_CACHE")
    if folder is None:
        folder = platformdirs.user_cache_dir("headwatt")
    return Path(folder) if folder else None


def _path(key: str) -> Path | None:
    folder = cache_folder()
    return folder / "driving" / f"{key}.runs" if folder else None


@lru_cache(maxsize=1)
def _code_hash() -> str:
    """Hash of the source code behind the results, so that a changed model uses no old file."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(np.__version__.encode())
    for name in _CODE:
        path = root / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _feed(digest: Any, part: object) -> None:
    digest.update(type(part).__name__.encode())
    if isinstance(part, np.ndarray):
        digest.update(str(part.shape).encode())
        digest.update(np.ascontiguousarray(part, dtype=np.float64).tobytes())
    elif is_dataclass(part):
        for field in fields(part):
            digest.update(field.name.encode())
            _feed(digest, getattr(part, field.name))
    elif isinstance(part, tuple | list):
        digest.update(str(len(part)).encode())
        for item in part:
            _feed(digest, item)
    else:
        digest.update(repr(part).encode())
        digest.update(b";")
