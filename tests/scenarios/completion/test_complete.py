"""Completing a scenario: own and typical values with their provenance, checked, written in place, and taken back."""

import shutil
from pathlib import Path

import pytest

from energy_models.faults import InputFaults
from scenarios.completion.apply import completion_of, own_folder, undo, write
from scenarios.completion.changes import NOT_NAMED, Wish, parsed_values
from scenarios.files.load import FILE, LINES, load_scenario
from scenarios.typical.library import supplies, trains

AS_ON = "assumed: as on other_line"


@pytest.fixture
def borrowed(tmp_path: Path) -> Path:
    """The tutorial line with the train and the supply of another line; its resistance has an own assumption."""
    folder = tmp_path / "line"
    shutil.copytree(LINES / "tutorial_line", folder)
    text = (folder / FILE).read_text(encoding="utf-8")
    for part in ("train_types", "supply"):
        text = text.replace(f"  {part}: *made_up\n", f'  {part}: "{AS_ON}"\n')
    text = text.replace(
        "  fleet: *made_up\n", '  fleet: *made_up\n  train_types.four_car.resistance: "assumed: coasted"\n'
    )
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def wish(**fields: object) -> Wish:
    return Wish(**{"values": {}, **fields})  # type: ignore[arg-type]


def test_values_are_numbers_lists_and_mappings_by_path() -> None:
    texts = ["train.tare_t=198", "supply.ties_m=[100, 200.5]", "train.capacity={normal: 5, crush: 7}"]
    assert parsed_values(texts) == {
        "train.tare_t": 198, "supply.ties_m": [100, 200.5], "train.capacity": {"normal": 5, "crush": 7},
    }  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        parsed_values(["train.tare_t", "=5", "train.capacity={normal"])
    assert len(caught.value.faults) == 3


def test_a_typical_train_replaces_what_is_borrowed_and_keeps_what_is_not(borrowed: Path) -> None:
    write(completion_of(borrowed, wish(from_type="heavy_6car")))
    line = load_scenario(borrowed)
    train, kind = line.train_types["four_car"], trains().types["heavy_6car"]
    assert train.tare_t == kind.of("tare_t")
    assert train.resistance == load_scenario("tutorial_line").train_types["four_car"].resistance
    assert line.provenance["train_types.four_car.tare_t"].startswith("assumed: typical of heavy_6car")
    assert line.provenance["train_types.four_car.resistance"] == "assumed: coasted"
    assert line.provenance["train_types"] == AS_ON
    everything = completion_of(borrowed, wish(from_type="medium_4car", replace_all=True))
    assert "train_types.four_car.resistance" in {change.dotted for change in everything.changes}


def test_own_values_come_first_and_have_their_source(borrowed: Path) -> None:
    done = completion_of(
        borrowed,
        wish(values={"train.tare_t": 198, "supply.no_load_v": 840}, from_type="heavy_6car", source="Data sheet, 2021"),
    )
    write(done)
    line = load_scenario(borrowed)
    assert (line.train_types["four_car"].tare_t, line.supply.no_load_v) == (198, 840)
    assert line.provenance["supply.no_load_v"] == "GIVEN"
    assert line.sources["GIVEN"] == "Data sheet, 2021"
    assert [change.dotted for change in done.changes].count("train_types.four_car.tare_t") == 1
    # The power of the typical train is for its own mass.
    power_kw, kind = line.train_types["four_car"].traction.power_kw, trains().types["heavy_6car"]
    assert power_kw == pytest.approx(kind.of("traction_power_kw") * 198 / kind.of("tare_t"), rel=0.01)
    write(completion_of(borrowed, wish(values={"train.tare_t": 199}, source="GIVEN")))
    write(completion_of(borrowed, wish(values={"train.tare_t": 200}, source="Scale, 2022")))
    assert load_scenario(borrowed).sources == {"GIVEN": "Data sheet, 2021", "GIVEN_2": "Scale, 2022"}


def test_a_value_without_a_source_is_marked(borrowed: Path) -> None:
    write(completion_of(borrowed, wish(values={"train.tare_t": 150})))
    assert load_scenario(borrowed).provenance["train_types.four_car.tare_t"] == NOT_NAMED


def test_a_supply_of_another_voltage_must_fit_the_rest_of_the_supply(borrowed: Path) -> None:
    before = (borrowed / FILE).read_bytes()
    with pytest.raises(InputFaults) as caught:
        completion_of(borrowed, wish(supply="dc_1500"))
    # The reversible substation of the line has an inverter for 750 V.
    assert any("inverter_v" in fault.field for fault in caught.value.faults)
    assert (borrowed / FILE).read_bytes() == before
    plain = [{"id": place, "station": place} for place in ("HAR", "AIR")]
    values = {"supply.substations": plain, "supply.storages": []}
    text = (borrowed / FILE).read_text()
    (borrowed / FILE).write_text(text[: text.index("overrides:")] + text[text.index("# --- Where the numbers") :])
    write(completion_of(borrowed, wish(supply="dc_1500", values=values, source="assumed: to be designed")))
    line = load_scenario(borrowed)
    assert (line.supply.nominal_v, len(line.supply.substations)) == (1500, 2)
    assert line.provenance["supply.substations"] == "assumed: to be designed"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("train.tare", "the path of a value"),
        ("suply.no_load_v", "did you mean supply"),
        ("stations.MKT.dwell_s", "stations.csv"),
        ("fleet.0.trainsets", "whole list"),
        ("provenance.fleet", "the path of a value"),
    ],
)
def test_a_path_that_cannot_be_set_is_refused(path: str, words: str, borrowed: Path) -> None:
    with pytest.raises(InputFaults, match=words):
        completion_of(borrowed, wish(values={path: 1}))


def test_an_impossible_value_is_refused_with_its_unit(borrowed: Path) -> None:
    with pytest.raises(InputFaults, match="looks like kg"):
        completion_of(borrowed, wish(values={"train.tare_t": 198_000}))


def test_missing_parts_are_written_and_other_missing_parts_remain(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    shutil.copytree(LINES / "tutorial_line", folder)
    lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    top = [number for number, line in enumerate(lines) if line and line[0].isalpha()]
    dropped = set()
    for begin, end in zip(top, [*top[1:], len(lines)], strict=True):
        if lines[begin].split(":")[0] in ("train_types", "supply", "fleet", "overrides", "disturbances"):
            dropped |= set(range(begin, end))
    (folder / FILE).write_text("\n".join(line for k, line in enumerate(lines) if k not in dropped) + "\n")
    done = completion_of(folder, wish(from_type="medium_4car", supply="dc_750"))
    assert {fault.field for fault in done.remaining} == {"fleet", "disturbances"}
    write(done)
    with (folder / FILE).open("a") as file:
        file.write("fleet:\n- {train_type: medium_4car, trainsets: 6}\n")
        file.write("disturbances: {dwell_noise_s: 3, dwell_noise_accumulates: false}\n")
    line = load_scenario(folder)
    assert line.supply.nominal_v == supplies().types["dc_750"].of("nominal_v")
    assert [item.station for item in line.supply.substations][:1] == ["HAR"]
    assert line.supply.substations[-1].station == "AIR"


def test_the_earlier_versions_come_back_one_after_the_other(borrowed: Path) -> None:
    versions = [(borrowed / FILE).read_text()]
    for tare_t in (150, 160):
        kept = write(completion_of(borrowed, wish(values={"train.tare_t": tare_t})))
        assert kept.read_text() == versions[-1]
        versions.append((borrowed / FILE).read_text())
    for version in (versions[1], versions[0]):
        undo(borrowed)
        assert (borrowed / FILE).read_text() == version
    with pytest.raises(InputFaults, match="no earlier version"):
        undo(borrowed)


def test_the_difference_is_that_of_the_file(borrowed: Path) -> None:
    done = completion_of(borrowed, wish(values={"train.tare_t": 150}))
    assert "-    tare_t: 140\n+    tare_t: 150\n" in done.difference
    assert done.before == (borrowed / FILE).read_text()


@pytest.mark.parametrize("name", ["tutorial_line", "tutorial_line+summer"])
def test_a_bundled_line_is_never_changed(name: str) -> None:
    with pytest.raises(InputFaults):
        own_folder(name)


def test_the_folder_of_a_scenario_is_found(borrowed: Path) -> None:
    assert own_folder(str(borrowed)) == borrowed
