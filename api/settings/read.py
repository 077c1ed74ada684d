"""Reads the settings: options of the command line win over the environment, and the environment over the file."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.access.redaction import without_secrets
from api.settings.leaves import Leaf, leaves, shown
from api.settings.model import Settings
from energy_models.faults import Fault, InputFaults

FILE_VARIABLE = "HEADWATT_CONFIG"
"""The variable of the environment with the file of the settings."""
_OTHER_VARIABLES = (
    FILE_VARIABLE, "HEADWATT_CACHE", "HEADWATT_DEBUG", "HEADWATT_CHROMIUM", "HEADWATT_REFERENCE", "HEADWATT_EXAMPLES",
    "HEADWATT_FEED_HEADER", "HEADWATT_MQTT_PASSWORD",
)  # fmt: skip
"""Variables that are no settings of an installation."""
_DEFAULT, _ENVIRONMENT, _COMMAND_LINE = "default", "environment", "command line"


@dataclass(frozen=True)
class Given:
    """A value as it was given: where, under which name, and its text for faults."""

    source: str
    name: str
    value: Any


@dataclass(frozen=True)
class ReadSettings:
    """Checked settings; `sources` is where each value comes from, by the dotted name of the setting."""

    settings: Settings
    sources: Mapping[str, str]
    file: Path | None


def read_settings(
    options: Mapping[str, Any] | None = None,
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> ReadSettings:
    """The settings of an installation.

    Args:
        options: Values of the command line by dotted name; None means that the option was not given.
        file: The file of the settings; without it, the file that `HEADWATT_CONFIG` names.
        environment: The variables of the environment.

    Raises:
        InputFaults: Every fault of the file, the environment and the command line, each with its name and its source.
    """
    known = {leaf.name: leaf for leaf in leaves()}
    if file is None and environment.get(FILE_VARIABLE):
        file = Path(environment[FILE_VARIABLE])
    faults: list[Fault] = []
    given: dict[str, Given] = {}
    if file is not None:
        given |= _of_file(file, known, faults)
    given |= _of_environment(environment, known, faults)
    wanted = {name: value for name, value in (options or {}).items() if value is not None}
    given |= {name: Given(_COMMAND_LINE, name, value) for name, value in wanted.items()}
    try:
        settings = Settings.model_validate(_nested(given))
    except ValidationError as error:
        faults += [_fault(one["loc"], str(one["msg"]), given, known) for one in error.errors(include_input=False)]
    if faults:
        raise InputFaults(faults)
    sources = {name: given[name].source if name in given else _DEFAULT for name in known}
    return ReadSettings(settings, sources, file)


def _of_file(file: Path, known: Mapping[str, Leaf], faults: list[Fault]) -> dict[str, Given]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(Fault(str(file), "", "", error.strerror or "cannot be read", "a file of settings in TOML"))
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(str(file), "", "", without_secrets(str(error)), "TOML in UTF-8"))
        return {}
    found = {}
    for name, value in _flat(content, "", known):
        if name in known:
            found[name] = Given(str(file), name, _beside(file, value) if known[name].is_path else value)
        else:
            faults.append(_unknown(str(file), name, list(known)))
    return found


def _flat(content: Mapping[str, Any], before: str, known: Mapping[str, Leaf]) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        name = before + key
        is_section = any(one.startswith(f"{name}.") for one in known)
        if is_section and isinstance(value, dict):
            yield from _flat(value, f"{name}.", known)
        else:
            yield name, value


def _beside(file: Path, value: Any) -> Any:
    """Relative paths of a file belong to its folder."""
    if isinstance(value, list):
        return [_beside(file, one) for one in value]
    return str(file.absolute().parent / value) if isinstance(value, str) else value


def _of_environment(environment: Mapping[str, str], known: Mapping[str, Leaf], faults: list[Fault]) -> dict[str, Given]:
    found = {}
    for leaf in known.values():
        text = environment.get(leaf.variable, "")
        if not text:
            continue
        value: Any = text
        if leaf.is_composed:
            try:
                value = tomllib.loads(f"value = {text}")["value"] if text[0] in "[{" else text.split(",")
            except tomllib.TOMLDecodeError as error:
                faults.append(Fault(_ENVIRONMENT, "", leaf.variable, text[:80], f"a value in TOML ({error})"))
                continue
        found[leaf.name] = Given(_ENVIRONMENT, leaf.variable, value)
    variables = [leaf.variable for leaf in known.values()]
    for name in sorted(environment):
        is_known = name in variables or name in _OTHER_VARIABLES or not name.startswith("HEADWATT_")
        if not is_known and get_close_matches(name, variables, n=1, cutoff=0.85):
            faults.append(_unknown(_ENVIRONMENT, name, variables))
    return found


def _unknown(source: str, name: str, names: list[str]) -> Fault:
    near = get_close_matches(name, names, n=3, cutoff=0.5) or sorted({one.partition(".")[0] for one in names})
    return Fault(source, "", name, "unknown key", f"for example {', '.join(near)}; `headwatt config show` lists all")


def _nested(given: Mapping[str, Given]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, one in given.items():
        place = made
        *sections, last = name.split(".")
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = one.value
    return made


def _fault(steps: tuple[int | str, ...], message: str, given: Mapping[str, Given], known: Mapping[str, Leaf]) -> Fault:
    """A fault of the model with the name under which the value was given; without one, the settings conflict."""
    path = ".".join(str(step) for step in steps)
    allowed = message.removeprefix("Value error, ").removeprefix("Input should be ")
    for name, one in given.items():
        if path == name or path.startswith(f"{name}."):
            value = "********" if known[name].is_secret else without_secrets(shown(one.value))[:80]
            return Fault(one.source, "", one.name, value, allowed)
    sources = sorted({one.source for name, one in given.items() if name.startswith(path)})
    return Fault(", ".join(sources), "", path, "", allowed)
