"""Rules of the DC supply (S)."""

from collections.abc import Iterator

from scenarios.rules.line import known_station, station_ids
from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.scenario import Scenario

TABLES = ("substations", "storages")


def _one_place(scenario: Scenario) -> Iterator[Finding]:
    for table in TABLES:
        for position, item in having(getattr(scenario.supply, table), "station", "chainage_m"):
            if (item.station is None) == (item.chainage_m is None):
                stands = "both station and chainage_m" if item.station is not None else "neither station nor chainage_m"
                yield Finding(("supply", table, position), stands, "one of station and chainage_m")


def _known_stations(scenario: Scenario) -> Iterator[Finding]:
    ids = station_ids(scenario)
    for table in TABLES:
        rows = list(having(getattr(scenario.supply, table), "station"))
        for index, (position, item) in enumerate(rows):
            if item.station is not None and item.station not in ids:
                around = [rows[i][1].station for i in (index - 1, index + 1) if 0 <= i < len(rows)]
                beside = " and ".join(name for name in around if name)
                hint = f"; the neighbouring rows are at {beside}" if beside else ""
                yield Finding(
                    ("supply", table, position, "station"), item.station, known_station(scenario, item.station) + hint
                )


def _on_the_line(scenario: Scenario) -> Iterator[Finding]:
    chainages = {station.chainage_m: station.id for _, station in having(scenario.stations, "id", "chainage_m")}
    if len(chainages) < 2:
        return
    first, last = min(chainages), max(chainages)
    allowed = f"between {first:g} ({chainages[first]}) and {last:g} ({chainages[last]}), on the line"
    places: list[tuple[tuple[str | int, ...], float]] = []
    for table in (*TABLES, "gaps"):
        for position, item in having(getattr(scenario.supply, table), "chainage_m"):
            if item.chainage_m is not None:
                places.append((("supply", table, position, "chainage_m"), item.chainage_m))
    places += [(("supply", "ties_m", position), place) for position, place in enumerate(scenario.supply.ties_m)]
    for path, place in places:
        if not first <= place <= last:
            yield Finding(path, f"{place:g}", allowed)


def _unique_ids(scenario: Scenario) -> Iterator[Finding]:
    seen: set[str] = set()
    for table in TABLES:
        for position, item in having(getattr(scenario.supply, table), "id"):
            if item.id in seen and table == "substations":
                yield Finding(
                    ("supply", table, position, "id"), item.id, "an identifier that occurs at no other substation"
                )
            elif item.id in seen:
                yield Finding(("supply", table, position, "id"), item.id, "an identifier that occurs nowhere else")
            seen.add(item.id)


def _one_in_service(scenario: Scenario) -> Iterator[Finding]:
    if not any(item.in_service for _, item in having(scenario.supply.substations, "in_service")):
        yield Finding(("supply", "substations"), "no substation in service", "at least one substation in service")


def _order_of_voltages(scenario: Scenario) -> Iterator[Finding]:
    supply = scenario.supply
    if {"fade_from_v", "fade_to_v"} <= supply.regeneration.__dict__.keys() and (
        supply.regeneration.fade_to_v <= supply.regeneration.fade_from_v
    ):
        yield Finding(
            ("supply", "regeneration", "fade_to_v"), f"{supply.regeneration.fade_to_v:g}",
            f"above fade_from_v {supply.regeneration.fade_from_v:g}",
        )  # fmt: skip
    if {"full_above_v", "none_below_v"} <= supply.traction.__dict__.keys() and (
        supply.traction.none_below_v >= supply.traction.full_above_v
    ):
        yield Finding(
            ("supply", "traction", "none_below_v"), f"{supply.traction.none_below_v:g}",
            f"below full_above_v {supply.traction.full_above_v:g}",
        )  # fmt: skip


def _no_load_between_fades(scenario: Scenario) -> Iterator[Finding]:
    supply = scenario.supply
    low, high = supply.traction.full_above_v, supply.regeneration.fade_to_v
    places: list[tuple[tuple[str | int, ...], float]] = [(("supply", "no_load_v"), supply.no_load_v)]
    for position, item in having(supply.substations, "no_load_v"):
        if item.no_load_v is not None:
            places.append((("supply", "substations", position, "no_load_v"), item.no_load_v))
    for path, voltage in places:
        if not low < voltage < high:
            yield Finding(
                path, f"{voltage:g}", f"above traction.full_above_v {low:g} and below regeneration.fade_to_v {high:g}"
            )


def _inverters(scenario: Scenario) -> Iterator[Finding]:
    for position, item in having(scenario.supply.substations, "inverter_v", "inverter_resistance_ohm"):
        path = ("supply", "substations", position)
        if (item.inverter_v is None) != (item.inverter_resistance_ohm is None):
            yield Finding(path, "one of inverter_v and inverter_resistance_ohm", "both (reversible substation) or none")
        elif item.inverter_v is not None and item.inverter_v <= (item.no_load_v or scenario.supply.no_load_v):
            yield Finding(
                (*path, "inverter_v"), f"{item.inverter_v:g}",
                f"above the no-load voltage {item.no_load_v or scenario.supply.no_load_v:g}",
            )  # fmt: skip


def _ratings(scenario: Scenario) -> Iterator[Finding]:
    for position, item in having(scenario.supply.substations, "rated_power_kw", "overload_class"):
        if (item.rated_power_kw is None) != (item.overload_class is None):
            given = "rated_power_kw" if item.overload_class is None else "overload_class"
            yield Finding(
                ("supply", "substations", position), f"only {given}", "both rated_power_kw and overload_class, or none"
            )


def _storages(scenario: Scenario) -> Iterator[Finding]:
    for position, item in having(scenario.supply.storages, "charge_from_v", "discharge_below_v"):
        path = ("supply", "storages", position)
        if item.discharge_below_v > item.charge_from_v:
            yield Finding(
                (*path, "discharge_below_v"),
                f"{item.discharge_below_v:g}",
                f"at most charge_from_v {item.charge_from_v:g}",
            )
        if not item.minimum_charge_share <= item.initial_charge_share <= item.maximum_charge_share:
            yield Finding(
                (*path, "initial_charge_share"), f"{item.initial_charge_share:g}",
                f"between minimum_charge_share {item.minimum_charge_share:g} and "
                f"maximum_charge_share {item.maximum_charge_share:g}",
            )  # fmt: skip


RULES = (
    Rule("S1", "Substations and storages stand either at a station or at a chainage.", _one_place),
    Rule("S2", "Stations of substations and storages are stations of the line.", _known_stations),
    Rule("S3", "Substations, storages, ties and gaps lie on the line.", _on_the_line),
    Rule("S4", "Identifiers of substations and storages are unique.", _unique_ids),
    Rule("S5", "At least one substation is in service.", _one_in_service),
    Rule("S6", "Each fade has a start voltage and an end voltage in the right order.", _order_of_voltages),
    Rule(
        "S7",
        "No-load voltages are above the traction fade and below the end of the regeneration fade.",
        _no_load_between_fades,
    ),
    Rule(
        "S8",
        "A reversible substation has both inverter values, and its inverter voltage is above its no-load voltage.",
        _inverters,
    ),
    Rule("S9", "The voltages of the dead band and the charge shares of a storage are in the right order.", _storages),
    Rule("S10", "A substation has both a rated power and an overload class, or neither.", _ratings),
)
