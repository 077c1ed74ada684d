"""The DC supply: substations, storage, contact line and rails, and the power of trains over voltage."""

from typing import Annotated

from pydantic import Field

from energy_models.supply.overload_classes import ClassName
from scenarios.schema.base import (
    Chainage,
    Direction,
    EfficiencyShare,
    Identifier,
    Number,
    Part,
    Resistance,
    Share,
    Voltage,
    YesNo,
)

OhmPerKm = Annotated[Number, Field(gt=0, le=1)]


class Substation(Part):
    """A rectifier substation; with an inverter voltage it is a reversible substation."""

    id: Identifier
    """Identifier of the substation."""
    station: Identifier | None = None
    """Station of the place; instead of `chainage_m`."""
    chainage_m: Chainage | None = None
    """Chainage of the place; instead of `station`."""
    no_load_v: Voltage | None = None
    """No-load voltage; none means the value of the whole supply."""
    resistance_ohm: Resistance | None = None
    """Source resistance of transformer and rectifier; none means the value of the whole supply."""
    efficiency: EfficiencyShare = 1.0
    """Rectifier mode: DC energy divided by utility energy, with the load losses of transformer and rectifier but
    without the no-load loss."""
    transformer_no_load_kw: Annotated[Number, Field(ge=0, le=200)] = 0.0
    """Constant no-load loss of the transformer, on the utility side."""
    inverter_v: Voltage | None = None
    """Voltage above which the inverter feeds energy to the utility; none means no inverter."""
    inverter_resistance_ohm: Resistance | None = None
    """Resistance of the inverter branch; required with `inverter_v`."""
    inverter_efficiency: EfficiencyShare = 1.0
    """Inverter mode: utility energy divided by DC energy."""
    in_service: YesNo = True
    """False: the substation is out of service; the contact lines stay tied there."""
    rated_power_kw: Annotated[Number, Field(gt=0, le=100_000)] | None = None
    """Rated power at the DC terminals; with `overload_class`. If both are missing, loads are not compared."""
    overload_class: ClassName | None = None
    """Duty class of rectifier and transformer (IEC 60146-1-1, EN 50328, IEC 62589). Each class bears the rated power
    continuously. II: 150 % for 1 min. III: 150 % for 2 min, 200 % for 10 s. IV: 125 % for 2 h, 200 % for 10 s. V: 150 %
    for 2 h, 200 % for 1 min. VI: 150 % for 2 h, 300 % for 1 min."""


class Storage(Part):
    """Wayside storage with a droop characteristic around a dead band."""

    id: Identifier
    """Identifier of the storage."""
    station: Identifier | None = None
    """Station of the place; instead of `chainage_m`."""
    chainage_m: Chainage | None = None
    """Chainage of the place; instead of `station`."""
    capacity_kwh: Annotated[Number, Field(gt=0, le=10_000)]
    """Energy between empty and full."""
    charge_from_v: Voltage
    """Voltage above which the storage charges."""
    discharge_below_v: Voltage
    """Voltage below which the storage discharges; at most `charge_from_v`."""
    droop_ohm: Resistance
    """Droop: deviation of the voltage from the dead band, divided by the current."""
    maximum_current_a: Annotated[Number, Field(gt=0, le=20_000)]
    """Largest current in either direction."""
    maximum_power_kw: Annotated[Number, Field(gt=0, le=20_000)]
    """Largest power in either direction."""
    charge_efficiency: EfficiencyShare = 1.0
    """Energy stored divided by energy taken from the line."""
    discharge_efficiency: EfficiencyShare = 1.0
    """Energy given to the line divided by energy taken from the storage."""
    standing_loss_kw: Annotated[Number, Field(ge=0, le=100)] = 0.0
    """Constant standing loss."""
    initial_charge_share: Share = 0.5
    """Charge at the beginning of the day."""
    minimum_charge_share: Share = 0.0
    """Lowest allowed charge."""
    maximum_charge_share: Share = 1.0
    """Highest charge allowed."""
    in_service: YesNo = True
    """False: the storage is out of service."""


class RegenerationFade(Part):
    """Reduction of regeneration at high voltage."""

    fade_from_v: Voltage
    """Up to this voltage, all braking power flows back."""
    fade_to_v: Voltage
    """Above this voltage, no braking power flows back."""


class TractionFade(Part):
    """Reduction of traction at low voltage."""

    full_above_v: Voltage
    """Above this voltage the full traction power is possible."""
    none_below_v: Voltage
    """Below this voltage, traction has no power."""


class ContactLineGap(Part):
    """An insulated gap in the contact line of one track."""

    track: Direction
    """Direction of the track."""
    chainage_m: Chainage
    """Chainage of the gap."""


class Supply(Part):
    """The DC supply of the line."""

    nominal_v: Voltage
    """Nominal voltage (EN 50163)."""
    no_load_v: Voltage
    """No-load voltage of every substation without its own value."""
    substation_resistance_ohm: Resistance
    """Source resistance of every substation without its own value."""
    contact_line_ohm_per_km: OhmPerKm
    """Resistance of the contact line (third rail or overhead) of one track."""
    running_rail_ohm_per_km: OhmPerKm
    """Resistance of the two running rails of one track in parallel."""
    running_rails_bonded: YesNo = True
    """True: the rails of both tracks return the current in parallel. False: only the rails of one track do."""
    substations: tuple[Substation, ...]
    """Substations in order of chainage; at each substation the contact lines of both tracks are connected."""
    storages: tuple[Storage, ...] = ()
    """Wayside storages."""
    ties_m: tuple[Chainage, ...] = ()
    """Other places where the contact lines of both tracks are connected."""
    gaps: tuple[ContactLineGap, ...] = ()
    """Insulated gaps in the contact lines."""
    regeneration: RegenerationFade
    """Reduction of regeneration at high voltage."""
    traction: TractionFade
    """Reduction of traction at low voltage."""
    auxiliaries_constant_impedance_below_v: Voltage
    """Below this voltage, the auxiliaries are a constant impedance and draw less power."""
