"""The packages that an installation of Headwatt uses, with their licences, from the metadata of the packages."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

_NEEDED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[(?P<extras>[^]]*)\])?")
_EXTRA = re.compile(r"extra == ['\"]([^'\"]+)['\"]")
_OSI = "License :: OSI Approved :: "
_LONGEST = 80


@dataclass(frozen=True)
class UsedPackage:
    """A package with its version and its licence; `unknown` if the package does not name one."""

    name: str
    version: str
    licence: str


def used_packages(root: str = "headwatt") -> list[UsedPackage]:
    """Every installed package that a package needs, directly or through others, by name.

    A package of an extra counts if somebody asks for this extra, such as `pyjwt[crypto]`.
    """
    found: dict[str, UsedPackage] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(root, "")]
    while waiting:
        name, extra = waiting.pop()
        if (_key(name), extra) in seen:
            continue
        seen.add((_key(name), extra))
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # needed on another platform or another version of Python
        found[_key(name)] = UsedPackage(one.metadata["Name"], one.version, licence_of(one))
        for line in one.requires or ():
            needed, _, marker = line.partition(";")
            match, of_extra = _NEEDED.match(needed), _EXTRA.search(marker)
            if match is not None and (of_extra.group(1) if of_extra is not None else "") == extra:
                extras = (one.strip() for one in (match["extras"] or "").split(","))
                waiting += [(match["name"], one) for one in {"", *extras}]
    return [found[name] for name in sorted(found) if name != _key(root)]


def licence_of(package: Distribution) -> str:
    """The licence that a package names: the expression, else the classifiers, else the first line of the text."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    named = [one.removeprefix(_OSI) for one in metadata.get_all("Classifier") or () if one.startswith(_OSI)]
    if named:
        return ", ".join(named)
    lines = metadata["License"].strip().splitlines() if "License" in metadata else []
    return lines[0].strip()[:_LONGEST] if lines else "unknown"


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
