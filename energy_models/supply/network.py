"""The DC network of a line as frozen values: substations, storages, rails, and the voltage law of the trains."""

import difflib
from dataclasses import dataclass, field, replace

import numpy as np

from energy_models.faults import Fault, InputFaults

LEAK_S = 1e-4
"""Conductance of a blocked rectifier to its no-load voltage: keeps the equations of a fully blocked network regular."""


@dataclass(frozen=True)
class Substation:
    """A rectifier substation, reversible if `inverter_resistance_ohm` is finite.

    Below `no_load_v` it feeds (no_load_v - V) / resistance; above, the rectifier blocks (leak only), and a reversible
    substation takes (V - inverter_v) / inverter_resistance above `inverter_v`. Utility energy = DC energy / efficiency,
    plus `transformer_no_load_w` all day; the energy that an inverter returns is DC energy · `inverter_efficiency`.
    """

    name: str
    chainage_m: float
    no_load_v: float
    resistance_ohm: float
    efficiency: float = 1.0
    transformer_no_load_w: float = 0.0
    inverter_v: float = np.inf
    inverter_resistance_ohm: float = np.inf
    inverter_efficiency: float = 1.0

    @property
    def is_reversible(self) -> bool:
        """Whether the substation can return energy to the utility."""
        return bool(np.isfinite(self.inverter_resistance_ohm) and np.isfinite(self.inverter_v))


@dataclass(frozen=True)
class Storage:
    """Wayside storage with a droop around a dead band, limited in current, power and charge.

    Charges above `charge_from_v`, discharges below `discharge_below_v`, with current = (voltage distance) / droop_ohm.
    """

    name: str
    chainage_m: float
    capacity_j: float
    charge_from_v: float
    discharge_below_v: float
    droop_ohm: float
    maximum_current_a: float
    maximum_power_w: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    standing_loss_w: float = 0.0
    initial_charge_share: float = 0.5
    minimum_charge_share: float = 0.0
    maximum_charge_share: float = 1.0


@dataclass(frozen=True)
class VehicleLaw:
    """The current of a train as a function of the voltage at its collector; its auxiliaries have priority.

    Traction is full above `traction_full_above_v`, its power falls linearly to nothing at `traction_none_below_v`.
    Regeneration is P/V up to `regeneration_fade_from_v`, then its current falls linearly to nothing at
    `regeneration_fade_to_v`. Auxiliaries are constant power, and a constant impedance below
    `auxiliaries_constant_impedance_below_v`.
    """

    regeneration_fade_from_v: float
    regeneration_fade_to_v: float
    traction_full_above_v: float
    traction_none_below_v: float
    auxiliaries_constant_impedance_below_v: float


@dataclass(frozen=True)
class SupplyNetwork:
    """Two tracks fed from substations: a third rail for each track, one return of all running rails together.

    `contact_ohm_per_m` is one track's contact line; `return_ohm_per_m` is the return of both tracks in parallel (all
    four rails). Third rails are tied at every substation and storage and at `tie_chainage_m`; `section_gap_chainage_m`
    are (track, chainage) insulated gaps, track 0 up, 1 down; a gap at exactly the chainage of a train or a tie is
    behind it in the order of chainage. Segments shorter than `minimum_segment_m` have this length in the equations.
    """

    length_m: float
    substations: tuple[Substation, ...]
    law: VehicleLaw
    contact_ohm_per_m: float
    return_ohm_per_m: float
    storages: tuple[Storage, ...] = ()
    tie_chainage_m: tuple[float, ...] = ()
    section_gap_chainage_m: tuple[tuple[int, float], ...] = ()
    rectifier_leak_s: float = LEAK_S
    minimum_segment_m: float = 1.0
    start_chainage_m: float = field(default=0.0)

    @property
    def end_chainage_m(self) -> float:
        """The end of the line, in m of chainage."""
        return self.start_chainage_m + self.length_m

    @property
    def loop_ohm_per_m(self) -> float:
        """Resistance of the equivalent track: both contact lines in parallel, and the common return."""
        return self.contact_ohm_per_m / 2.0 + self.return_ohm_per_m

    def without(self, *names: str) -> "SupplyNetwork":
        """The same network with the named substations or storages out of service; the ties of the rails there stay.

        Raises InputFaults if a name is unknown (with similar names), or if no substation would be left.
        """
        everything: tuple[Substation | Storage, ...] = (*self.substations, *self.storages)
        known = [item.name for item in everything]
        faults = []
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=3, cutoff=0.0)
                faults.append(Fault("", "supply", "out of service", name, f"one of {', '.join(near)} (nearest names)"))
        kept = tuple(item for item in self.substations if item.name not in names)
        if not kept and not faults:
            faults.append(Fault("", "supply", "out of service", ", ".join(names), "at least one substation in service"))
        if faults:
            raise InputFaults(faults)
        out = tuple(item.chainage_m for item in everything if item.name in names)
        return replace(
            self,
            substations=kept,
            storages=tuple(item for item in self.storages if item.name not in names),
            tie_chainage_m=(*self.tie_chainage_m, *out),
        )
