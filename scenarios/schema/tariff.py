"""What electricity costs."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.base import Clock, Number, Part, Text, Whole


class PricePeriod(Part):
    """A price by time of use."""

    from_s: Clock = Field(alias="from")
    """Begin of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    price_per_kwh: Annotated[Number, Field(ge=-10, le=1_000)]
    """Price of energy, in the tariff's currency."""


class CarbonPeriod(Part):
    """CO2 of the electricity at a time of day."""

    from_s: Clock = Field(alias="from")
    """Begin of the period."""
    to_s: Clock = Field(alias="to")
    """End of the period."""
    co2_kg_per_kwh: Annotated[Number, Field(ge=0, le=3)]
    """CO2 for each kWh from the utility."""


class Tariff(Part):
    """Time-of-use prices and a charge on the highest demand."""

    currency: Text
    """Currency of all prices, as text."""
    metering_point: Literal["substation", "utility"]
    """Where the bill is metered: DC terminals of the substations, or their utility (AC) side."""
    periods: tuple[PricePeriod, ...]
    """Prices that cover 00:00 to 24:00 without gap or overlap; later times count as those of the next morning."""
    demand_charge_per_kw_month: Annotated[Number, Field(ge=0, le=10_000)] = 0.0
    """Price of the highest demand of a month."""
    demand_interval_s: Annotated[Whole, Field(ge=60, le=3_600)] = 900
    """Interval over which demand is averaged, by the clock."""
    days_per_month: Annotated[Whole, Field(ge=1, le=31)] = 30
    """Days over which one month's demand charge is spread."""
