"""The packages that an installation of Headwatt uses, with their licences, from the metadata of the packages."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OSI = "License :: OSI Approved :: "
_LONGEST = 80


@dataclass(frozen=True)
class UsedPackage:
    """A package with its version and its licence; `unknown` if the package does not name one."""

    name: str
    version: str
    licence: str


def used_packages(root: str = "headwatt") -> list[UsedPackage]:
    """Every installed package that a package needs, directly or through others, by name; extras are left out."""
    found: dict[str, UsedPackage] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if _key(name) in found:
            continue
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # needed on another platform or another version of Python
        found[_key(name)] = UsedPackage(one.metadata["Name"], one.version, licence_of(one))
        for line in one.requires or ():
            needed, _, marker = line.partition(";")
            match = _NAME.match(needed)
            if match is not None and "extra ==" not in marker:
                waiting.append(match.group())
    return [found[name] for name in sorted(found) if name != _key(root)]


def licence_of(package: Distribution) -> str:
    """The licence that a package names: the expression, else the classifiers, else the first line of the text."""
    metadata = package.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    named = [one.removeprefix(_OSI) for one in metadata.get_all("Classifier") or () if one.startswith(_OSI)]
    if named:
        return ", ".join(named)
    lines = str(metadata.get("License") or "").strip().splitlines()
    return lines[0].strip()[:_LONGEST] if lines else "unknown"


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
