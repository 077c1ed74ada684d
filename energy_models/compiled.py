"""How the inner loops are compiled: cached on disk, without the interpreter's lock, and without what no caller uses.

Compilation takes most of the time of the first plan on a machine. The decorators leave out the wrapper for C callers;
`kernel` and `inside` leave out the reference counts of arrays, too, so that a function under them must not allocate or
return an array.

numba's cache checks only the file of the function itself, so that a changed function that another file calls would stay
in use as it was. Headwatt therefore keeps compiled code in a folder named after the source of all compiled functions.
`NUMBA_CACHE_DIR` names another folder.
"""

import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs
from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

COMPILED_ROOMS = ("energy_models", "dispatch/timing/kernel", "dispatch/regulation/kernel", "simulation/railway")
KEPT_FOLDERS = 3
"""Folders of compiled code that stay: that of this source and the two used last."""


def source_key(root: Path) -> str:
    """Hash of the source of every folder with compiled functions."""
    digest = hashlib.sha256()
    for room in COMPILED_ROOMS:
        for folder in sorted({file.parent for file in (root / room).rglob("*.py") if _has_compiled(file)}):
            for file in sorted(folder.glob("*.py")):
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _has_compiled(file: Path) -> bool:
    return b"energy_models.compiled import" in file.read_bytes()


def _use_folder_of_this_source() -> None:
    """Point numba to the folder of this source, unless the user named one; forget folders of older sources."""
    settings: Any = numba.config
    if settings.CACHE_DIR:
        return
    parent = Path(platformdirs.user_cache_dir("headwatt")) / "compiled"
    folder = parent / source_key(Path(__file__).parents[1])
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()
        settings.CACHE_DIR = str(folder)
        for old in sorted(parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)[KEPT_FOLDERS:]:
            shutil.rmtree(old, ignore_errors=True)


_use_folder_of_this_source()


def kernel(fastmath: set[str] | None = None, error_model: str = "python") -> Callable[[Function], Function]:
    """Compile a function that Python calls, or that several compiled functions share."""
    return _compiled("never", fastmath, error_model, counts_references=False)


def allocating(error_model: str = "python") -> Callable[[Function], Function]:
    """Compile a function that allocates arrays, or returns arrays."""
    return _compiled("never", None, error_model, counts_references=True)


def inside(error_model: str = "python") -> Callable[[Function], Function]:
    """Work a function into the compiled function that calls it, in one or two places; Python can call it, too.

    The compiler then optimises it once, and not again with each function that contains its caller.
    """
    return _compiled("always", None, error_model, counts_references=False)


def _compiled(
    inline: str, fastmath: set[str] | None, error_model: str, counts_references: bool
) -> Callable[[Function], Function]:
    options: dict[str, Any] = {"inline": inline, "fastmath": fastmath or False, "error_model": error_model}
    # Set in either case: a function without this option takes the one of its caller.
    options["_nrt"] = counts_references
    # numba's own types do not know every option.
    compiler: Any = njit
    decorator: Callable[[Function], Function] = compiler(cache=True, nogil=True, no_cfunc_wrapper=True, **options)
    return decorator
