"""The models of a fleet: a vehicle file for each vehicle, and the trains of a scenario with calibrated models."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from energy_models.calibration.pooling import pooled
from energy_models.faults import Fault, InputFaults
from energy_models.train import Train
from scenarios.files.names import did_you_mean
from scenarios.files.source_positions import SourceNode, plain_tree, read_yaml
from scenarios.schema import Scenario
from scenarios.values.build import train_of
from scenarios.values.fleet import vehicle_names
from scenarios.values.mileage import NO_MILEAGE, Mileage
from scenarios.values.rolling_stock import RollingStock
from scenarios.vehicles.calibrated import CalibratedVehicle, apply, load_vehicle, vehicle_content, vehicle_of_tree
from scenarios.vehicles.mileage import FILE as MILEAGE_FILE
from scenarios.vehicles.mileage import read_mileage
from scenarios.vehicles.normalised import reference_runs, with_energy

FORMAT = "headwatt fleet 1"
_NOTE = "The models of the vehicles of a plan, by vehicle; each is the content of a vehicle file.\n"


@dataclass(frozen=True)
class FleetModels:
    """The model of each vehicle, the mileage of the vehicles, and the file of each model for messages."""

    of_vehicle: Mapping[str, CalibratedVehicle] = field(default_factory=dict)
    mileage: Mileage = NO_MILEAGE
    files: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each model: the hash of its content."""
        return {vehicle: model.hash for vehicle, model in sorted(self.of_vehicle.items())}


NO_FLEET = FleetModels()
LEAST_ERROR = 1e-4
"""Smallest relative error of a normalised energy, so that a model without any interval has a weight."""


def read_fleet(path: str | Path) -> FleetModels:
    """The models of a fleet folder (a vehicle file for each vehicle, in any subfolder), or of the fleet file of a plan.

    Of several models of a vehicle, the one of the latest day counts. Raises `InputFaults` with the faults of all files.
    """
    place = Path(path)
    if place.is_file():
        return fleet_of_tree(read_yaml(place, place.name))
    faults: list[Fault] = []
    found = _models_of_folder(place, faults)
    mileage = NO_MILEAGE
    if (place / MILEAGE_FILE).exists():
        try:
            mileage = read_mileage(place / MILEAGE_FILE)
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(faults)
    return FleetModels(
        {vehicle: models[-1][1] for vehicle, models in sorted(found.items())},
        mileage,
        {vehicle: models[-1][0] for vehicle, models in sorted(found.items())},
    )


def read_history(folder: str | Path) -> dict[str, tuple[CalibratedVehicle, ...]]:
    """All models of each vehicle of a fleet folder, in the order of their days; the last one is the present one.

    Raises `InputFaults` with the faults of all files.
    """
    faults: list[Fault] = []
    found = _models_of_folder(Path(folder), faults)
    if faults:
        raise InputFaults(faults)
    return {vehicle: tuple(model for _, model in models) for vehicle, models in sorted(found.items())}


def _models_of_folder(place: Path, faults: list[Fault]) -> dict[str, list[tuple[str, CalibratedVehicle]]]:
    """The models of each vehicle with their files, in the order of their days; all faults are appended."""
    files = sorted(file for file in place.rglob("*") if file.suffix in (".yaml", ".yml")) if place.is_dir() else []
    if not files:
        allowed = "a folder with a vehicle file of headwatt calibrate --out for each vehicle"
        shown = "no vehicle file" if place.is_dir() else "no such folder"
        faults.append(Fault(str(place), "", "", shown, allowed))
    found: dict[str, list[tuple[str, CalibratedVehicle]]] = {}
    for file in files:
        name = file.relative_to(place).as_posix()
        try:
            model = load_vehicle(file, name)
        except InputFaults as error:
            faults += error.faults
            continue
        if len(model.source.vehicles) != 1:
            shown = ", ".join(model.source.vehicles)
            allowed = "one vehicle: headwatt calibrate --vehicle ID for each vehicle"
            faults.append(Fault(name, "", "source.vehicles", shown, allowed))
            continue
        found.setdefault(model.source.vehicles[0], []).append((name, model))
    for vehicle, models in found.items():
        models.sort(key=lambda one: one[1].source.day or "")
        for before, after in pairwise(models):
            if (before[1].source.day or "") == (after[1].source.day or ""):
                also = f"a day of its own for each model of {vehicle}: {before[0]} has the same"
                faults.append(Fault(after[0], "", "source.day", after[1].source.day or "none", also))
    return found


def fleet_of_content(content: Mapping[str, Any], name: str = "fleet") -> FleetModels:
    """The models from a network request: the content of a vehicle file by vehicle. Raises `InputFaults`."""
    return _models(plain_tree(dict(content), name))


def fleet_of_tree(tree: SourceNode) -> FleetModels:
    """The models of the fleet file of a plan. Raises `InputFaults` with every fault."""
    content = tree.value if isinstance(tree.value, dict) else {}
    kind = content.get("format")
    if kind is None or kind.value != FORMAT or "vehicles" not in content:
        shown = str(kind.value) if kind is not None else "none"
        raise InputFaults([Fault(tree.file, "", "format", shown, f"{FORMAT}, with the models under vehicles")])
    models = _models(content["vehicles"])
    kept = content.get("mileage")
    if kept is None:
        return models
    try:
        mileage = TypeAdapter(Mileage).validate_python(kept.plain())
    except ValidationError as error:
        raise InputFaults(
            Fault(tree.file, kept.place, ".".join(("mileage", *map(str, one["loc"]))), "", one["msg"])
            for one in error.errors()
        ) from None
    return replace(models, mileage=mileage)


def write_fleet(models: FleetModels, path: str | Path) -> None:
    """Write the fleet file of a plan; `read_fleet` reads it to equal models."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "vehicles": {vehicle: vehicle_content(model) for vehicle, model in sorted(models.of_vehicle.items())},
    }
    if models.mileage != NO_MILEAGE:
        content["mileage"] = asdict(models.mileage)
    Path(path).write_text(f"# {_NOTE}" + yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def stock_of(
    scenario: Scenario,
    vehicle: CalibratedVehicle | None = None,
    fleet: FleetModels = NO_FLEET,
    as_type: str | None = None,
) -> RollingStock:
    """The trains of a scenario with calibrated models: of one train type, or of each vehicle.

    A model belongs to the scenario and the train type of its calibration, with any overrides of the scenario; with
    `as_type`, to this train type of any scenario. Raises `InputFaults` with every model that belongs elsewhere, and
    every vehicle that is not in the fleet.
    """
    if vehicle is not None and fleet.of_vehicle:
        raise InputFaults([Fault("", "", "vehicle", "given", "a vehicle file or a fleet, not both")])
    faults = belonging_faults(scenario, vehicle, fleet, as_type)
    if faults:
        raise InputFaults(faults)
    if vehicle is not None:
        name = as_type or vehicle.train_type
        return RollingStock.of(scenario, {name: apply(vehicle, train_of(scenario, name))})
    stock = RollingStock.of(scenario)
    if not fleet.of_vehicle:
        return stock
    own: dict[str, Train] = {}
    errors: dict[str, float] = {}
    for name in stock.of_type:
        models = {one: model for one, model in fleet.of_vehicle.items() if stock.type_of[one] == name}
        for one, (train, error) in pooled_trains(scenario, name, models).items() if models else ():
            own[one], errors[one] = train, error
    return replace(stock.with_own(own, errors), mileage=fleet.mileage)


def pooled_trains(
    scenario: Scenario, train_type: str, models: Mapping[str, CalibratedVehicle]
) -> dict[str, tuple[Train, float]]:
    """The train of each model of one type, with its energy pooled, and the relative standard error of this energy.

    The normalised energy of each vehicle leans on the mean of its type by how much its own data say
    (`energy_models.calibration.pooling`), as if the difference were an error of its meter. Without this, a plan would
    promise savings that are only errors of the vehicles that seem best.
    """
    runs = reference_runs(scenario, train_type)
    trains = {name: apply(model, runs.train) for name, model in models.items()}
    energies = [runs.kwh_per_km(train) for train in trains.values()]
    errors = [
        max(runs.relative_error(model), LEAST_ERROR) * energy
        for model, energy in zip(models.values(), energies, strict=True)
    ]
    found = pooled(energies, errors)
    return {
        name: (with_energy(train, float(value) / energy), float(error / value))
        for (name, train), energy, value, error in zip(trains.items(), energies, found.value, found.error, strict=True)
    }


def belonging_faults(
    scenario: Scenario, vehicle: CalibratedVehicle | None, fleet: FleetModels, as_type: str | None
) -> list[Fault]:
    """The reasons why models do not belong to a scenario."""
    types = tuple(dict.fromkeys(part.train_type for part in scenario.fleet))
    if as_type is not None and as_type not in types:
        return [Fault("", "", "as", as_type, did_you_mean(as_type, types))]
    names = vehicle_names(scenario)
    models = [("vehicle file", "", vehicle)] if vehicle is not None else []
    models += [(fleet.files.get(name, "fleet"), name, model) for name, model in fleet.of_vehicle.items()]
    faults = []
    for file, name, model in models:
        base, own = scenario.name.split("+", maxsplit=1)[0], model.scenario.split("+", maxsplit=1)[0]
        if as_type is None and own != base:
            allowed = f"a model of scenario {base}; --as {types[0]} applies it to this train type all the same"
            faults.append(Fault(file, "", "scenario", model.scenario, allowed))
        elif as_type is None and model.train_type not in types:
            allowed = f"{did_you_mean(model.train_type, types)}; --as TYPE applies the model to another type"
            faults.append(Fault(file, "", "train_type", model.train_type, allowed))
        elif name and name not in names:
            allowed = f"a vehicle of the fleet of the scenario, {did_you_mean(name, names)}"
            faults.append(Fault(file, "", "source.vehicles", name, allowed))
        elif name and names[name] != (as_type or model.train_type):
            faults.append(Fault(file, "", "train_type", model.train_type, f"{names[name]}, the type of vehicle {name}"))
    return faults


def _models(tree: SourceNode) -> FleetModels:
    faults: list[Fault] = []
    found = {}
    for vehicle, node in (tree.value if isinstance(tree.value, dict) else {}).items():
        try:
            found[str(vehicle)] = vehicle_of_tree(node)
        except InputFaults as error:
            faults += error.faults
    if not found and not faults:
        faults.append(Fault(tree.file, tree.place, "vehicles", "none", "the model of at least one vehicle"))
    if faults:
        raise InputFaults(faults)
    return FleetModels(found, files=dict.fromkeys(found, tree.file))
