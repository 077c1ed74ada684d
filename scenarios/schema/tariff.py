"""Prices of electricity."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.base import Clock, Number, Part, Text, Whole


class PricePeriod(Part):
    """A price by time of use."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    price_per_kwh: Annotated[Number, Field(ge=-10, le=1_000)]
    """Price of energy, in the currency of the tariff."""


class CarbonPeriod(Part):
    """CO2 of the electricity at a time of day."""

    from_s: Clock = Field(alias="from")
    """Start of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    co2_kg_per_kwh: Annotated[Number, Field(ge=0, le=3)]
    """CO2 for each kWh from the utility."""


class Tariff(Part):
    """Time-of-use prices and a charge on the highest demand."""

    currency: Text
    """Currency of all prices."""
    metering_point: Literal["substation", "utility"]
    """Metering point of the bill: DC terminals of the substations, or their utility (AC) side."""
    periods: tuple[PricePeriod, ...]
    """Prices from 00:00 to 24:00 without gap or overlap. Times after 24:00 have the prices of the next morning."""
    demand_charge_per_kw_month: Annotated[Number, Field(ge=0, le=10_000)] = 0.0
    """Price of the highest demand of a month."""
    demand_interval_s: Annotated[Whole, Field(ge=60, le=3_600)] = 900
    """Interval of the mean power for the demand charge, aligned to the clock."""
    days_per_month: Annotated[Whole, Field(ge=1, le=31)] = 30
    """Number of days over which the demand charge of a month is distributed."""
