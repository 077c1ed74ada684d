"""The sense check: impossible values are faults with the likely unit error, unlikely values are warnings."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import bundled, faults_of, load_scenario, override_names
from scenarios.rules.plausible import unacknowledged, warnings_of, without_warning
from scenarios.rules.plausible_ranges import KEYS, RANGES, price_range
from scenarios.rules.unit_hints import unit_hint
from scenarios.schema import Scenario

Y = "scenario.yaml"
FaultsAfter = Callable[..., tuple[Fault, ...]]
Edited = Callable[..., Path]


@pytest.mark.many_cases
@pytest.mark.parametrize("name", bundled())
def test_bundled_lines_and_their_overrides_have_no_warning(name: str, loaded: Callable[[str], Scenario]) -> None:
    for variant in (name, *(f"{name}+{one}" for one in override_names(name))):
        assert unacknowledged(loaded(variant)) == ()


@pytest.mark.parametrize("key", RANGES)
def test_a_range_is_in_order_and_has_a_source(key: str) -> None:
    found = RANGES[key]
    assert found.possible[0] <= found.usual[0] < found.usual[1] <= found.possible[1]
    assert found.source
    assert key in KEYS


PRICES = [(Y, f"price_per_kwh: 0.{cents}", "price_per_kwh: {}") for cents in ("10", "22", "16")]


@pytest.mark.parametrize(
    ("edits", "field", "words"),
    [
        ([(Y, "tare_t: 140", "tare_t: 140000")], "tare_t", "looks like kg"),
        ([(Y, "traction: 0.86", "traction: 86")], "traction", "looks like per cent"),
        ([(Y, "co2_kg_per_kwh: 0.3", "co2_kg_per_kwh: 300")], "co2_kg_per_kwh", "looks like g per kWh"),
        ([(Y, "power_kw: 2400", "power_kw: 2.4")], "traction", "looks like MW"),
        ([(Y, "nominal_v: 750", "nominal_v: 0.75")], "nominal_v", "looks like kV"),
        ([(Y, "no_load_v: 830", "no_load_v: 0.83")], "no_load_v", "looks like kV"),
        ([(Y, "maximum_acceleration_m_s2: 1.1", "maximum_acceleration_m_s2: 4")], "acceleration_m_s2", "km/h per s"),
        ([(Y, "substation_resistance_ohm: 0.025", "substation_resistance_ohm: 9")], "resistance_ohm", "milliohms"),
        ([(Y, "contact_line_ohm_per_km: 0.010", "contact_line_ohm_per_km: 0.00001")], "per_km", "ohms per metre"),
        ([(Y, "HAR: {turnback_s: 120", "HAR: {turnback_s: 2")], "turnback_s", "looks like minutes"),
        ([(Y, 'to: "07:00", headway_s: 600', 'to: "07:00", headway_s: 10')], "headway_s", "looks like minutes"),
        ([(f, old, new.format(22)) for f, old, new in PRICES], "periods", "looks like cents"),
        ([(f, old, new.format(160)) for f, old, new in PRICES], "periods", "looks like a price per MWh"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_in_another_unit_is_a_fault_that_names_the_unit(
    edits: Sequence[tuple[str, str, str]], field: str, words: str, faults_after: FaultsAfter
) -> None:
    faults = faults_after("tutorial_line", edits)
    assert any(fault.field.endswith(field) and words in fault.allowed for fault in faults), faults
    assert all(fault.place for fault in faults)


def _in_kilometres(folder: Path) -> None:
    """Divide every chainage of the tables by 1000."""
    for name in ("stations", "speed_limits", "gradients", "curves"):
        lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        header = next(line for line in lines if not line.startswith("#")).split(",")
        places = [header.index(column) for column in ("chainage_m", "from_m", "to_m") if column in header]
        changed = []
        for line in lines:
            cells = line.split(",")
            if not line.startswith("#") and cells != header:
                for place in places:
                    cells[place] = f"{float(cells[place]) / 1000:g}"
            changed.append(",".join(cells))
        (folder / f"{name}.csv").write_text("\n".join(changed) + "\n", encoding="utf-8")


def test_a_line_of_some_metres_is_one_fault_with_its_cause(edited: Edited) -> None:
    folder = edited("tutorial_line", [(Y, "    chainage_m: 4300", "    chainage_m: 4.3")])
    _in_kilometres(folder)
    with pytest.raises(InputFaults) as caught:
        load_scenario(folder)
    (fault,) = caught.value.faults
    assert (fault.file, fault.field) == ("stations.csv", "chainage_m")
    assert "the chainage looks like kilometres" in fault.allowed
    assert "1 to 1.5 m" in fault.value


def test_a_load_above_crush_is_a_fault_and_above_normal_a_warning(edited: Edited) -> None:
    capacity = "capacity: {normal: 800, crush: 1100}"
    folder = edited("tutorial_line", [(Y, capacity, "capacity: {normal: 150, crush: 250}")])
    assert [warning.key for warning in warnings_of(load_scenario(folder))] == [
        "normal_places_per_metre.four_car", "crush_places_per_metre.four_car", "load_of_normal",
    ]  # fmt: skip
    folder = folder.rename(folder.with_name("fuller"))
    text = (folder / Y).read_text().replace("normal: 150, crush: 250", "normal: 150, crush: 200")
    (folder / Y).write_text(text)
    with pytest.raises(InputFaults) as caught:
        load_scenario(folder)
    assert {fault.field for fault in caught.value.faults} == {"demand"}
    assert all("% of crush load" in fault.value and "(rule R8)" in fault.allowed for fault in caught.value.faults)


def test_demand_outside_the_hours_of_service_is_no_overload(edited: Edited) -> None:
    rows = ["direction,departure", *(f"{way},{time}" for way in ("up", "down") for time in ("06:00", "06:10"))]
    hours = (
        '  first_departure: {up: "06:00", down: "06:05"}\n  last_departure: {up: "09:00", down: "09:00"}\n  periods: '
    )
    folder = edited("tutorial_line", [(Y, hours, "  departures: departures.csv\n#")])
    text = (folder / Y).read_text()
    kept = [line for line in text.splitlines() if not line.startswith('  - {from: "0') or "price" in line]
    (folder / Y).write_text("\n".join(kept) + "\n")
    (folder / "departures.csv").write_text("\n".join(rows) + "\n")
    assert not [warning for warning in warnings_of(load_scenario(folder)) if warning.key.startswith("load")]
    (folder / "departures.csv").write_text("\n".join([*rows, "up,06:55", "up,08:20"]) + "\n")
    # A gap of 85 minutes is a break of service; the gap of 45 minutes before it is none.
    assert [warning.key for warning in warnings_of(load_scenario(folder))][:1] == ["longest_gap"]


HEAVY = (Y, "tare_t: 140", "tare_t: 230")


def test_an_unlikely_value_is_a_warning_until_it_is_acknowledged(edited: Edited) -> None:
    folder = edited("tutorial_line", [HEAVY])
    line = load_scenario(folder)
    (warning,) = warnings_of(line)
    assert (warning.key, warning.is_acknowledged) == ("tare_per_metre.four_car", False)
    assert "2.88 t/m" in warning.sentence
    assert "0.9 to 2.5 t/m" in warning.sentence
    assert RANGES["tare_per_metre"].source in warning.sentence
    assert unacknowledged(line) == (warning.sentence,)
    for key in ("tare_per_metre.four_car", "tare_per_metre"):
        known = line.with_parts(acknowledged={key: "weighed in the depot"})
        assert unacknowledged(known) == ()
        assert warnings_of(known) == (replace(warning, reason="weighed in the depot"),)
        assert known.hash == line.hash
    assert without_warning(line.with_parts(acknowledged={"dwell": "long stops"}), (warning,)) == ("dwell",)


def test_faults_and_warnings_of_a_part_do_not_depend_on_faults_elsewhere(faults_after: FaultsAfter) -> None:
    faults = faults_after("tutorial_line", [(Y, "tare_t: 140", "tare_t: 40"), (Y, "currency: EUR", "curency: EUR")])
    assert {fault.field.split(".")[-1] for fault in faults} >= {"curency", "traction"}


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (("summer", "winter"), {"overrides.winter.outside_temperature_c"}),
        (("summer", "substation_out"), set()),
        (("event_day", "rough_days"), set()),
    ],
)
def test_overrides_that_set_the_same_value_are_refused(names: tuple[str, ...], fields: set[str]) -> None:
    faults = faults_of("beijing_yizhuang", names)
    assert {fault.field for fault in faults} == fields
    for fault in faults:
        assert fault.place.startswith("line ")
        assert "choose one of summer and winter" in fault.allowed


def test_overrides_that_set_the_same_value_alike_are_no_conflict(edited: Edited) -> None:
    folder = edited("tutorial_line", [(Y, "  no_storage:\n", "  no_storage:\n    outside_temperature_c: 33\n")])
    assert load_scenario(folder, ["summer", "no_storage"]).outside_temperature_c == 33
    assert load_scenario(folder, ["no_storage", "summer"]).outside_temperature_c == 33


def test_a_list_of_one_override_and_a_change_within_it_conflict() -> None:
    faults = faults_of("tutorial_line", ("event_day", "short_turns"))
    assert [fault.field for fault in faults] == ["overrides.short_turns.demand.extra"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tare_t", 198_000, "kg"), ("passenger_kg", 0.07, "t"), ("share", True, ""), ("nominal_v", 7, ""),
        ("rotating_mass_share", 8, "per cent"), ("force_kn", 220_000, "N"), ("name", "x", ""),
        ("headway_s", 5, "minutes"),
    ],
)  # fmt: skip
def test_a_hint_needs_a_number_that_a_unit_explains(field: str, value: object, words: str) -> None:
    hint = unit_hint(field, value)
    assert hint == (f"; the value looks like {words}" if words else "")


def test_a_currency_without_a_range_has_no_check_of_the_price() -> None:
    assert price_range("points") is None
    euros = price_range("eur")
    assert euros is not None
    assert euros.likely_error(16.0) == "the price looks like cents"
