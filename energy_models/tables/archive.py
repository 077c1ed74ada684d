"""Checks of ZIP archives that unpack nothing: number of files, unpacked size, and how far the archive expands."""

import struct
import zipfile
from collections.abc import Collection
from typing import BinaryIO

from energy_models.faults import Fault

LEAST_EXPANDED_BYTES = 1_000_000
"""An archive of fewer unpacked bytes may expand by any factor."""

_END = b"PK\x05\x06"
_LONGEST_END = 22 + 65_535
_LEAST_ENTRY_BYTES = 46
"""Sizes in bytes of the end of an archive with its longest comment, and of the shortest entry of its directory (ZIP
specification, sections 4.3.12 and 4.3.16)."""


def directory_fault(file: BinaryIO, name: str, entries: int) -> Fault | None:
    """The fault of an archive whose directory is too long for `entries` files; the directory is not read for it.

    Long names make a directory longer; 250 bytes are allowed for each file.
    """
    file.seek(0, 2)
    file.seek(max(0, file.tell() - _LONGEST_END))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + 22:
        return None
    (size,) = struct.unpack_from("<I", tail, place + 12)
    if size > entries * (_LEAST_ENTRY_BYTES + 204):
        return Fault(name, "", "", f"a directory of {size / 1e6:,.1f} MB in the archive", f"at most {entries:,} files")
    return None


def archive_fault(
    archive: zipfile.ZipFile,
    name: str,
    *,
    entries: int,
    unpacked: int,
    expansion: int,
    read: Collection[str] | None = None,
) -> Fault | None:
    """The fault of an archive that has too many files or expands too far.

    Args:
        archive: The archive; its directory states the sizes, and zipfile unpacks no more bytes than it states.
        name: The archive, as faults name it.
        entries: Largest number of files.
        unpacked: Largest size in bytes of the unpacked files together.
        expansion: Largest factor from packed to unpacked size, beyond `LEAST_EXPANDED_BYTES`.
        read: The files that will be unpacked; None: all.
    """
    members = archive.infolist()
    if len(members) > entries:
        return Fault(name, "", "", f"{len(members):,} files in the archive", f"at most {entries:,} files")
    if read is not None:
        members = [member for member in members if member.filename in read]
    size = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if size > unpacked:
        allowed = f"at most {unpacked / 1e6:,.0f} MB"
        return Fault(name, "", "", f"{size / 1e6:,.0f} MB when it is unpacked", allowed)
    if size > LEAST_EXPANDED_BYTES and size > expansion * packed:
        allowed = f"an archive that becomes at most {expansion} times as large"
        return Fault(name, "", "", f"becomes {size / packed:,.0f} times as large when it is unpacked", allowed)
    return None
