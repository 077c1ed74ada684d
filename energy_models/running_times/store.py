"""The store of computed runs: numpy archives in the user's cache folder, named by the content that they answer.

`HEADWATT_CACHE` names another folder; set but empty, it switches the store off. What cannot be read is computed again.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

_CODE = ("arrays.py", "track.py", "train.py", "driving", "running_times")

Arrays = dict[str, NDArray[Any]]


def content_hash(*parts: object) -> str:
    """Hash of values (numbers, text, arrays, frozen dataclasses, tuples) and of the code that computes from them."""
    digest = hashlib.sha256(_code_hash().encode())
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()[:32]


def load(key: str) -> Arrays | None:
    """The arrays kept under a key, or None."""
    path = _path(key)
    if path is None or not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, KeyError):
        return None


def save(key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays under a key, at once or not at all; a folder that cannot be written only costs time later."""
    path = _path(key)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _path(key: str) -> Path | None:
    folder = os.environ.get("HEADWATT_CACHE")
    if folder is None:
        folder = platformdirs.user_cache_dir("headwatt")
    return Path(folder) / "driving" / f"{key}.npz" if folder else None


@lru_cache(maxsize=1)
def _code_hash() -> str:
    """Hash of the source that results depend on, so that a changed model never answers from an old file."""
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
