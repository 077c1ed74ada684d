"""Every fault at once, each with its place, its value and what is allowed; one slip of the pen is one fault."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.faults import Fault, InputFaults
from scenarios.files.load import bundled, load_scenario
from scenarios.rules import RULES

Y = "scenario.yaml"
FaultsAfter = Callable[..., tuple[Fault, ...]]

SEVEN = [
    (Y, "tare_t: 198", "tare_t: -198"),
    (Y, "length_m: 120", "lenght_m: 120"),
    (Y, 'up: "06:00", down: "05:20"', 'up: "25:70", down: "05:20"'),
    (Y, "trainsets: 23", "trainsets: 0"),
    ("substations.csv", "RC,RC,", "RC,RCX,"),
    ("speed_limits.csv", "276,520,80", "260,520,80"),
    ("stations.csv", "JG,Jiugong,6272", "JG,Jiugong,3272"),
]


def test_seven_faults_give_seven_messages(faults_after: FaultsAfter) -> None:
    faults = faults_after("beijing_yizhuang", SEVEN)
    assert [(fault.file, fault.place.split()[0], fault.field.split(".")[-1], fault.value) for fault in faults] == [
        (Y, "line", "tare_t", "-198"),
        (Y, "line", "lenght_m", "unknown key"),
        (Y, "line", "trainsets", "0"),
        (Y, "line", "up", "25:70"),
        ("speed_limits.csv", "row", "from_m", "260"),
        ("stations.csv", "row", "chainage_m", "3272"),
        ("substations.csv", "row", "station", "RCX"),
    ]
    assert all(fault.allowed for fault in faults)


def test_lines_and_rows_are_those_of_the_files(edited: Callable[..., Path]) -> None:
    folder = edited("beijing_yizhuang", SEVEN)
    with pytest.raises(InputFaults) as caught:
        load_scenario(folder)
    for fault in caught.value.faults:
        number = int(fault.place.split()[1])
        line = (folder / fault.file).read_text().splitlines()[number - 1]
        assert (fault.value if fault.value != "unknown key" else "lenght_m") in line


@pytest.mark.many_cases
def test_the_command_reports_them_all_and_leaves_with_2(edited: Callable[..., Path]) -> None:
    folder = edited("beijing_yizhuang", SEVEN)
    reported = CliRunner().invoke(app, ["scenario", "check", str(folder)])
    assert reported.exit_code == 2
    assert "Traceback" not in reported.output
    assert reported.output.count("allowed:") == 7
    asked_as_json = CliRunner().invoke(app, ["scenario", "check", str(folder), "--json"])
    assert asked_as_json.exit_code == 2
    assert len(json.loads(asked_as_json.stdout)["faults"]) == 7


def test_an_unknown_scenario_gives_the_known_ones() -> None:
    with pytest.raises(InputFaults) as caught:
        load_scenario("beijing_yizuang")
    (fault,) = caught.value.faults
    assert "did you mean beijing_yizhuang?" in fault.allowed
    assert all(name in fault.allowed for name in bundled())


STATIONS = "UNI,University,2200,25,35,45"
INSTEAD_OF_CALLS = """  running_time_s:                    # in order of travel, one for each section
    up: [90, 104, 120, 104]
    down: [106, 120, 104, 90]
  first_departure: {up: "06:00", down: "06:05"}
  last_departure: {up: "09:00", down: "09:00"}
  periods:                           # or `departures: departures.csv` with the columns direction, departure
  - {from: "06:00", to: "07:00", headway_s: 600}
  - {from: "07:00", to: "08:30", headway_s: 300}
  - {from: "08:30", to: "09:00", headway_s: 600}
"""
CALLS = """trip_id,station,arrival,departure,vehicle
one,HAR,06:00,06:00,A
one,MKT,06:02,06:02:30,A
one,UNI,06:05,06:05:30,A
one,PRK,06:08,06:08:30,A
one,AIR,06:11,06:11,A
back,AIR,06:20,06:20,A
back,PRK,06:23,06:23:30,A
back,UNI,06:26,06:26:30,A
back,MKT,06:29,06:29:30,A
back,HAR,06:32,06:32,A
two,HAR,06:10,06:10,B
two,MKT,06:12,06:12:30,B
two,UNI,06:15,06:15:30,B
two,PRK,06:18,06:18:30,B
two,AIR,06:21,06:21,B
"""


BACK = CALLS[CALLS.index("back,") : CALLS.index("two,")]


def calls(*changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    """The tutorial line with calls instead of headways, with changes of their table."""
    text = CALLS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return [(Y, INSTEAD_OF_CALLS, "  calls: calls.csv\n"), ("calls.csv", "", text)]


def test_calls_of_every_trip_are_a_timetable(edited: Callable[..., Path]) -> None:
    scenario = load_scenario(edited("tutorial_line", calls()))
    assert [trip.trip_id for trip in scenario.timetable.called_trips] == ["one", "back", "two"]
    assert [trip.trip_id for trip in scenario.whole_trips["up"]] == ["one", "two"]


def sections(last_m: int, more: str = "") -> str:
    """The lengths of the tutorial line; the last one can be another."""
    lengths = (("HAR", 1000), ("MKT", 1200), ("UNI", 1500), ("PRK", last_m))
    return f"  sections: [{', '.join(f'{{departure_station: {name}, length_m: {m}{more}}}' for name, m in lengths)}]"


SECTIONS, LIMITED = sections(1400), sections(1300, ", limit_kmh: 60")
FIVE = "[" + ", ".join(f"{{station: {name}, attraction: 2}}" for name in ("HAR", "MKT", "UNI", "PRK", "AIR")) + "]"


def gravity(stations: str = FIVE, profile: str = '[{from: "06:00", to: "09:00", share: 1}]') -> str:
    """The gravity form in place of the table of the tutorial line."""
    return f"passengers_per_day: 1000\n  gravity: {{stations: {stations}, profile: {profile}}}"


OD = "origin_destination: demand.csv"
N = "  dwell_noise_accumulates: false"
BY_RULE = {
    "L1": [(Y, "stations: stations.csv", "stations: []")],
    "L2": [(Y, "capacity: 8}", "capacity: 8}\n- {id: AIR_depot, station: HAR, capacity: 2}")],
    "L3": [("stations.csv", "PRK,Park,3700", "PRK,Park,2200")],
    "L4": [("stations.csv", STATIONS, "UNI,University,2200,25,55,45")],
    "L5": [(Y, "  HAR: {turnback_s", "  HRA: {turnback_s")],
    "L6": [(Y, "AIR: {turnback_s: 120, maximum_turnback_s: 900", "AIR: {turnback_s: 120, maximum_turnback_s: 90")],
    "L7": [(Y, "station: AIR, capacity: 8", "station: ARI, capacity: 8")],
    "L8": [("curves.csv", "450,700,400", "450,440,400")],
    "L9": [("curves.csv", "1300,1650,600", "690,1650,600")],
    "L10": [("gradients.csv", "800,1600,2", "810,1600,2")],
    "L11": [(Y, "system: moving_block", "system: fixed_block")],
    "L12": [(Y, "  gradients: gradients.csv", SECTIONS + "\n  gradients: gradients.csv")],
    "L13": [(Y, "  gradients: gradients.csv", LIMITED + "\n  gradients: gradients.csv")],
    "L14": [("stations.csv", "AIR,Airfield,5000,0,0,0", "AIR,Airfield,5000,0,130,130")],
    "T1": [(Y, "crush: 1100", "crush: 700")],
    "T2": [(Y, "traction: {force_kn: 220, power_kw: 2400}", "traction: {power_kw: 2400}")],
    "T3": [
        (
            Y,
            "electric_brake: {force_kn: 180, power_kw: 2800}",
            "electric_brake: {points: [{speed_kmh: 0, force_kn: 180}, {speed_kmh: 50, force_kn: 190}]}",
        )
    ],
    "T4": [(Y, "efficiency: {traction: 0.86, regeneration", "efficiency: {regeneration")],
    "T5": [(Y, "temperature_c: 15, power_kw: 35", "temperature_c: -10, power_kw: 35")],
    "T6": [("gradients.csv", "1600,2000,15", "1600,2000,110")],
    "T7": [(Y, "rotating_mass_share: 0.08", "rotating_mass_share: 0.08\n    ato_levels: [{name: optimal}]")],
    "S1": [(Y, "    chainage_m: 4300\n", "")],
    "S2": [(Y, "{id: west, station: MKT", "{id: west, station: MTK")],
    "S3": [(Y, "chainage_m: 4300", "chainage_m: 5300")],
    "S4": [(Y, "- id: middle", "- id: west"), (Y, "        middle: {in", "        west: {in")],
    "S5": [(Y, "id: west,", "id: west, in_service: false,"), (Y, "- id: east", "- in_service: false\n    id: east")],
    "S6": [(Y, "fade_from_v: 900, fade_to_v: 930", "fade_from_v: 930, fade_to_v: 900")],
    "S7": [(Y, "full_above_v: 600, none", "full_above_v: 840, none")],
    "S8": [(Y, "inverter_v: 860", "inverter_v: 820")],
    "S9": [(Y, "discharge_below_v: 790", "discharge_below_v: 860")],
    "S10": [(Y, "{id: west, station: MKT", "{id: west, overload_class: V, station: MKT")],
    "V1": [(Y, "trainsets: 6}", "trainsets: 6, depot: AIR_depots}")],
    "V2": [(Y, "trainsets: 6", "trainsets: 60")],
    "V3": [(Y, "up: [90, 104, 120, 104]", "up: [90, 104, 120]")],
    "V4": [(Y, "up: [90, 104, 120, 104]", "up: [90, 104, 60, 104]")],
    "V5": [(Y, '  first_departure: {up: "06:00", down: "06:05"}\n', "")],
    "V6": [(Y, 'last_departure: {up: "09:00"', 'last_departure: {up: "05:00"')],
    "V7": [(Y, 'from: "07:00", to: "08:30"', 'from: "06:50", to: "08:30"')],
    "V8": [(Y, 'from: "07:00", to: "08:30"', 'from: "07:10", to: "08:30"')],
    "V9": [(Y, "headway_s: 300", "headway_s: 90")],
    "V10": [
        (Y, '  first_departure: {up: "06:00", down: "06:05"}\n  last_departure: {up: "09:00", down: "09:00"}\n', ""),
        (Y, "  periods:                           # or", "  departures: departures.csv\nXX # or"),
        (Y, '  - {from: "06:00", to: "07:00", headway_s: 600}\n', ""),
        (Y, '  - {from: "07:00", to: "08:30", headway_s: 300}\n', ""),
        (Y, '  - {from: "08:30", to: "09:00", headway_s: 600}\n', ""),
        (Y, "XX #", "#"),
        ("departures.csv", "", "direction,departure\nup,06:00\nup,06:01\ndown,06:00\n"),
    ],
    "V11": [
        (
            Y,
            "  first_departure: {up",
            '  section_times: [{from: "07:00", to: "08:00", departure_station: HAR, direction: down, '
            "running_time_s: 95}]\n  first_departure: {up",
        )
    ],
    "V12": [(Y, "trainsets: 6}", "trainsets: 6, vehicles: [TS01, TS02, TS03]}")],
    "L15": [
        (
            Y,
            "  AIR: {turnback_s: 120, maximum_turnback_s: 900, tracks: 2}",
            "  AIR: {turnback_s: 120, maximum_turnback_s: 900, tracks: 2, turnback_periods: "
            '[{from: "07:00", to: "08:00", turnback_s: 150}, {from: "07:30", to: "09:00", turnback_s: 140}]}',
        )
    ],
    "C1": calls(("one,UNI,06:05,06:05:30,A\n", "")),
    "C2": calls(("one,UNI,06:05,06:05:30", "one,UNI,06:05,06:04:40")),
    "C3": calls(("two,HAR,06:10,06:10,B\n", "")),
    "C4": calls(("one,UNI,06:05,06:05:30", "one,UNI,06:05,06:06")),
    "C5": calls((BACK, "")),
    "C6": calls((BACK, BACK.replace(",A\n", ",B\n"))),
    "C7": calls(("two,HAR,06:10,06:10", "two,HAR,06:01,06:01")),
    "O1": [(Y, "shut_down_after_s: 180", "shut_down_after_s: 1800")],
    "O2": [
        (Y, "AIR: {turnback_s: 120, maximum_turnback_s: 900", "AIR: {turnback_s: 120"),
        (Y, "depot_after_s: 900", "depot_after_s: 100"),
    ],
    "O3": [(Y, "track_clearing_s: 45", "supply_energised_s: 3600")],
    "D1": [(Y, f"  {OD} ", "  #")],
    "D2": [("demand.csv", "06:00,HAR,MKT,15", "06:00,HAR,MRKT,15")],
    "D3": [("demand.csv", "06:00,HAR,MKT,15", "06:00,HAR,HAR,15")],
    "D4": [("demand.csv", "06:00,HAR,MKT,15", "06:05,HAR,MKT,15")],
    "D5": [
        (Y, OD, "section_loads: loads.csv"),
        ("loads.csv", "", "from,departure_station,direction,passengers\n06:00,AIR,up,10\n"),
    ],
    "D6": [
        (Y, OD, "station_counts: counts.csv"),
        ("counts.csv", "", "from,station,direction,boarding,alighting\n06:00,HAR,up,10,0\n06:00,AIR,up,0,5\n"),
    ],
    "D7": [(Y, "  interval_s: 900", "  interval_s: 900\n  passengers_per_day: 900000")],
    "D8": [(Y, '{from: "09:00", to: "24:00", price', '{from: "10:00", to: "24:00", price')],
    "D9": [(Y, "demand_interval_s: 900", "demand_interval_s: 1000")],
    "D10": [
        (
            Y,
            "co2_kg_per_kwh: 0.3",
            'co2_kg_per_kwh: 0.3\nco2_periods: [{from: "00:00", to: "20:00", co2_kg_per_kwh: 0.2}]',
        )
    ],
    "D11": [(Y, "  interval_s: 900", "  interval_s: 900\n  deterrence_km: 5")],
    "D12": [(Y, OD, gravity(stations="[{station: HAR, attraction: 1}, {station: AIR, attraction: 1}]"))],
    "D13": [(Y, OD, gravity(stations=FIVE.replace("attraction: 2", "attraction: 0")))],
    "D14": [(Y, OD, gravity(profile='[{from: "06:00", to: "09:00", share: 0.9}]'))],
    "D15": [
        (Y, OD, "boardings: boardings.csv"),
        (
            "boardings.csv",
            "",
            "from,station,direction,passengers\n06:00,HAR,up,10\n06:15,HAR,both,10\n06:15,AIR,up,5\n",
        ),
    ],
    "N1": [(Y, N, N + '\n  substations_out: [{substation: west, from: "08:00", to: "07:20"}]')],
    "N2": [
        (Y, N, N + '\n  speed_limits: [{from_m: 12700, to_m: 13000, limit_kmh: 40, from: "07:00", to: "08:00"}]'),
    ],
    "N3": [(Y, N, N + '\n  substations_out: [{substation: wset, from: "07:00", to: "07:20"}]')],
    "N4": [
        (Y, "id: west,", "id: west, in_service: false,"),
        (Y, N, N + '\n  substations_out: [{substation: east, from: "07:00", to: "07:20"}]'),
    ],
    "N5": [
        (
            Y,
            N,
            N
            + """
  weather: {temperatures: [{at: "09:00", temperature_c: 20}, {at: "05:00", temperature_c: 9}]}""",
        ),
    ],
    "R1": [("curves.csv", "450,700,400", "450,700,20"), ("stations.csv", "MKT,Market,1000", "MKT,Market,60")],
    "R2": [(Y, "up: [90, 104, 120, 104]", "up: [90, 104, 1200, 104]")],
    "R3": [(Y, "passenger_kg: 70", "passenger_kg: 30")],
    "R4": [(Y, "power_kw: 2400", "power_kw: 2.4")],
    "R5": [(Y, "per_m_s_kn: 0.06", "per_m_s_kn: 6")],
    "R6": [(Y, "nominal_v: 750", "nominal_v: 0.75")],
    "R7": [(Y, "contact_line_ohm_per_km: 0.010", "contact_line_ohm_per_km: 0.9")],
    "R8": [
        (
            Y,
            "  interval_s: 900",
            """  interval_s: 900
  extra: [{from: "07:30", to: "08:00", origin: HAR, destination: MKT, passengers: 8000}]""",
        )
    ],
    "R9": [(Y, "HAR: {turnback_s: 120", "HAR: {turnback_s: 2")],
    "R10": [
        (Y, "price_per_kwh: 0.10", "price_per_kwh: 10"),
        (Y, "price_per_kwh: 0.22", "price_per_kwh: 22"),
        (Y, "price_per_kwh: 0.16", "price_per_kwh: 16"),
    ],
    "R11": [(Y, "sources: {}", "sources: {}\nacknowledged: {tare: heavy on purpose}")],
    "P1": [(Y, "  stations: &made_up", "  stations: guess\n  terminals: &made_up"), (Y, "  terminals: *made_up\n", "")],
    "P2": [(Y, "  policy: *made_up", "  policy: *made_up\n  polcy: *made_up")],
}


def test_each_rule_has_its_case() -> None:
    assert set(BY_RULE) == {rule.number for rule in RULES}


@pytest.mark.parametrize("number", BY_RULE)
def test_a_broken_rule_is_named_once(number: str, faults_after: FaultsAfter) -> None:
    (fault,) = faults_after("tutorial_line", BY_RULE[number])
    assert f"(rule {number})" in fault.allowed
    assert fault.place.split()[0] in ("line", "row")


@pytest.mark.parametrize(
    "blocks",
    [
        "system: moving_block\n  block_length_m: 300",
        "system: fixed_block\n  block_borders_m: [0, 900, 800]",
        "system: fixed_block\n  block_borders_m: [0, 900]\n  block_length_m: 300",
    ],
)
def test_borders_of_blocks_are_given_once_rising_and_only_where_blocks_are_fixed(
    blocks: str, faults_after: FaultsAfter
) -> None:
    (fault,) = faults_after("tutorial_line", [(Y, "system: moving_block", blocks)])
    assert "(rule L11)" in fault.allowed


@pytest.mark.parametrize(
    ("edits", "value", "allowed"),
    [
        ([(Y, "tare_t: 140", "tare_t: heavy")], "heavy", "a number above 5"),
        ([(Y, "tare_t: 140", "tare_t: true")], "True", "a number above 5"),
        ([(Y, "    tare_t: 140\n", "")], "missing", "a number above 5"),
        ([(Y, "currency: EUR", "curency: EUR")], "unknown key", "did you mean currency"),
        ([(Y, "capacity: {normal: 800, crush: 1100}", "capacity: 800")], "800", "the keys normal, crush"),
        ([(Y, "up: [90, 104", "up: [90.5, 104")], "90.5", "a whole number at least 1"),
        ([(Y, "baseline: speed_cap", "baseline: fast")], "fast", "one of speed_cap, flat_out, optimal"),
        ([(Y, "running_rails_bonded: true", "running_rails_bonded: yes")], "yes", "true or false"),
        ([(Y, "supply:\n  nominal", "supplies:\n  nominal")], "unknown key", "did you mean supply"),
        ([(Y, "curves: curves.csv", "curves: curve.csv")], "no such file", "curves.csv, demand.csv"),
        ([(Y, "curves: curves.csv", "curves: ../curves.csv")], "../curves.csv", "a table in the scenario's folder"),
        ([(Y, "title: Tutorial", "name: twice\ntitle: Tutorial")], "key given twice", "each key once"),
        ([(Y, "fleet:\n", "fleet: [\n")], "expected", "valid YAML"),
        ([("stations.csv", "id,name,chainage_m", "id,name,chainage")], "unknown column", "chainage_m"),
        (
            [
                ("curves.csv", "from_m,to_m,radius_m", "from_m,to_m"),
                ("curves.csv", "450,700,400", "450,700"),
                ("curves.csv", "1300,1650,600", "1300,1650"),
                ("curves.csv", "2900,3250,350", "2900,3250"),
            ],
            "column missing",
            "radius_m",
        ),
        ([("curves.csv", "450,700,400", "450,700")], "2 cells", "3 cells"),
        ([("curves.csv", "450,700,400", "450,,400")], "missing", "a number"),
        ([("speed_limits.csv", "120,1900,70,both", "x,1900,70,both")], "x", "a number"),
    ],
)
def test_one_slip_is_one_fault(
    edits: list[tuple[str, str, str]], value: str, allowed: str, faults_after: FaultsAfter
) -> None:
    (fault,) = faults_after("tutorial_line", edits)
    assert value in fault.value
    assert allowed in fault.allowed


def test_many_rows_with_one_fault_are_counted(faults_after: FaultsAfter) -> None:
    faults = faults_after("tutorial_line", [("stations.csv", "MKT,Market", "MKTX,Market")])
    rows = [fault for fault in faults if fault.file == "demand.csv"]
    assert len(rows) < 15
    assert any("more rows" in fault.value for fault in rows)


def test_a_broken_reference_names_its_neighbours(faults_after: FaultsAfter) -> None:
    (fault,) = faults_after("beijing_yizhuang", [("substations.csv", "RC,RC,", "RC,Rongchan,")])
    assert "did you mean RC" in fault.allowed
    assert "neighbouring rows are at RJ and TJN" in fault.allowed


@pytest.mark.parametrize(
    ("written", "value", "allowed"),
    [
        ("rated_power_kw: 3000", "only rated_power_kw", "both rated_power_kw and overload_class"),
        ("overload_class: VI", "only overload_class", "both rated_power_kw and overload_class"),
        ("rated_power_kw: 3000, overload_class: VII", "VII", "one of I, II, III, IV, V, VI"),
        ("rated_power_kw: 0, overload_class: VI", "0", "above 0"),
    ],
)
def test_a_rating_needs_both_values(written: str, value: str, allowed: str, faults_after: FaultsAfter) -> None:
    edit = ("scenario.yaml", "{id: west, station: MKT, ", "{id: west, station: MKT, " + written + ", ")
    (fault,) = faults_after("tutorial_line", [edit])
    assert fault.value == value
    assert allowed in fault.allowed
