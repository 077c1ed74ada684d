"""The signals that a recorder can give: the columns of the telemetry and further ones, each with its unit."""

from collections.abc import Mapping
from dataclasses import dataclass

from energy_models.telemetry.columns import COLUMNS, Column


@dataclass(frozen=True)
class Signal:
    """One signal of a recorder.

    Attributes:
        column: Name with unit suffix, meaning and plausible values.
        unit: Unit of the stored number, in the words of pint; empty for text.
    """

    column: Column
    unit: str

    @property
    def name(self) -> str:
        """Name of the signal, with its unit as suffix."""
        return self.column.name


_UNITS: Mapping[str, str] = {
    "section": "",
    "chainage_m": "m",
    "speed_m_s": "m/s",
    "friction_brake": "",
    "doors_open": "",
    "voltage_v": "V",
    "current_a": "A",
    "load_kg": "kg",
    "outside_temperature_c": "degC",
}
_FURTHER = (
    (Column("power_w", "power at the collector; negative for regeneration", True, -2e7, 2e7), "W"),
    (Column("force_n", "force of the drive at the wheel; negative in braking", True, -2e6, 2e6), "N"),
    (Column("odometer_m", "distance counted by the train, in the direction of travel", True, -1e9, 1e10), "m"),
    (Column("acceleration_m_s2", "acceleration in the direction of travel", True, -6.0, 6.0), "m/s**2"),
    (Column("energy_drawn_j", "counter of the energy taken from the rail", True, 0.0, 1e15), "J"),
    (Column("energy_returned_j", "counter of the energy fed back to the rail", True, 0.0, 1e15), "J"),
    (Column("auxiliary_power_w", "power of the auxiliaries", True, -1e5, 5e6), "W"),
    (Column("inside_temperature_c", "temperature in the saloon", True, -60.0, 70.0), "degC"),
    (Column("latitude_deg", "latitude, WGS 84", True, -90.0, 90.0), "deg"),
    (Column("longitude_deg", "longitude, WGS 84", True, -180.0, 180.0), "deg"),
    (Column("passengers", "passengers on board", True, -50.0, 10_000.0), ""),
)

KEY_COLUMNS = ("time_s", "vehicle")
"""Columns that identify a row; the clock and the vehicle of a mapping give them."""

SIGNALS: Mapping[str, Signal] = {
    **{
        column.name: Signal(column, _UNITS.get(column.name, "")) for column in COLUMNS if column.name not in KEY_COLUMNS
    },
    **{column.name: Signal(column, unit) for column, unit in _FURTHER},
}
"""Every known signal by its name; a recorder may give others, which are stored without limits."""

CALIBRATION_SIGNALS: tuple[str, ...] = (*(column.name for column in COLUMNS if column.name in SIGNALS), "power_w")
"""The signals that a calibration reads; the power stands for a missing current."""
