"""A scenario that is written and read again is the same scenario."""

from pathlib import Path

import pytest
import yaml

from scenarios.files.load import bundled, load_scenario
from scenarios.files.written import document_of, write_document
from scenarios.schema.train import Capacity, EffortPoint


@pytest.mark.parametrize("name", [*bundled(), "beijing_yizhuang+event_day"])
def test_written_and_read_again(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    document = document_of(scenario)
    document["name"] = document["name"].split("+")[0]
    files = write_document(tmp_path, document, head="# begun elsewhere\n")
    assert {file.name for file in files} >= {"scenario.yaml", "stations.csv"}
    again = load_scenario(tmp_path)
    assert again.model_copy(update={"name": scenario.name}) == scenario
    assert again.model_copy(update={"name": scenario.name}).hash == scenario.hash


def test_the_text_is_as_people_write_it(tmp_path: Path) -> None:
    write_document(tmp_path, document_of(load_scenario("tutorial_line")))
    text = (tmp_path / "scenario.yaml").read_text(encoding="utf-8")
    assert 'first_departure: {up: "06:00", down: "06:05"}' in text
    assert "up: [90, 104, 120, 104]" in text
    assert "tare_t: 140\n" in text
    assert "stations: stations.csv\n" in text
    assert "&" not in text
    assert yaml.safe_load(text)["fleet"] == [{"train_type": "four_car", "trainsets": 6}]


def test_what_has_its_default_is_left_out() -> None:
    assert document_of(EffortPoint(speed_kmh=0.0, force_kn=220.0)) == {"speed_kmh": 0.0, "force_kn": 220.0}
    assert document_of(Capacity(normal=1, crush=2)) == {"normal": 1, "crush": 2}
    assert "maximum_jerk_m_s3" not in document_of(load_scenario("tutorial_line"))["train_types"]["four_car"]["comfort"]
