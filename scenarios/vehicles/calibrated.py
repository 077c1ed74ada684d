"""The calibrated vehicle: the parameters of a train type from telemetry, as a file for `headwatt plan --vehicle`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from energy_models.calibration.parameters import VehicleParameters, parameters_of, with_parameters
from energy_models.drive_losses import regeneration_efficiency, traction_efficiency
from energy_models.faults import Fault, InputFaults
from energy_models.train import Efficiency, Train
from scenarios.files.faults import faults_of_schema
from scenarios.files.source_positions import SourceNode, plain_tree, read_yaml, yaml_tree
from scenarios.schema.base import Number, Part, Text, Whole
from scenarios.vehicles.findings import (
    CalibratedLosses,
    FitQuality,
    RecordedSensors,
    losses_of,
    quality_of,
    sensors_of,
)

if TYPE_CHECKING:
    # Its solver takes a second to import, and only the calibration itself needs it.
    from energy_models.calibration.estimate import Calibration

NOTE = (
    "Written by headwatt calibrate. Intervals include the noise of the telemetry and the declared classes of the\n"
    "sensors. Use: headwatt plan SCENARIO --vehicle THIS_FILE"
)

SI_NAMES: dict[str, tuple[str, float, str]] = {
    "tare_t": ("tare_kg", 1000.0, "t"),
    "rotating_mass_t": ("rotating_mass_kg", 1000.0, "t"),
    "resistance_constant_kn": ("resistance_constant_n", 1000.0, "kN"),
    "resistance_per_m_s_kn": ("resistance_per_m_s_n", 1000.0, "kN s/m"),
    "resistance_per_m_s_squared_kn": ("resistance_per_m_s_squared_n", 1000.0, "kN s²/m²"),
    "traction_efficiency": ("traction_efficiency", 1.0, "share"),
    "regeneration_efficiency": ("regeneration_efficiency", 1.0, "share"),
    "auxiliary_kw": ("auxiliary_w", 1000.0, "kW"),
}
"""For each name in the file: the internal name, the SI units in one unit of the file, and the unit of the file."""

Digest = Annotated[Text, Field(pattern=r"^[0-9a-f]{64}$")]


VEHICLE_HASH = "vehicle_hash"
"""Name of the option of a plan that contains the hash of its vehicle."""
MODEL_VERSIONS = "model_versions"
"""Name of the option of a plan that contains the versions of the models of its vehicles."""


class Interval95(Part):
    """A 95 % interval, in the unit of its parameter."""

    lower: Number
    """Lower end."""
    upper: Number
    """Upper end."""


class CalibratedParameter(Part):
    """One estimated parameter."""

    value: Annotated[Number, Field(ge=0)]
    """Best estimate."""
    interval_95: Interval95
    """95 % confidence interval of the true value."""
    unit: Text
    """Unit of the value and of its interval."""
    seconds: Annotated[Number, Field(ge=0)]
    """Seconds of telemetry that determine the value."""
    scenario_value: Annotated[Number, Field(ge=0)]
    """Value of the scenario, at the outside temperature of the telemetry."""

    @model_validator(mode="after")
    def _ordered(self) -> "CalibratedParameter":
        if not self.interval_95.lower <= self.value <= self.interval_95.upper:
            raise PydanticCustomError("interval", "a value within its interval")
        return self


class CalibratedParameters(Part):
    """The estimated parameters; a parameter is missing if the telemetry does not determine it or if it was fixed."""

    tare_t: CalibratedParameter | None = None
    """Mass of the empty train."""
    rotating_mass_t: CalibratedParameter | None = None
    """Inertia of the rotating parts."""
    resistance_constant_kn: CalibratedParameter | None = None
    """A of the running resistance."""
    resistance_per_m_s_kn: CalibratedParameter | None = None
    """B of the running resistance."""
    resistance_per_m_s_squared_kn: CalibratedParameter | None = None
    """C of the running resistance."""
    traction_efficiency: CalibratedParameter | None = None
    """Traction: wheel power divided by collector power."""
    regeneration_efficiency: CalibratedParameter | None = None
    """Electric braking: collector power divided by wheel power."""
    auxiliary_kw: CalibratedParameter | None = None
    """Mean power of the auxiliaries at the outside temperature of the telemetry."""


class NormalisedEnergy(Part):
    """Energy for each train-km at the collector on the reference runs of the scenario, auxiliaries included."""

    value: Annotated[Number, Field(gt=0)]
    """Best estimate."""
    interval_95: Interval95
    """95 % interval, with the declared accuracy of the meter."""
    unit: Literal["kWh/km"] = "kWh/km"
    """Unit of the value and of its interval."""


class TelemetrySource(Part):
    """The telemetry behind a calibrated vehicle."""

    file: Text
    """Name of the file."""
    sha256: Digest
    """Hash of its bytes."""
    rows: Annotated[Whole, Field(ge=0)]
    """Data rows read."""
    rows_excluded: Annotated[Whole, Field(ge=0)]
    """Rows left out as implausible."""
    seconds_used: Annotated[Number, Field(ge=0)]
    """Seconds in the stretches of the fit."""
    runs: Annotated[Whole, Field(ge=0)]
    """Number of runs between stations."""
    vehicles: tuple[Text, ...]
    """Trainsets of the telemetry."""
    outside_temperature_c: Number
    """Mean outside temperature."""
    day: Annotated[Text, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    """Service day of the telemetry, if it is known."""


class CalibratedVehicle(Part):
    """A calibrated train type, or one calibrated vehicle of it."""

    format: Literal["headwatt vehicle 1"]
    """Version of the file format."""
    version: Digest | None = None
    """Version of the model: SHA-256 of the other content. A file that was changed since then is refused; without this
    line it is a new version."""
    scenario: Text
    """Scenario of the line; the model is refused for other scenarios, unless a train type is named for it."""
    train_type: Text
    """Calibrated train type of the scenario."""
    source: TelemetrySource
    """Telemetry of the calibration."""
    parameters: CalibratedParameters
    """Estimates with intervals."""
    held: dict[str, Annotated[Number, Field(ge=0)]] = Field(default_factory=dict)
    """Parameters with a fixed value, such as a measured tare, in the unit of their name."""
    not_estimated: dict[str, str] = Field(default_factory=dict)
    """Parameters without an estimate, each with the reason."""
    drive_losses: CalibratedLosses | None = None
    """Losses of the drive by force and speed; the efficiencies are their means over the telemetry."""
    sensors: RecordedSensors | None = None
    """The sensors of the telemetry."""
    quality: FitQuality | None = None
    """How well one train explains the telemetry."""
    normalised: NormalisedEnergy | None = None
    """Energy on the reference runs of the scenario, to compare vehicles."""

    @model_validator(mode="after")
    def _physical(self) -> "CalibratedVehicle":
        for name in ("traction_efficiency", "regeneration_efficiency"):
            estimate = getattr(self.parameters, name)
            if max(estimate.value if estimate else 0.0, self.held.get(name, 0.0)) > 1.0:
                raise PydanticCustomError("efficiency", "an efficiency of at most 1")
        if unknown := set(self.held) - set(SI_NAMES):
            raise PydanticCustomError("held", "{known}", {"known": f"known names, not {', '.join(sorted(unknown))}"})
        return self

    @property
    def hash(self) -> str:
        """The version of the model: SHA-256 of its content, independent of the layout of its file."""
        content = self.model_dump(mode="json", exclude_none=True, exclude={"version"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load_vehicle(path: str | Path, name: str | None = None) -> CalibratedVehicle:
    """Read a vehicle file; `name` replaces the name of the file in faults.

    Raises:
        InputFaults: The file cannot be read, does not follow the format, or was changed since its version was written;
            every fault with its line.
    """
    file = Path(path)
    if not file.is_file():
        raise InputFaults([Fault(str(path), "", "", "no such file", "a vehicle file of headwatt calibrate --out")])
    return vehicle_of_tree(read_yaml(file, name or file.name))


def vehicle_of_content(content: Mapping[str, Any] | str, name: str = "vehicle") -> CalibratedVehicle:
    """A vehicle from a network request: the text of a vehicle file, or its content as an object.

    Raises `InputFaults` with every fault under `name`.
    """
    if isinstance(content, str):
        return vehicle_of_tree(yaml_tree(content, name, aliases=False))
    return vehicle_of_tree(plain_tree(dict(content), name))


def vehicle_of_tree(tree: SourceNode) -> CalibratedVehicle:
    """The vehicle of the content of a vehicle file; raises `InputFaults` like `load_vehicle`."""
    try:
        found = CalibratedVehicle.model_validate(tree.plain())
    except ValidationError as error:
        raise InputFaults(faults_of_schema(error, tree, CalibratedVehicle)) from None
    if found.version not in (None, found.hash):
        place = tree.at(("version",))
        allowed = "the version of this content: the file was changed; without the line `version` it is a new version"
        raise InputFaults([Fault(place.file, place.place, "version", str(found.version)[:12], allowed)])
    return found.model_copy(update={"version": None})


def write_vehicle(vehicle: CalibratedVehicle, path: str | Path) -> None:
    """Write a vehicle file; `load_vehicle` reads it to an equal value."""
    content = vehicle_content(vehicle)
    comment = "".join(f"# {line}\n" for line in NOTE.splitlines())
    Path(path).write_text(comment + yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def vehicle_content(vehicle: CalibratedVehicle) -> dict[str, Any]:
    """The content of a vehicle file, with the version of the model."""
    content = vehicle.model_dump(mode="json", exclude_none=True, exclude={"version"})
    return {"format": content.pop("format"), "version": vehicle.hash, **content}


def apply(vehicle: CalibratedVehicle, train: Train) -> Train:
    """The train with the calibrated parameters; parameters without an estimate keep the scenario's value.

    Auxiliaries are scaled by the ratio of estimate to scenario value at the temperature of the telemetry, so that a
    train for another temperature keeps the dependence on temperature. Calibrated losses of the drive become its
    efficiency maps. Without them (older files), an efficiency map of the scenario keeps its shape, and the estimate
    becomes its mean over a full-effort change of speed.
    """
    values = {name: getattr(parameters_of(train), name) for name, _, _ in SI_NAMES.values()}
    for name, (inside, factor, _) in SI_NAMES.items():
        estimate: CalibratedParameter | None = getattr(vehicle.parameters, name)
        if estimate is not None:
            values[inside] = estimate.value * factor
        elif name in vehicle.held:
            values[inside] = vehicle.held[name] * factor
    auxiliary = vehicle.parameters.auxiliary_kw
    if auxiliary is not None and auxiliary.scenario_value > 0.0:
        values["auxiliary_w"] = train.auxiliary_w * (auxiliary.value / auxiliary.scenario_value)
    changed = with_parameters(train, VehicleParameters(**values))
    losses = vehicle.drive_losses or CalibratedLosses()
    return replace(
        changed,
        traction_efficiency=_at_most_one(changed.traction_efficiency)
        if losses.traction is None
        else traction_efficiency(losses.traction.losses(), train.traction, train.maximum_speed_m_s),
        regeneration_efficiency=_at_most_one(changed.regeneration_efficiency)
        if losses.regeneration is None
        else regeneration_efficiency(losses.regeneration.losses(), train.electric_brake, train.maximum_speed_m_s),
    )


def _at_most_one(efficiency: Efficiency) -> Efficiency:
    """Scale a map to a new mean; no point of the map may exceed 1."""
    return replace(efficiency, share=np.minimum(efficiency.share, 1.0))


def vehicle_of(
    calibration: "Calibration",
    nominal: VehicleParameters,
    held: dict[str, float],
    *,
    scenario: str,
    train_type: str,
    source: TelemetrySource,
) -> CalibratedVehicle:
    """The content of the vehicle file of a calibration.

    Args:
        calibration: The estimates.
        nominal: The scenario's parameters at the outside temperature of the telemetry.
        held: Fixed values, by the names and in the units of the file.
        scenario: Name of the scenario.
        train_type: Name of the train type in it.
        source: Description of the telemetry.
    """
    parameters = {}
    for name, (inside, factor, unit) in SI_NAMES.items():
        if inside in calibration.estimates:
            one = calibration.estimates[inside]
            parameters[name] = CalibratedParameter(
                value=_figures(one.value / factor),
                interval_95=Interval95(lower=_figures(one.lower / factor), upper=_figures(one.upper / factor)),
                unit=unit,
                seconds=one.seconds,
                scenario_value=_figures(getattr(nominal, inside) / factor),
            )
    inside_to_file = {inside: name for name, (inside, _, _) in SI_NAMES.items()}
    return CalibratedVehicle(
        format="headwatt vehicle 1",
        scenario=scenario,
        train_type=train_type,
        source=source,
        parameters=CalibratedParameters(**parameters),
        held=held,
        not_estimated={inside_to_file[name]: reason for name, reason in calibration.not_estimated.items()},
        drive_losses=losses_of(calibration),
        sensors=sensors_of(calibration),
        quality=quality_of(calibration),
    )


def _figures(value: float) -> float:
    """A value rounded to seven significant figures, which is much finer than every interval."""
    return float(f"{value:.7g}")


class HiddenParameters(Part):
    """True parameters of a simulated train, for `headwatt telemetry generate --hidden`; missing ones are nominal."""

    tare_t: Annotated[Number, Field(gt=5, le=2_000)] | None = None
    """Mass of the empty train."""
    rotating_mass_t: Annotated[Number, Field(ge=0, le=500)] | None = None
    """Inertia of the rotating parts."""
    resistance_constant_kn: Annotated[Number, Field(ge=0, le=100)] | None = None
    """A of the running resistance."""
    resistance_per_m_s_kn: Annotated[Number, Field(ge=0, le=10)] | None = None
    """B of the running resistance."""
    resistance_per_m_s_squared_kn: Annotated[Number, Field(ge=0, le=1)] | None = None
    """C of the running resistance."""
    traction_efficiency: Annotated[Number, Field(gt=0, le=1)] | None = None
    """Traction: wheel power divided by collector power."""
    regeneration_efficiency: Annotated[Number, Field(gt=0, le=1)] | None = None
    """Electric braking: collector power divided by wheel power."""
    auxiliary_kw: Annotated[Number, Field(ge=0, le=2_000)] | None = None
    """Mean power of the auxiliaries."""


def read_hidden(path: str | Path, train: Train) -> VehicleParameters:
    """True parameters from a YAML file; `train` provides the missing parameters.

    Raises:
        InputFaults: The file is not readable, or a name or value is not allowed; every fault has its line.
    """
    file = Path(path)
    if not file.is_file():
        allowed = "a YAML file with parameters: " + ", ".join(SI_NAMES)
        raise InputFaults([Fault(str(path), "", "", "no such file", allowed)])
    tree = read_yaml(file, file.name)
    try:
        given = HiddenParameters.model_validate(tree.plain())
    except ValidationError as error:
        raise InputFaults(faults_of_schema(error, tree, HiddenParameters)) from None
    nominal = parameters_of(train)
    values = {
        inside: getattr(nominal, inside) if (value := getattr(given, name)) is None else value * factor
        for name, (inside, factor, _) in SI_NAMES.items()
    }
    return VehicleParameters(**values)


def write_hidden(parameters: VehicleParameters, path: str | Path) -> None:
    """Write true parameters so that `read_hidden` reads them back."""
    content = {name: _figures(getattr(parameters, inside) / factor) for name, (inside, factor, _) in SI_NAMES.items()}
    Path(path).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
