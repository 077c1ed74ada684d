"""Reference cases of DC feeding, format `feeding-case-1`, from a closed form, another solver, or measurements.

A file has one `law` and any number of `cases`. Each case is one instant on one equivalent track: positions with a
rectifier or a train, the power demand of the trains, and the expected voltages (null if unknown). `train_power_w` is
the whole power at the collector at nominal voltage, positive for drawn power, negative for regenerated power, with
auxiliaries. The published files of this format use this definition, even if their note differs. A train with 200 kW of
auxiliaries and -2 MW brakes with 2.2 MW; `expected_regeneration_offered_w` and `..._used_w` are such brake powers and
include the train's own auxiliaries.
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from energy_models.faults import InputFaults
from energy_models.supply.checks import network_faults
from energy_models.supply.network import LEAK_S, Substation, SupplyNetwork, VehicleLaw
from energy_models.supply.snapshots import Snapshots
from scenarios.reference_cases.files import CasePart, Finite, NotNegative, Positive, read_case_file


class FeedingLaw(CasePart):
    """The device laws of all cases of a file; the resistance is that of the loop of contact line and return."""

    no_load_v: Positive
    rectifier_resistance_ohm: Positive
    rectifier_leak_s: Positive = LEAK_S
    regeneration_fade_from_v: Positive
    regeneration_fade_to_v: Positive
    traction_full_above_v: Positive
    traction_none_below_v: Positive
    auxiliaries_constant_impedance_below_v: Positive
    loop_resistance_ohm_per_m: Positive
    minimum_segment_m: Positive = 1.0

    def to_vehicle_law(self) -> VehicleLaw:
        """The part of the law for trains."""
        return VehicleLaw(
            self.regeneration_fade_from_v,
            self.regeneration_fade_to_v,
            self.traction_full_above_v,
            self.traction_none_below_v,
            self.auxiliaries_constant_impedance_below_v,
        )


class FeedingCase(CasePart):
    """One instant: positions, type and power of each device, and the expected voltages."""

    name: str
    position_m: Annotated[list[Finite], Field(min_length=1)]
    kind: list[Literal["rectifier", "train"]]
    train_power_w: list[Finite]
    auxiliary_power_w: list[NotNegative]
    expected_voltage_v: list[Positive | None]
    expected_regeneration_offered_w: NotNegative | None = None
    expected_regeneration_used_w: NotNegative | None = None

    @model_validator(mode="after")
    def _lists_belong_together(self) -> "FeedingCase":
        wrong = []
        count = len(self.position_m)
        for name in ("kind", "train_power_w", "auxiliary_power_w", "expected_voltage_v"):
            length = len(getattr(self, name))
            if length != count:
                wrong.append(f"{name} has {length} entries, position_m has {count}")
        if any(after < before for before, after in zip(self.position_m, self.position_m[1:], strict=False)):
            wrong.append("position_m must not decrease: the entries are in order of position")
        if "rectifier" not in self.kind:
            wrong.append("at least one entry must be a rectifier")
        for name in ("train_power_w", "auxiliary_power_w"):
            asked = zip(self.kind, getattr(self, name), strict=False)
            if any(kind == "rectifier" and power_w != 0.0 for kind, power_w in asked):
                wrong.append(f"{name} of a rectifier must be 0")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def trains(self) -> list[int]:
        """Indices of the trains in the lists."""
        return [place for place, kind in enumerate(self.kind) if kind == "train"]

    @property
    def rectifiers(self) -> list[int]:
        """Indices of the rectifiers in the lists."""
        return [place for place, kind in enumerate(self.kind) if kind == "rectifier"]

    def to_snapshots(self) -> Snapshots:
        """The trains of the instant; a snapshot contains their power without auxiliaries."""
        trains = self.trains
        auxiliary_w = np.array([self.auxiliary_power_w[place] for place in trains], dtype=np.float64)
        return Snapshots(
            offset=np.array([0, len(trains)]),
            chainage_m=np.array([self.position_m[place] for place in trains], dtype=np.float64),
            track=np.zeros(len(trains), dtype=np.int64),
            power_w=np.array([self.train_power_w[place] for place in trains], dtype=np.float64) - auxiliary_w,
            auxiliary_w=auxiliary_w,
        )


class FeedingCases(CasePart):
    """A file of feeding cases."""

    format: Literal["feeding-case-1"]
    name: str
    source: str = ""
    note: str = ""
    tolerance_v: Positive = 0.01
    law: FeedingLaw
    cases: Annotated[list[FeedingCase], Field(min_length=1)]

    def network_of(self, case: FeedingCase) -> SupplyNetwork:
        """The network of one case for the equivalent track; two parallel contact lines have the loop resistance."""
        law = self.law
        return SupplyNetwork(
            length_m=max(case.position_m[-1] - case.position_m[0], law.minimum_segment_m),
            start_chainage_m=case.position_m[0],
            substations=tuple(
                Substation(f"rectifier {number}", case.position_m[place], law.no_load_v, law.rectifier_resistance_ohm)
                for number, place in enumerate(case.rectifiers, 1)
            ),
            law=law.to_vehicle_law(),
            contact_ohm_per_m=2.0 * law.loop_resistance_ohm_per_m,
            return_ohm_per_m=0.0,
            rectifier_leak_s=law.rectifier_leak_s,
            minimum_segment_m=law.minimum_segment_m,
        )


def load_feeding_cases(path: str | Path) -> FeedingCases:
    """Read and check one file of cases; raises `InputFaults` with every fault of the file."""
    file = str(path)
    cases = read_case_file(path, FeedingCases)
    faults = network_faults(cases.network_of(cases.cases[0]), file)
    if faults:
        raise InputFaults(faults)
    return cases
