"""Column names as operators write them, mapped to the column names of Headwatt: the one table of synonyms.

A header is compared without case, accents, spaces, underscores, hyphens, points and brackets, and with full-width
characters as ordinary ones. A unit in the header is part of the comparison: a distance without a unit is not read.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "trip_id": (
        "trip", "trip no", "trip number", "train", "train no", "train number", "train id", "train name", "service",
        "run", "车次", "车次号", "列车", "列车号", "列车车次", "車次", "列車", "列車番号", "列番", "Zug",
        "Zugnummer", "Zug Nr", "Fahrt", "Fahrtnummer", "Fahrt Nr", "numéro de train", "n° train", "no train",
        "n° de train", "course", "numéro de course", "mission", "tren", "n° tren", "número de tren", "n.º de tren",
        "viaje",
    ),
    "direction": (
        "dir", "direction id", "方向", "行别", "上下行", "上下", "上り下り", "Richtung", "Fahrtrichtung", "sens",
        "direction de circulation", "dirección", "sentido",
    ),
    "station": (
        "station id", "station code", "stop", "stop id", "stop code", "站", "车站", "车站代码", "车站编号", "站点",
        "站码", "車站", "駅", "駅コード", "駅番号", "停車場", "Bahnhof", "Haltestelle", "Halt", "Betriebsstelle",
        "gare", "arrêt", "code gare", "point d'arrêt", "estación", "parada", "código de estación",
    ),
    "station_name": (
        "station name", "stop name", "name", "站名", "车站名", "车站名称", "站点名称", "駅名", "停車場名",
        "Bahnhofsname", "Stationsname", "Haltestellenname", "nom", "nom de la gare", "nom de la station",
        "nom de l'arrêt", "nombre", "nombre de la estación", "nombre de estación",
    ),
    "arrival": (
        "arr", "arrive", "arrives", "arrival time", "arr time", "到", "到达", "到达时间", "到达时刻", "到时",
        "到点", "到站时间", "着", "到着", "着時刻", "到着時刻", "到着時間", "Ankunft", "Ankunftszeit", "an",
        "arrivée", "heure d'arrivée", "llegada", "hora de llegada", "hora llegada",
    ),
    "departure": (
        "dep", "depart", "departs", "departure time", "dep time", "发", "出发", "发车", "发车时间", "发车时刻",
        "出发时间", "出发时刻", "发时", "发点", "开", "开点", "开车时间", "离站时间", "発", "出発", "発時刻",
        "出発時刻", "発車時刻", "出発時間", "Abfahrt", "Abfahrtszeit", "ab", "départ", "heure de départ", "salida",
        "hora de salida", "hora salida",
    ),
    "time": ("times", "clock", "时间", "时刻", "時刻", "時間", "Zeit", "Uhrzeit", "heure", "horaire", "hora"),
    "vehicle": (
        "vehicle id", "vehicle no", "vehicle number", "block", "block id", "trainset", "train set",
        "rolling stock", "unit", "duty", "车底", "车底号", "车号", "车组", "车组号", "編成", "編成番号", "車両",
        "車両番号", "運用", "運用番号", "Fahrzeug", "Fahrzeugnummer", "Umlauf", "véhicule", "rame",
        "numéro de rame", "vehículo", "unidad",
    ),
    "chainage_m": (
        "distance", "kilometrage", "mileage", "position", "里程", "公里标", "距离", "距離", "営業キロ", "キロ程",
        "Kilometrierung", "Entfernung", "Strecke", "point kilométrique", "PK", "kilométrage", "punto kilométrico",
        "distancia",
    ),
    "id": (
        "identifier", "code", "station id", "station code", "stop id", "编号", "代码", "站码", "車站代码",
        "コード", "駅コード", "Kennung", "Kürzel", "identifiant", "código", "codigo de estación",
    ),
    "name": (
        "station name", "stop name", "名称", "站名", "车站名称", "車站名稱", "名前", "駅名", "Bahnhofsname",
        "Stationsname", "nom", "nom de la gare", "nom de la station", "nombre", "nombre de la estación",
    ),
    "dwell_s": ("dwell time", "stop time", "停站时间", "停車時間", "Haltezeit", "temps d'arrêt", "tiempo de parada"),
    "minimum_dwell_s": (
        "min dwell", "minimum dwell time", "最小停站时间", "Mindesthaltezeit", "temps d'arrêt minimal",
    ),
    "maximum_dwell_s": (
        "max dwell", "maximum dwell time", "最大停站时间", "Höchsthaltezeit", "temps d'arrêt maximal",
    ),
    "limit_kmh": (
        "speed limit", "maximum speed", "限速", "速度限制", "制限速度", "Geschwindigkeit", "Höchstgeschwindigkeit",
        "vitesse", "vitesse maximale", "limitation de vitesse", "velocidad", "velocidad máxima",
    ),
    "permil": ("gradient", "slope", "坡度", "勾配", "Neigung", "Gefälle", "déclivité", "pente", "rampe", "pendiente"),
    "radius_m": ("radius", "curve radius", "曲线半径", "曲線半径", "Radius", "Halbmesser", "rayon", "radio"),
    "latitude_deg": ("lat", "latitude", "纬度", "緯度", "Breite", "Breitengrad", "latitud"),
    "longitude_deg": ("lon", "lng", "long", "longitude", "经度", "経度", "Länge", "Längengrad", "longitud"),
    "origin": (
        "origin station", "from station", "起点站", "出发站", "進站", "乗車駅", "Einstieg", "origine", "origen",
    ),
    "destination": ("destination station", "to station", "终点站", "到达站", "降車駅", "Ausstieg", "Ziel", "destino"),
    "passengers": ("passenger", "客流", "客流量", "乘客", "人数", "乗客数", "Fahrgäste", "voyageurs", "pasajeros"),
    "from": ("from time", "start time", "开始时间", "開始時刻", "von", "de", "desde"),
    "to": ("to time", "end time", "结束时间", "終了時刻", "bis", "à", "hasta"),
}  # fmt: skip
"""Other names of a column, in English, Chinese, Japanese, German, French and Spanish."""

_WITH_UNIT_IN_NAME = {"公里标": "km", "営業キロ": "km", "キロ程": "km", "km": "km", "pk km": "km"}
"""Names that contain their unit."""

_UNITS: Mapping[str, Mapping[str, int]] = {
    "m": {
        "m": 1, "meter": 1, "meters": 1, "metre": 1, "metres": 1, "mètres": 1, "metros": 1, "米": 1, "メートル": 1,
        "km": 1000, "kilometer": 1000, "kilometers": 1000, "kilometre": 1000, "kilometres": 1000, "kilomètres": 1000,
        "kilómetros": 1000, "公里": 1000, "千米": 1000, "キロ": 1000, "キロメートル": 1000,
    },
    "s": {"s": 1, "sec": 1, "seconds": 1, "sekunden": 1, "secondes": 1, "segundos": 1, "秒": 1, "min": 60, "分": 60,
          "minutes": 60, "minuten": 60, "minutos": 60},
    "kmh": {"km/h": 1, "kmh": 1, "kph": 1, "公里/小时": 1, "千米/小时": 1},
    "permil": {"‰": 1, "permil": 1, "mm/m": 1, "m/km": 1, "%": 10},
    "deg": {"": 1, "°": 1, "deg": 1},
}  # fmt: skip
"""The factors from the units of a header to the unit at the end of a column name."""

_SUFFIXES = tuple(sorted(_UNITS, key=len, reverse=True))
_BRACKETS = re.compile(r"^(.*?)[\s_]*[(\[{/,][\s]*(?:in\s+|en\s+)?([^()\[\]{}]+?)\s*[)\]}]?$")
_LAST_WORD = re.compile(r"^(.*?)[\s_]+(?:in\s+|en\s+)?(\S+)$")
_ENDINGS = ("公里", "千米", "米", "キロ", "秒", "分")


@dataclass(frozen=True)
class MappedHeader:
    """The names of the columns in Headwatt's terms, the factors of columns in other units, and the renamed columns."""

    columns: tuple[str, ...]
    factors: Mapping[str, int]
    renamed: Mapping[str, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """One note that shows the mapping, where a name was not Headwatt's own."""
        if not self.renamed:
            return ()
        listing = ", ".join(
            f'"{given}" as {column}' + (f" (times {self.factors[column]})" if column in self.factors else "")
            for column, given in self.renamed.items()
        )
        return (f"columns read: {listing}",)


def compared(name: str) -> str:
    """A column name in the form in which names are compared."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(character for character in folded if character.isalnum() or character in "°%‰/")


def mapped_header(header: Sequence[str], known: Collection[str]) -> MappedHeader:
    """The header with each name replaced by the known column that it means; other names stay as they are.

    A column under its own name has priority over a column under another name.
    """
    columns = [name.strip() for name in header]
    if all(name in known for name in columns):
        return MappedHeader(tuple(columns), {}, {})
    taken = {name for name in columns if name in known}
    factors: dict[str, int] = {}
    renamed: dict[str, str] = {}
    names = _names(known)
    for rank in range(3):
        for place, name in enumerate(columns):
            if name in known or name in renamed or not name:
                continue
            column, factor = _meaning(name, names, rank)
            if column is None or column in taken:
                continue
            taken.add(column)
            columns[place], renamed[column] = column, name
            if factor != 1:
                factors[column] = factor
    return MappedHeader(tuple(columns), factors, renamed)


def known_columns(header: Sequence[str], known: Collection[str]) -> int:
    """The number of known columns in a header."""
    return len(set(mapped_header(header, known).columns) & set(known))


def scaled(text: str, factor: int) -> str:
    """A number in the unit of the column; any other text unchanged, so that it becomes a fault under its own value."""
    try:
        value = Decimal(text) * factor
    except InvalidOperation:
        return text
    return format(value.normalize(), "f") if value.is_finite() and abs(value) < 10**12 else text


def _names(known: Collection[str]) -> tuple[Mapping[str, str], Mapping[str, str], Mapping[tuple[str, str], str]]:
    """Known columns by their own name, by a synonym without a unit, and by name or synonym without the unit."""
    own = {compared(column): column for column in known}
    synonyms: dict[str, str] = {}
    with_unit: dict[tuple[str, str], str] = {}
    for column in known:
        suffix = next((suffix for suffix in _SUFFIXES if column.endswith("_" + suffix) or column == suffix), None)
        others = SYNONYMS.get(column, ())
        if suffix is None:
            synonyms.update({compared(name): column for name in reversed(others) if compared(name) not in synonyms})
            continue
        base = column.removesuffix(suffix).rstrip("_")
        for name in (base, *others):
            with_unit.setdefault((compared(name), suffix), column)
    return own, synonyms, with_unit


def _meaning(
    name: str,
    names: tuple[Mapping[str, str], Mapping[str, str], Mapping[tuple[str, str], str]],
    rank: int,
) -> tuple[str | None, int]:
    own, synonyms, with_unit = names
    key = compared(name)
    if rank == 0:
        return own.get(key), 1
    if rank == 1:
        return synonyms.get(key), 1
    for base, unit in _readings(name):
        for suffix, factors in _UNITS.items():
            factor = factors.get(unit)
            column = with_unit.get((compared(base), suffix))
            if factor is not None and column is not None:
                return column, factor
    return None, 1


def _readings(name: str) -> list[tuple[str, str]]:
    """The ways to split a header into a name and a unit."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    found = [(plain, "")]
    for given, unit in _WITH_UNIT_IN_NAME.items():
        if compared(plain) == compared(given):
            found.append(("distance" if given == "km" else plain, unit))
    for pattern in (_BRACKETS, _LAST_WORD):
        if match := pattern.fullmatch(plain):
            found.append((match.group(1), match.group(2)))
    found += [(plain.removesuffix(ending), ending) for ending in _ENDINGS if plain.endswith(ending)]
    return found
