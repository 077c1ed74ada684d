"""The DC supply: substations, storage, contact line and rails, and how trains answer the voltage."""

from typing import Annotated

from pydantic import Field

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
    """A rectifier substation; reversible when it has an inverter voltage."""

    id: Identifier
    """Short name of the substation."""
    station: Identifier | None = None
    """Station at which it stands; or give `chainage_m`."""
    chainage_m: Chainage | None = None
    """Place along the line, if it does not stand at a station."""
    no_load_v: Voltage | None = None
    """Voltage without load; none means that of the whole supply."""
    resistance_ohm: Resistance | None = None
    """Source resistance of transformer and rectifier; none means that of the whole supply."""
    efficiency: EfficiencyShare = 1.0
    """DC energy over utility energy, in rectifying."""
    transformer_no_load_kw: Annotated[Number, Field(ge=0, le=200)] = 0.0
    """Loss of the transformer all day, on the utility side."""
    inverter_v: Voltage | None = None
    """Voltage above which energy goes back to the utility; none means that it cannot."""
    inverter_resistance_ohm: Resistance | None = None
    """Resistance of the inverter branch; needed with `inverter_v`."""
    inverter_efficiency: EfficiencyShare = 1.0
    """Utility energy over DC energy, in inverting."""
    in_service: YesNo = True
    """False takes the substation out; the contact lines stay tied together there."""


class Storage(Part):
    """Wayside storage with a droop around a dead band."""

    id: Identifier
    """Short name of the storage."""
    station: Identifier | None = None
    """Station at which it stands; or give `chainage_m`."""
    chainage_m: Chainage | None = None
    """Place along the line, if it does not stand at a station."""
    capacity_kwh: Annotated[Number, Field(gt=0, le=10_000)]
    """Energy between empty and full."""
    charge_from_v: Voltage
    """It charges above this voltage."""
    discharge_below_v: Voltage
    """It discharges below this voltage; not above `charge_from_v`."""
    droop_ohm: Resistance
    """Distance of the voltage from the dead band over current."""
    maximum_current_a: Annotated[Number, Field(gt=0, le=20_000)]
    """Largest current in either direction."""
    maximum_power_kw: Annotated[Number, Field(gt=0, le=20_000)]
    """Largest power in either direction."""
    charge_efficiency: EfficiencyShare = 1.0
    """Energy stored over energy taken from the line."""
    discharge_efficiency: EfficiencyShare = 1.0
    """Energy given to the line over energy taken from the store."""
    standing_loss_kw: Annotated[Number, Field(ge=0, le=100)] = 0.0
    """Loss all day."""
    initial_charge_share: Share = 0.5
    """Charge at the beginning of the day."""
    minimum_charge_share: Share = 0.0
    """Lowest charge allowed."""
    maximum_charge_share: Share = 1.0
    """Highest charge allowed."""
    in_service: YesNo = True
    """False takes the storage out."""


class RegenerationFade(Part):
    """How braking trains give way to a high voltage."""

    fade_from_v: Voltage
    """Up to this voltage all braking energy may flow back."""
    fade_to_v: Voltage
    """Above this voltage none does."""


class TractionFade(Part):
    """How motoring trains give way to a low voltage."""

    full_above_v: Voltage
    """Above this voltage traction has its full power."""
    none_below_v: Voltage
    """Below this voltage it has none."""


class ContactLineGap(Part):
    """An insulated gap in one track's contact line."""

    track: Direction
    """Track of that direction."""
    chainage_m: Chainage
    """Place of the gap."""


class Supply(Part):
    """The DC supply of the line."""

    nominal_v: Voltage
    """Nominal voltage (EN 50163)."""
    no_load_v: Voltage
    """Voltage of a substation without load, where the substation does not say its own."""
    substation_resistance_ohm: Resistance
    """Source resistance of a substation, where the substation does not say its own."""
    contact_line_ohm_per_km: OhmPerKm
    """Contact line (third rail or overhead) of one track."""
    running_rail_ohm_per_km: OhmPerKm
    """Both running rails of one track together."""
    running_rails_bonded: YesNo = True
    """True: the rails of both tracks return the current in parallel. False: one track's rails alone, the worst case."""
    substations: tuple[Substation, ...]
    """Substations in order of chainage; at each the contact lines of both tracks are tied together."""
    storages: tuple[Storage, ...] = ()
    """Wayside storages."""
    ties_m: tuple[Chainage, ...] = ()
    """Further places where the contact lines of both tracks are tied together."""
    gaps: tuple[ContactLineGap, ...] = ()
    """Insulated gaps in the contact lines."""
    regeneration: RegenerationFade
    """How braking trains give way to a high voltage."""
    traction: TractionFade
    """How motoring trains give way to a low voltage."""
    auxiliaries_constant_impedance_below_v: Voltage
    """Below this voltage auxiliaries draw less, as a constant impedance."""
