"""The override of a scenario with an estimated supply, written into the file of the scenario."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from energy_models.faults import Fault, InputFaults
from scenarios.completion.apply import BEFORE, Completion, own_folder, write
from scenarios.files.load import FILE, faults_of, override_names
from scenarios.files.yaml_edit import edited
from scenarios.supply.from_meters import MeasuredSupply

SOURCE = "measured_supply"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def require_new_override(scenario: str, name: str) -> Path:
    """The folder of a scenario that may get the override. Raises InputFaults for a bundled line and a used name."""
    folder = own_folder(scenario)
    if not _NAME.fullmatch(name) or name in override_names(folder):
        allowed = "a new name of letters, digits and underscores that begins with a letter"
        raise InputFaults([Fault(f"{scenario}/{FILE}", "", "overrides", name, allowed)])
    return folder


def save_override(folder: Path, name: str, content: dict[str, Any]) -> Path:
    """Add an override to the file of a scenario; comments and layout of the file remain.

    Returns:
        The earlier version of the file, which `headwatt scenario complete --undo` puts back.

    Raises:
        InputFaults: The scenario with the override has faults; then the file is not changed.
    """
    file = folder / FILE
    before = file.read_text(encoding="utf-8-sig")
    after = edited(before, [(("overrides", name, *path), value) for path, value in _leaves(content)], FILE)
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place) / folder.resolve().name
        shutil.copytree(folder, trial, ignore=shutil.ignore_patterns(BEFORE))
        (trial / FILE).write_text(after, encoding="utf-8")
        faults = faults_of(trial, (name,))
    if faults:
        raise InputFaults(faults)
    return write(Completion(file, (), before, after, ()))


def _leaves(content: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in content.items():
        # The parts of a list stand on one line each.
        if isinstance(value, dict) and path[-1:] != ("substations",):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def override_of(found: MeasuredSupply, source: str) -> dict[str, Any]:
    """The content of an override with the estimates; `source` is the text of their origin.

    The common factor of the conductors applies to contact line and rails. A quantity that the readings hardly determine
    keeps the scenario's value.
    """
    supply, unclear = found.scenario.supply, found.estimate.unclear
    change: dict[str, Any] = {}
    substations: dict[str, dict[str, float]] = {}
    for item in supply.substations:
        one = next((one for one in found.estimate.network.substations if one.name == item.id), None)
        if one is None:
            continue
        own: dict[str, float] = {}
        if item.no_load_v is not None and "no-load voltage" not in unclear:
            own["no_load_v"] = round(float(one.no_load_v), 1)
        if f"resistance of {item.id}" not in unclear:
            own["resistance_ohm"] = _figures(one.resistance_ohm)
        if own:
            substations[item.id] = own
    if "no-load voltage" not in unclear:
        factor = found.estimate.network.substations[0].no_load_v / found.network.substations[0].no_load_v
        change["no_load_v"] = round(float(supply.no_load_v * factor), 1)
    if "conductor resistance" not in unclear:
        for name in ("contact_line_ohm_per_km", "running_rail_ohm_per_km"):
            change[name] = _figures(getattr(supply, name) * found.conductor_factor)
    if substations:
        change["substations"] = substations
    origin = {f"supply.{name}": SOURCE for name in change if name != "substations"}
    origin |= {"supply.substations.*.resistance_ohm": SOURCE} if substations else {}
    return {"supply": change, "sources": {SOURCE: source}, "provenance": origin}


def _figures(value: float) -> float:
    return float(f"{value:.4g}")
