"""Checks of a DC network: every fault at once."""

import math
from collections import Counter
from collections.abc import Iterator

from energy_models.faults import Fault
from energy_models.supply.network import Storage, Substation, SupplyNetwork


def network_faults(network: SupplyNetwork, file: str = "") -> list[Fault]:
    """Every fault of a network: places beyond the line, laws that are not continuous, impossible limits."""
    faults = [*_line_faults(network), *_law_faults(network)]
    for substation in network.substations:
        faults += _substation_faults(network, substation)
    for storage in network.storages:
        faults += _storage_faults(network, storage)
    everything: tuple[Substation | Storage, ...] = (*network.substations, *network.storages)
    names = Counter(item.name for item in everything)
    faults += [
        Fault("", "supply", "name", name, "each substation and storage has its own name")
        for name, count in names.items()
        if count > 1
    ]
    return [Fault(file, fault.place, fault.field, fault.value, fault.allowed) for fault in faults]


def _outside(network: SupplyNetwork, chainage_m: float) -> bool:
    return not network.start_chainage_m <= chainage_m <= network.end_chainage_m


def _on_the_line(network: SupplyNetwork) -> str:
    return f"on the line, {network.start_chainage_m:g} to {network.end_chainage_m:g} m"


def _line_faults(network: SupplyNetwork) -> Iterator[Fault]:
    place = "supply"
    if not network.substations:
        yield Fault("", place, "substations", "none", "at least one")
    for name in ("length_m", "minimum_segment_m", "rectifier_leak_s", "contact_ohm_per_m"):
        value = getattr(network, name)
        if not (math.isfinite(value) and value > 0.0):
            yield Fault("", place, name, f"{value:g}", "more than 0")
    if not (math.isfinite(network.return_ohm_per_m) and network.return_ohm_per_m >= 0.0):
        yield Fault("", place, "return_ohm_per_m", f"{network.return_ohm_per_m:g}", "0 or more")
    for chainage_m in network.tie_chainage_m:
        if _outside(network, chainage_m):
            yield Fault("", place, "tie_chainage_m", f"{chainage_m:g}", _on_the_line(network))
    for track, chainage_m in network.section_gap_chainage_m:
        if track not in (0, 1):
            yield Fault("", place, "section_gap_chainage_m", f"track {track}", "track 0 (up) or 1 (down)")
        if _outside(network, chainage_m):
            yield Fault("", place, "section_gap_chainage_m", f"{chainage_m:g}", _on_the_line(network))


def _law_faults(network: SupplyNetwork) -> Iterator[Fault]:
    law = network.law
    rising = (
        ("auxiliaries_constant_impedance_below_v", law.auxiliaries_constant_impedance_below_v),
        ("traction_none_below_v", law.traction_none_below_v),
        ("traction_full_above_v", law.traction_full_above_v),
        ("regeneration_fade_from_v", law.regeneration_fade_from_v),
        ("regeneration_fade_to_v", law.regeneration_fade_to_v),
    )
    for name, value in rising:
        if not (math.isfinite(value) and value >= 1.0):
            yield Fault("", "supply law", name, f"{value:g}", "at least 1 V")
    for (low_name, low), (high_name, high) in (
        (rising[1], rising[2]),
        (rising[2], rising[3]),
        (rising[3], rising[4]),
    ):
        if not low < high:
            yield Fault("", "supply law", high_name, f"{high:g}", f"more than {low_name} ({low:g} V)")
    for substation in network.substations:
        if not law.traction_full_above_v < substation.no_load_v:
            yield Fault(
                "", "supply law", "traction_full_above_v", f"{law.traction_full_above_v:g}",
                f"less than the no-load voltage of {substation.name} ({substation.no_load_v:g} V)",
            )  # fmt: skip


def _substation_faults(network: SupplyNetwork, substation: Substation) -> Iterator[Fault]:
    place = f"substation {substation.name}"
    if _outside(network, substation.chainage_m):
        yield Fault("", place, "chainage_m", f"{substation.chainage_m:g}", _on_the_line(network))
    for name in ("no_load_v", "resistance_ohm"):
        value = getattr(substation, name)
        if not (math.isfinite(value) and value > 0.0):
            yield Fault("", place, name, f"{value:g}", "more than 0")
    for name in ("efficiency", "inverter_efficiency"):
        value = getattr(substation, name)
        if not 0.0 < value <= 1.0:
            yield Fault("", place, name, f"{value:g}", "more than 0, at most 1")
    if not substation.transformer_no_load_w >= 0.0:
        yield Fault("", place, "transformer_no_load_w", f"{substation.transformer_no_load_w:g}", "0 W or more")
    if math.isfinite(substation.inverter_v) != math.isfinite(substation.inverter_resistance_ohm):
        yield Fault(
            "", place, "inverter_v and inverter_resistance_ohm",
            f"{substation.inverter_v:g} V, {substation.inverter_resistance_ohm:g} ohm", "both or neither",
        )  # fmt: skip
    if substation.is_reversible:
        if substation.inverter_v < substation.no_load_v:
            allowed = f"at least no_load_v ({substation.no_load_v:g} V), or rectifier and inverter feed each other"
            yield Fault("", place, "inverter_v", f"{substation.inverter_v:g}", allowed)
        if not substation.inverter_resistance_ohm > 0.0:
            value = f"{substation.inverter_resistance_ohm:g}"
            yield Fault("", place, "inverter_resistance_ohm", value, "more than 0")


def _storage_faults(network: SupplyNetwork, storage: Storage) -> Iterator[Fault]:
    place = f"storage {storage.name}"
    if _outside(network, storage.chainage_m):
        yield Fault("", place, "chainage_m", f"{storage.chainage_m:g}", _on_the_line(network))
    for name in ("capacity_j", "droop_ohm", "maximum_current_a", "maximum_power_w"):
        value = getattr(storage, name)
        if not value > 0.0:
            yield Fault("", place, name, f"{value:g}", "more than 0")
    for name in ("charge_efficiency", "discharge_efficiency"):
        value = getattr(storage, name)
        if not 0.0 < value <= 1.0:
            yield Fault("", place, name, f"{value:g}", "more than 0, at most 1")
    if not storage.standing_loss_w >= 0.0:
        yield Fault("", place, "standing_loss_w", f"{storage.standing_loss_w:g}", "0 W or more")
    if not 0.0 < storage.discharge_below_v <= storage.charge_from_v:
        allowed = f"more than 0, at most charge_from_v ({storage.charge_from_v:g} V)"
        yield Fault("", place, "discharge_below_v", f"{storage.discharge_below_v:g}", allowed)
    if not 0.0 <= storage.minimum_charge_share < storage.maximum_charge_share <= 1.0:
        value = f"{storage.minimum_charge_share:g} to {storage.maximum_charge_share:g}"
        yield Fault("", place, "minimum_charge_share and maximum_charge_share", value, "0 <= minimum < maximum <= 1")
    if not storage.minimum_charge_share <= storage.initial_charge_share <= storage.maximum_charge_share:
        allowed = f"{storage.minimum_charge_share:g} to {storage.maximum_charge_share:g}"
        yield Fault("", place, "initial_charge_share", f"{storage.initial_charge_share:g}", allowed)
