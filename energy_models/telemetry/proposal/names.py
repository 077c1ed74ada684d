"""Names of columns in recorders: which signal a name can mean, and which unit is written in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from energy_models.telemetry.mapping.units import is_unit

PATTERNS: Mapping[str, str] = {
    "speed_m_s": (
        r"speed|veloc|geschw|vitesse|snelheid|hastighed|fart|prędkość|скорост"
        r"|速度|車速|车速|^v$|^v_?ist|^vist"
    ),
    "chainage_m": r"chainage|kilomet|strecke|(^|_)km$|^pk$|position|mileage_line|里程|公里标|^x$|^pos",
    "odometer_m": r"odomet|distance|wegstrecke|^weg|^distanz|counter_dist|累计里程|走行距離|^s$",
    "voltage_v": r"volt|spannung|tension|网压|電圧|电压|^u$|^u_|_u$|^ufil|^udc",
    "current_a": r"current|strom|courant|corriente|网流|電流|电流|^i$|^i_|_i$|^idc|amp",
    "power_w": r"power|leistung|puissance|potencia|功率|電力|^p$|^p_|_p$",
    "force_n": r"force|effort|kraft|zugkraft|牵引力|力$|^f$|^f_",
    "acceleration_m_s2": r"acceler|beschl|加速度|^a$",
    "load_kg": r"load|payload|beladung|zulad|charge_utile|载荷|載荷|荷重|mass",
    "passengers": r"passenger|fahrg[aä]st|voyageurs|乘客|乗客|pax",
    "outside_temperature_c": (r"outside|ambient|outdoor|exterior|ausse?n|außen|外温|室外|outtemp|t_out|temp_out|oat"),
    "inside_temperature_c": r"inside|saloon|cabin|interior|innen|室内|车内|t_in|temp_in",
    "energy_drawn_j": r"energy.*(drawn|cons|import|taken|in$)|energie.*bezug|verbrauch|(drawn|import|consumed).*energy",
    "energy_returned_j": r"energy.*(return|regen|export|fed|out$)|energie.*r[üu]ck|(regen|returned|export).*energy",
    "auxiliary_power_w": r"aux|hilfsbetr|辅助",
    "latitude_deg": r"^lat|latitude|breite|纬度",
    "longitude_deg": r"^lon|^lng|longitude|länge|经度",
    "doors_open": r"door|(^|_)t[üu]r|porte|puerta|车门|ドア|扉",
    "friction_brake": r"friction|brake_?cyl|bc_?press|mechanical_brake|druckluftbremse|reibung|闸缸|空气制动",
    "state": r"state|mode|fahrzustand|zustand|notch|handle|工况|状态|driv(e|ing)_?(state|mode)",
    "direction": r"direction|richtung|sens$|sentido|方向|上下行",
    "trip": r"trip|^run$|run_?(no|id|number)|train_?(no|number|num)|zugnummer|fahrt|车次|列車番号|journey",
    "section": r"section|abschnitt|区间",
}
"""For each signal, a pattern of its names in several languages; the project's own names always match."""

VEHICLE = (
    r"vehicle|veh_?id|trainset|train_?(id|set)|unit_?(id|no|number)?$|fahrzeug|triebzug|rame|coche|车号|车辆|列车号|編成|"
    r"^car$|^tz$"
)
TIME = r"time|zeit|heure|hora|stamp|时间|時刻|時間|uhrzeit|^t$|^ts$|datetime|epoch"
DATE = r"^date$|^day$|datum|^fecha|^jour|日期|日付"

_BRACKETS = re.compile(r"^(.*?)[\s_]*[\[(\{]\s*([^\])}]*)\s*[\])}]\s*$")
_IN = re.compile(r"^(.*?)\s+in\s+(\S{1,12})$", re.IGNORECASE)
_SLASH = re.compile(r"^([^/]+?)\s*/\s*(\S{1,12})$")
_SUFFIXES = (
    ("_km_h", "km/h"), ("_kmh", "km/h"), ("_kph", "km/h"), ("_mph", "mph"), ("_m_s2", "m/s**2"), ("_m_s", "m/s"),
    ("_mps", "m/s"), ("_kwh", "kWh"), ("_wh", "Wh"), ("_kw", "kW"), ("_mw", "MW"), ("_w", "W"), ("_kv", "kV"),
    ("_v", "V"), ("_ka", "kA"), ("_a", "A"), ("_kn", "kN"), ("_n", "N"), ("_km", "km"), ("_m", "m"), ("_kg", "kg"),
    ("_t", "t"), ("_degc", "degC"), ("_c", "degC"), ("_f", "degF"), ("_j", "J"), ("_mj", "MJ"), ("_deg", "deg"),
)  # fmt: skip


@dataclass(frozen=True)
class NamedColumn:
    """A column's name, the words of it without its unit in lower case, and the unit that is written in it."""

    name: str
    words: str
    unit: str


def named_column(name: str) -> NamedColumn:
    """The words and the unit of a column's name, such as `Speed [km/h]`, `Strom in A`, `v_kmh`."""
    for pattern in (_BRACKETS, _IN, _SLASH):
        match = pattern.match(name)
        if match and is_unit(match[2]):
            return NamedColumn(name, _words(match[1]), match[2].strip())
    words = _words(name)
    for suffix, unit in _SUFFIXES:
        if words.endswith(suffix) and len(words) > len(suffix):
            return NamedColumn(name, words[: -len(suffix)], unit)
    return NamedColumn(name, words, "")


def _words(text: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[\s.\-:]+", "_", apart).strip("_").lower()


def signals_of(column: NamedColumn) -> tuple[str, ...]:
    """The signals that a name can mean, the most specific first."""
    plain = _words(column.name)
    if plain in PATTERNS:
        return (plain,)
    found = [
        (len(match.group()), signal)
        for signal, pattern in PATTERNS.items()
        if (match := re.search(pattern, column.words, re.IGNORECASE))
    ]
    return tuple(signal for _, signal in sorted(found, key=lambda one: -one[0]))
