"""Ranges of values that a metro can have, each with its source: the table of the sense check.

`usual` are the values of most lines; a value outside gives a warning. `possible` are the values that a real line can
have; a value outside is a fault. Where the source says "assumed", Headwatt sets the limit, and the published examples
that follow lie within it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

Limits = tuple[float, float]


@dataclass(frozen=True)
class UnitError:
    """A unit error: a value times `factor` is the value in the right unit; `words` name what the value looks like."""

    factor: float
    words: str


@dataclass(frozen=True)
class PlausibleRange:
    """The range of one quantity, ends included, in its unit."""

    key: str
    title: str
    unit: str
    usual: Limits
    possible: Limits
    source: str
    unit_errors: tuple[UnitError, ...] = ()

    def is_possible(self, value: float) -> bool:
        """Whether a real line can have this value."""
        return self.possible[0] <= value <= self.possible[1]

    def is_usual(self, value: float) -> bool:
        """Whether most lines have such a value."""
        return self.usual[0] <= value <= self.usual[1]

    def likely_error(self, value: float) -> str:
        """The unit error that explains a value, in words; empty if no unit error does."""
        for fits in (self.is_usual, self.is_possible):
            for error in self.unit_errors:
                if fits(value * error.factor):
                    return error.words
        return ""


_KILOMETRES = UnitError(1000.0, "the chainage looks like kilometres")
_MINUTES = "looks like minutes"
_METRES_PER_SECOND = UnitError(3.6, "the speed looks like m/s")
_TRAINS = (
    "published trains, t per metre: Copenhagen 1.33, Yizhuang 1.65, London S8 1.78, Oslo MX3000 1.81, Sydney 1.98, "
    "New York R160 2.10"
)

_LINE = (
    PlausibleRange(
        "section_length",
        "length of a section",
        "m",
        (250.0, 6_000.0),
        (150.0, 30_000.0),
        "assumed; on London Underground, sections are 260 m (Leicester Square to Covent Garden) to 6.3 km (to Chesham)",
        (
            _KILOMETRES,
            UnitError(0.001, "the chainage looks like millimetres"),
            UnitError(0.01, "the chainage looks like centimetres"),
        ),
    ),
    PlausibleRange(
        "line_length",
        "length of the line",
        "m",
        (3_000.0, 60_000.0),
        (1_000.0, 150_000.0),
        "assumed; Waterloo & City line 2.4 km, Yizhuang line 22.7 km, the longest metro lines about 80 km",
        (_KILOMETRES,),
    ),
    PlausibleRange(
        "gradient",
        "gradient",
        "permil",
        (0.0, 60.0),
        (0.0, 120.0),
        "assumed; 40 permil in Nuremberg, 120 permil on line m2 of Lausanne (rubber tyres)",
    ),
    PlausibleRange(
        "curve_radius",
        "radius of a curve",
        "m",
        (80.0, 100_000.0),
        (20.0, 100_000.0),
        "assumed; least radius 100 m in Nuremberg, 75 m in Paris",
        (_KILOMETRES,),
    ),
    PlausibleRange(
        "highest_speed_limit",
        "highest speed limit of the line",
        "km/h",
        (45.0, 130.0),
        (30.0, 200.0),
        "assumed; 70 km/h in Oslo, 80 km/h on the Yizhuang line, 135 km/h on the airport line of Hong Kong",
        (_METRES_PER_SECOND,),
    ),
)

_SPEED = (
    PlausibleRange(
        "mean_speed", "mean speed on a section, from departure to arrival", "km/h", (15.0, 90.0), (6.0, 130.0),
        "assumed; Yizhuang line 34 to 62 km/h",
        (UnitError(1.0 / 60.0, "the running time looks like minutes"), _KILOMETRES),
    ),
    PlausibleRange(
        "commercial_speed", "mean speed from terminal to terminal, dwells included", "km/h", (18.0, 65.0), (8.0, 110.0),
        "assumed; London Underground 33 km/h, Copenhagen Metro 40 km/h (operators)",
        (UnitError(1.0 / 60.0, "the running times look like minutes"), _KILOMETRES),
    ),
)  # fmt: skip

_MASS = (
    PlausibleRange(
        "tare_per_metre", "tare per metre of train", "t/m", (0.9, 2.5), (0.4, 4.0), f"assumed; {_TRAINS}",
        (UnitError(0.001, "the tare looks like kg"), UnitError(1000.0, "the tare looks like thousands of tonnes")),
    ),
    PlausibleRange(
        "normal_places_per_metre", "places at normal load per metre of train", "1/m", (3.0, 17.0), (1.0, 30.0),
        "assumed; London S8 7.8, Oslo MX3000 9.1, Yizhuang 12.5, New York R160 13.4",
    ),
    PlausibleRange(
        "crush_places_per_metre", "places at crush load per metre of train", "1/m", (4.0, 22.0), (1.0, 35.0),
        "assumed; Yizhuang 16.7, Shanghai line 8 18.4",
    ),
    PlausibleRange(
        "passenger_mass", "mean mass of a passenger", "kg", (55.0, 90.0), (40.0, 110.0),
        "EN 15663: 70 to 80 kg by type of service; 60 kg in Chinese design rules",
    ),
    PlausibleRange(
        "train_length", "length of a train", "m", (20.0, 220.0), (10.0, 350.0),
        "assumed; Copenhagen 39 m, New York R160 183.5 m, the longest metro trains about 260 m",
        (_KILOMETRES,),
    ),
    PlausibleRange(
        "rotating_mass", "rotating mass as a share of the tare", "", (0.03, 0.15), (0.0, 0.3),
        "assumed; Yizhuang 0.05, textbooks 0.06 to 0.12 for multiple units",
    ),
)  # fmt: skip

_EFFORT = (
    PlausibleRange(
        "power_per_tonne", "largest traction power per tonne of tare", "kW/t", (7.0, 26.0), (2.5, 50.0),
        "assumed; published rated powers: New York R160 11.4, Copenhagen 12.1, Sydney 13.3, Oslo 17.1; peak power of "
        "the Yizhuang train 21.2",
        (UnitError(0.001, "the power looks like W"), UnitError(1000.0, "the power looks like MW")),
    ),
    PlausibleRange(
        "force_per_tonne", "traction force from standstill per tonne of tare", "kN/t", (0.7, 2.0), (0.2, 3.5),
        "assumed; Yizhuang 1.57, with an acceleration of 1.2 m/s²",
        (UnitError(0.001, "the force looks like N"), UnitError(1000.0, "the force looks like MN")),
    ),
    PlausibleRange(
        "brake_force_per_tonne", "service brake force per tonne of tare", "kN/t", (0.7, 2.2), (0.2, 4.0),
        "assumed; Yizhuang 1.31, with a deceleration of 1.0 m/s²",
        (UnitError(0.001, "the force looks like N"), UnitError(1000.0, "the force looks like MN")),
    ),
    PlausibleRange(
        "maximum_speed", "maximum speed of the train", "km/h", (60.0, 140.0), (40.0, 200.0),
        "assumed; Oslo 70, Yizhuang and Copenhagen 80, New York R160 89, London S8 100 km/h",
        (_METRES_PER_SECOND,),
    ),
    PlausibleRange(
        "acceleration", "largest acceleration", "m/s²", (0.6, 1.5), (0.2, 2.0),
        "assumed; Shanghai line 8 1.04, New York R160 1.12, Copenhagen and London S8 1.3 m/s²",
        (UnitError(1.0 / 3.6, "the acceleration looks like km/h per s"),),
    ),
    PlausibleRange(
        "deceleration", "largest deceleration in service braking", "m/s²", (0.6, 1.5), (0.3, 2.5),
        "assumed; Shanghai line 8 0.8, Yizhuang 1.0, Copenhagen 1.3 m/s²",
        (UnitError(1.0 / 3.6, "the deceleration looks like km/h per s"),),
    ),
    PlausibleRange(
        "jerk", "largest jerk", "m/s³", (0.3, 1.5), (0.1, 5.0), "assumed; usual specifications 0.5 to 1.0 m/s³",
    ),
)  # fmt: skip

_LOSSES = (
    PlausibleRange(
        "resistance_at_80", "running resistance at 80 km/h per tonne of tare", "N/t", (20.0, 110.0), (8.0, 300.0),
        "assumed; 53 N/t from the coefficients of the Yizhuang train",
        (UnitError(0.001, "the coefficients look like N instead of kN"),),
    ),
    PlausibleRange(
        "traction_efficiency", "efficiency of traction", "", (0.7, 0.95), (0.4, 1.0),
        "assumed; Yizhuang 0.85, Shanghai line 8 0.9",
    ),
    PlausibleRange(
        "regeneration_efficiency", "efficiency of regeneration", "", (0.55, 0.95), (0.1, 1.0),
        "assumed; Shanghai line 8 0.76, Yizhuang 0.85",
    ),
    PlausibleRange(
        "auxiliaries_per_metre", "auxiliary power per metre of train", "kW/m", (0.15, 2.5), (0.0, 6.0),
        "assumed; 0.38 kW/m for the Yizhuang train in mild weather",
        (UnitError(0.001, "the power looks like W"), UnitError(1000.0, "the power looks like MW")),
    ),
)  # fmt: skip

NOMINAL_VOLTAGES_V = (600.0, 625.0, 630.0, 650.0, 750.0, 825.0, 900.0, 1200.0, 1500.0, 3000.0)
"""Nominal DC voltages in use: 600, 750, 1500 and 3000 V of EN 50163; 625 V in New York, 630 V in London, 825 V in
Moscow, and others that published lines name."""

_VOLTAGE = (
    PlausibleRange(
        "nominal_voltage", "nominal voltage of the supply", "V", (600.0, 3_000.0), (500.0, 3_600.0),
        "EN 50163: 600, 750, 1500 and 3000 V DC; further DC systems in use: 625, 630, 650, 825, 900 and 1200 V",
        (UnitError(1000.0, "the voltage looks like kV"), UnitError(0.001, "the voltage looks like mV")),
    ),
    PlausibleRange(
        "no_load_voltage", "no-load voltage divided by the nominal voltage", "", (1.02, 1.2), (0.95, 1.35),
        "EN 50163: the highest permanent voltage is 1.2 times the nominal voltage; Yizhuang 1.13",
        (UnitError(1000.0, "the no-load voltage looks like kV"),),
    ),
    PlausibleRange(
        "end_of_regeneration", "voltage at which regeneration ends divided by the nominal voltage", "",
        (1.1, 1.34), (1.0, 1.6),
        "EN 50163: the highest non-permanent voltage is 1.27 to 1.34 times the nominal voltage",
        (UnitError(1000.0, "the voltage looks like kV"),),
    ),
    PlausibleRange(
        "end_of_traction", "voltage at which traction ends divided by the nominal voltage", "",
        (0.4, 0.8), (0.2, 0.95), "EN 50163: the lowest permanent voltage is 0.67 times the nominal voltage",
        (UnitError(1000.0, "the voltage looks like kV"),),
    ),
)  # fmt: skip

_SUPPLY = (
    PlausibleRange(
        "substation_voltage_drop", "voltage drop of a substation at 1 MW, in % of the nominal voltage", "%",
        (0.4, 12.0), (0.05, 100.0),
        "assumed; rectifiers of 2 to 4 MW with a regulation of 6 % give 1.5 to 3 %, the Yizhuang line 3.6 %",
        (UnitError(0.001, "the resistance looks like milliohms"),),
    ),
    PlausibleRange(
        "contact_line_resistance", "resistance of the contact line of one track", "Ω/km", (0.004, 0.08), (0.001, 0.3),
        "assumed; Yizhuang third rail 0.007; 400 mm² of copper 0.043 (resistivity 0.0172 Ω·mm²/m, IEC 60028)",
        (UnitError(0.001, "the resistance looks like milliohms per km"),
         UnitError(1000.0, "the resistance looks like ohms per metre")),
    ),
    PlausibleRange(
        "rail_resistance", "resistance of the two running rails of one track", "Ω/km", (0.006, 0.04), (0.002, 0.15),
        "assumed; Yizhuang 0.009; two rails of 60 kg/m about 0.015 to 0.02 (steel 0.2 to 0.25 Ω·mm²/m)",
        (UnitError(0.001, "the resistance looks like milliohms per km"),
         UnitError(1000.0, "the resistance looks like ohms per metre")),
    ),
    PlausibleRange(
        "substation_spacing", "distance between substations in service, times 750 V / nominal voltage", "m",
        (300.0, 4_500.0), (20.0, 25_000.0),
        "assumed; Yizhuang line 1.0 to 3.9 km at 750 V, published designs 1 to 3 km at 750 V and 2 to 6 km at 1500 V",
    ),
)  # fmt: skip

_LOAD = (
    PlausibleRange(
        "load_of_normal",
        "largest load of a train of the timetable in force",
        "% of normal load",
        (0.0, 130.0),
        (0.0, inf),
        "assumed; crush load is about 1.3 to 1.5 times normal load",
    ),
    PlausibleRange(
        "load_of_crush",
        "largest load of a train of the timetable in force",
        "% of crush load",
        (0.0, 100.0),
        (0.0, 100.0),
        "crush load is the largest possible number of passengers",
    ),
)

_SERVICE = (
    PlausibleRange(
        "headway", "headway of a period", "s", (75.0, 1_200.0), (50.0, 7_200.0),
        "assumed; shortest headways in operation 75 to 90 s (Lille, Moscow)",
    ),
    PlausibleRange(
        "longest_gap", "longest gap between listed departures", "s", (0.0, 3_600.0), (0.0, 43_200.0),
        "assumed; a longer gap is a break of service",
    ),
    PlausibleRange(
        "minimum_headway", "minimum headway of the signalling", "s", (60.0, 240.0), (30.0, 1_200.0),
        "assumed; 75 to 90 s on dense lines, 120 s with older fixed blocks",
    ),
    PlausibleRange(
        "longest_headway", "longest headway of the policy", "s", (120.0, 1_800.0), (50.0, 7_200.0), "assumed",
    ),
    PlausibleRange(
        "dwell", "dwell of the timetable in force", "s", (15.0, 90.0), (4.0, 900.0),
        "assumed; 20 to 60 s on most metros",
        (UnitError(60.0, f"the dwell {_MINUTES}"),),
    ),
    PlausibleRange(
        "turnback", "turnback time of a terminal", "s", (45.0, 900.0), (10.0, 3_600.0),
        "assumed; 90 to 300 s with a driver who changes ends",
        (UnitError(60.0, f"the turnback {_MINUTES}"),),
    ),
    PlausibleRange(
        "fleet_of_need", "trains of the fleet divided by the trains that the timetable needs", "",
        (1.0, 1.7), (0.0, inf), "assumed; 1.1 to 1.25 with trains in reserve and in repair",
    ),
    PlausibleRange(
        "weather", "mean temperature of simulated days minus outside_temperature_c", "K", (-15.0, 15.0), (-60.0, 60.0),
        "assumed; the planner uses outside_temperature_c, simulated days use the weather",
    ),
)  # fmt: skip

_PRICE = (
    PlausibleRange(
        "price_ratio", "highest price of energy divided by the lowest", "", (1.0, 8.0), (1.0, 100.0),
        "assumed; time-of-use tariffs 2 to 5",
    ),
    PlausibleRange(
        "demand_charge", "demand charge per kW and month divided by the mean price per kWh", "h",
        (0.0, 250.0), (0.0, 3_000.0), "assumed; about 40 to 120 in published tariffs of large customers",
    ),
    PlausibleRange(
        "co2", "CO2 of the electricity", "kg/kWh", (0.0, 1.1), (0.0, 1.6),
        "published national means 0.02 (hydro power) to about 1.0 (coal)",
        (UnitError(0.001, "the value looks like g per kWh"),),
    ),
)  # fmt: skip

RANGES: Mapping[str, PlausibleRange] = {
    entry.key: entry
    for group in (_LINE, _SPEED, _MASS, _EFFORT, _LOSSES, _VOLTAGE, _SUPPLY, _LOAD, _SERVICE, _PRICE)
    for entry in group
}
"""All ranges by key, in the order of the scenario file."""

_PRICES: Mapping[str, Limits] = {
    "EUR": (0.04, 0.40), "USD": (0.04, 0.35), "GBP": (0.05, 0.40), "CHF": (0.05, 0.40), "CAD": (0.04, 0.30),
    "AUD": (0.05, 0.45), "SGD": (0.08, 0.45), "CNY": (0.20, 2.0), "RMB": (0.20, 2.0), "HKD": (0.5, 2.5),
    "TWD": (1.2, 10.0), "JPY": (7.0, 50.0), "KRW": (50.0, 350.0), "INR": (3.0, 16.0), "BRL": (0.2, 1.5),
    "MXN": (0.8, 5.0), "TRY": (0.8, 8.0), "RUB": (2.0, 14.0), "EGP": (0.5, 5.0), "DZD": (2.0, 12.0), "THB": (2.0, 8.0),
    "PLN": (0.2, 1.8), "SEK": (0.4, 4.0), "NOK": (0.3, 4.0), "DKK": (0.3, 3.5), "CZK": (1.0, 10.0), "AED": (0.1, 0.8),
}  # fmt: skip
PRICE_SOURCE = (
    "assumed: published prices of large customers between 2015 and 2025, from the cheapest night price to the dearest "
    "peak price"
)


def price_range(currency: str) -> PlausibleRange | None:
    """The range of the mean price per kWh in a currency (its three letters); None for a currency without a range."""
    usual = _PRICES.get(currency.strip().upper())
    if usual is None:
        return None
    low, high = usual
    return PlausibleRange(
        PRICE, "mean price of energy", f"{currency}/kWh", usual, (low / 8.0, high * 8.0), PRICE_SOURCE,
        (UnitError(0.01, "the price looks like cents"), UnitError(0.001, "the price looks like a price per MWh")),
    )  # fmt: skip


PRICE = "price"
TERMINAL_TRACKS = "terminal_tracks"
"""Warning of the planner's rules: more trains at a terminal than it has tracks (`dispatch.planner.refusals`)."""
KEYS = (*RANGES, PRICE, TERMINAL_TRACKS)
"""Keys that `acknowledged` can name."""
