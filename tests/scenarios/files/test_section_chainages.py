"""A scenario with section lengths instead of chainages is the same line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from energy_models.faults import Fault
from scenarios.files.load import FILE, faults_of, load_scenario
from scenarios.files.provenance import assumptions, unexplained
from scenarios.files.section_chainages import with_chainages
from scenarios.files.written import document_of, write_document
from scenarios.values.build import section_tracks, train_of

SECTIONS = "departure_station,length_m,length_down_m\nHAR,1000,\nMKT,1200,\nUNI,1500,1530\nPRK,1300,\n"
WITHOUT_CHAINAGE = """id,name,minimum_dwell_s,dwell_s,maximum_dwell_s
HAR,Harbour,0,0,0
MKT,Market,20,30,40
UNI,University,25,35,45
PRK,Park,20,30,40
AIR,Airfield,0,0,0
"""


@pytest.fixture
def by_length(edited: Callable[..., Path]) -> Callable[[str, str], Path]:
    """The tutorial line with its lengths in a table and no chainage."""

    def folder_of(sections: str = SECTIONS, stations: str = WITHOUT_CHAINAGE) -> Path:
        folder = edited(
            "tutorial_line",
            [(FILE, "  speed_limits: speed_limits.csv", "  sections: sections.csv\n  speed_limits: speed_limits.csv")],
        )
        (folder / "sections.csv").write_text(sections, encoding="utf-8")
        (folder / "stations.csv").write_text(stations, encoding="utf-8")
        return folder

    return folder_of


def test_chainages_are_sums_of_lengths_and_the_line_is_the_same(by_length: Callable[..., Path]) -> None:
    scenario, known = load_scenario(by_length()), load_scenario("tutorial_line+unlike_tracks")
    assert [station.chainage_m for station in scenario.stations] == [0.0, 1000.0, 2200.0, 3700.0, 5000.0]
    train = train_of(scenario)
    for direction in ("up", "down"):
        for one, other in zip(
            section_tracks(scenario, direction, train), section_tracks(known, direction, train), strict=True
        ):
            np.testing.assert_array_equal(one.boundary_m, other.boundary_m)
            assert one.chainage_per_m == other.chainage_per_m


def test_the_first_station_may_have_a_chainage(by_length: Callable[..., Path]) -> None:
    head, first, *others = WITHOUT_CHAINAGE.splitlines()
    rows = "\n".join((f"{head},chainage_m", f"{first},0", *(f"{row}," for row in others))) + "\n"
    scenario = load_scenario(by_length(stations=rows))
    assert scenario.stations[-1].chainage_m == 5000.0


def test_computed_chainages_have_the_origin_of_the_lengths(by_length: Callable[..., Path]) -> None:
    folder = by_length()
    file = folder / FILE
    text = file.read_text(encoding="utf-8")
    moved = text.replace("  stations: &made_up", "  stations.*.dwell_s: &made_up").replace(
        "  terminals: *made_up",
        "  stations.*.minimum_dwell_s: *made_up\n  stations.*.maximum_dwell_s: *made_up\n"
        '  track.sections: "assumed: measured on a map"\n  terminals: *made_up',
    )
    file.write_text(moved, encoding="utf-8")
    scenario = load_scenario(folder)
    assert not unexplained(scenario)
    lines = {line.path: line.assumed for line in assumptions(scenario)}
    assert lines["stations.*.chainage_m"] == "measured on a map"


def test_a_written_copy_is_the_same_scenario(by_length: Callable[..., Path], tmp_path: Path) -> None:
    scenario = load_scenario(by_length())
    copy = tmp_path / "copy"
    copy.mkdir()
    write_document(copy, document_of(scenario))
    assert load_scenario(copy) == scenario
    assert load_scenario(copy).hash == scenario.hash


@pytest.mark.parametrize(
    ("sections", "value", "allowed"),
    [
        (
            SECTIONS.replace("UNI,1500,1530", "PRK,1500,1530").replace("PRK,1300", "UNI,1300"),
            "PRK",
            "UNI, because sections",
        ),
        (SECTIONS.replace("PRK,1300,\n", ""), "3 sections", "4 sections for 5 stations"),
        (SECTIONS.replace("MKT,1200,", "MKT,0,"), "0", "above 0"),
        (SECTIONS.replace("MKT,1200,", "MKT,long,"), "long", "a number"),
    ],
)
def test_faults_of_sections_are_named_at_the_section(
    sections: str, value: str, allowed: str, by_length: Callable[..., Path]
) -> None:
    faults = [
        fault
        for fault in faults_of(by_length(sections=sections), ("no_storage",))
        if "sections" in fault.field + fault.file
    ]
    assert [fault for fault in faults if fault.value == value and allowed in fault.allowed], faults


def test_without_lengths_a_missing_chainage_is_one_fault(edited: Callable[..., Path]) -> None:
    folder = edited("tutorial_line", [])
    (folder / "stations.csv").write_text(WITHOUT_CHAINAGE, encoding="utf-8")
    faults: tuple[Fault, ...] = faults_of(folder, ("summer",))
    (fault,) = [fault for fault in faults if fault.file == "stations.csv"]
    assert "chainage_m" in f"{fault.field} {fault.value} {fault.allowed}"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"stations": None, "track": {"sections": []}},
        {"stations": [], "track": {"sections": [{"length_m": 1}]}},
        {"stations": "x", "track": []},
        {"stations": [{"id": "A"}, 3], "track": {"sections": [{}]}},
        {"stations": [{"chainage_m": 0}, {"chainage_m": 5}], "track": {"sections": [{"length_m": 9}]}},
    ],
)
def test_other_content_stays_as_it_is(content: dict[str, Any]) -> None:
    assert with_chainages(content) == content
