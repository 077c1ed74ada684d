"""The zip of a scenario folder: unpacked into a folder with limits, so that no archive can harm the service."""

import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from energy_models.faults import Fault, InputFaults
from energy_models.tables.archive import archive_fault, directory_fault
from scenarios.files.folders import SCENARIO_FILE

MOST_FILES = 60
MOST_BYTES = 60_000_000
MOST_EXPANSION = 100
LONGEST_NAME = 100
ENDINGS = (".yaml", ".yml", ".csv", ".xlsx", ".md", ".txt", ".json")
_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_. \-]*$")
_PIECE = 1 << 20


def name_fault(name: str, file: str = "") -> Fault | None:
    """The fault of the name of a file of a scenario: it has no folder, and an ending that scenarios use."""
    if len(name) <= LONGEST_NAME and _NAME.match(name) and name.lower().endswith(ENDINGS):
        return None
    allowed = f"letters, digits, _ . - and spaces, at most {LONGEST_NAME}, with the ending {', '.join(ENDINGS)}"
    return Fault(file, "", "name", name[:120], allowed)


def unpack_scenario(archive: Path, folder: Path, name: str) -> None:
    """Unpack the zip of a scenario folder; its files may be in one folder of the zip.

    Raises `InputFaults` for anything but a zip of few ordinary files with plain names: links, folders within the
    folder, names that leave it, names given twice, passwords, and archives that expand too far.
    """
    try:
        with archive.open("rb") as stream:
            if fault := directory_fault(stream, name, MOST_FILES):
                raise InputFaults([fault])
            with zipfile.ZipFile(stream) as packed:
                fault = archive_fault(
                    packed, name, entries=2 * MOST_FILES, unpacked=MOST_BYTES, expansion=MOST_EXPANSION
                )
                if fault is not None:
                    raise InputFaults([fault])
                members = _members(packed, name)
                folder.mkdir(parents=True)
                left = MOST_BYTES
                for plain, member in members.items():
                    left -= _unpacked(packed, member, folder / plain, left, name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputFaults([Fault(name, "", "", str(error)[:120], "the zip of a scenario folder")]) from None


def _members(packed: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """The files of the scenario by their plain names."""
    files = [one for one in packed.infolist() if not one.is_dir()]
    faults = [
        Fault(name, "", "", f"{one.filename[:120]} (link or device)", "ordinary files")
        for one in files
        if (mode := one.external_attr >> 16) and not stat.S_ISREG(mode) and stat.S_IFMT(mode)
    ]
    places = [PurePosixPath(one.filename) for one in files]
    homes = {place.parent for place in places if place.name == SCENARIO_FILE}
    if len(homes) != 1:
        allowed = f"one {SCENARIO_FILE}, in the zip or in one folder of the zip"
        faults.append(Fault(name, "", "", f"{len(homes)} files {SCENARIO_FILE}", allowed))
        raise InputFaults(faults)
    home = homes.pop()
    found: dict[str, zipfile.ZipInfo] = {}
    for one, place in zip(files, places, strict=True):
        if place.parent != home or len(home.parts) > 1 or ".." in place.parts or place.is_absolute():
            allowed = f"files beside {SCENARIO_FILE}, without folders of their own"
            faults.append(Fault(name, "", "", one.filename[:120], allowed))
        elif fault := name_fault(place.name, name):
            faults.append(fault)
        elif place.name.lower() in {known.lower() for known in found}:
            faults.append(Fault(name, "", "", f"{place.name} twice", "each name once"))
        else:
            found[place.name] = one
    if len(found) > MOST_FILES:
        faults.append(Fault(name, "", "", f"{len(found)} files", f"at most {MOST_FILES} files"))
    if faults:
        raise InputFaults(faults)
    return found


def _unpacked(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, name: str) -> int:
    """Write one file; return its bytes, which are counted instead of believed."""
    size = 0
    with packed.open(member) as source, target.open("wb") as written:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > left:
                allowed = f"at most {MOST_BYTES / 1e6:.0f} MB when it is unpacked"
                raise InputFaults([Fault(name, "", "", member.filename[:120], allowed)])
            written.write(piece)
    return size
