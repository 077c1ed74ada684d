"""The table `mileage.csv` of a fleet folder: what is read, and every fault at once."""

from pathlib import Path

import pytest
from own_models import model_of

from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.values.mileage import NO_MILEAGE, Mileage
from scenarios.vehicles.calibrated import write_vehicle
from scenarios.vehicles.fleet import read_fleet, write_fleet
from scenarios.vehicles.mileage import FILE, read_mileage

LINE = load_scenario("tutorial_line")
GOOD = """\
# state of the first day of the month
vehicle,mileage_km,maintenance_in_km
four_car-01,41250,8700
four_car-02,43100.5,
"""


def table(folder: Path, text: str) -> Path:
    """A table of mileages with this text."""
    file = folder / FILE
    file.write_text(text, encoding="utf-8")
    return file


def test_mileage_and_the_distance_until_maintenance_are_read(tmp_path: Path) -> None:
    found = read_mileage(table(tmp_path, GOOD))
    assert found == Mileage({"four_car-01": 41_250.0, "four_car-02": 43_100.5}, {"four_car-01": 8_700.0})
    assert found.allows("four_car-01", 8_700.0)
    assert not found.allows("four_car-01", 8_700.1)
    assert found.allows("four_car-02", 1e6)
    assert read_mileage(table(tmp_path, "vehicle;mileage_km\nTS01;41250,5\n")).done_km == {"TS01": 41_250.5}


def test_a_fleet_keeps_the_mileage_of_its_folder(tmp_path: Path) -> None:
    write_vehicle(model_of(LINE, "four_car-01", {}), tmp_path / "one.yaml")
    assert read_fleet(tmp_path).mileage == NO_MILEAGE
    table(tmp_path, GOOD)
    fleet = read_fleet(tmp_path)
    assert fleet.mileage.left_km == {"four_car-01": 8_700.0}
    write_fleet(fleet, tmp_path / "fleet.yaml")
    assert read_fleet(tmp_path / "fleet.yaml") == fleet


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("vehicle,maintenance_in_km\nTS01,5\n", [("mileage_km", "column missing")]),
        ("vehicle,mileage_km,colour\nTS01,5,red\n", [("colour", "unknown column")]),
        (
            "vehicle,mileage_km,maintenance_in_km\n,5,\nTS02,-1,far\nTS03,inf,\nTS04,7,8\nTS04,9,\n",
            [
                ("vehicle", "empty"),
                ("mileage_km", "-1"),
                ("maintenance_in_km", "far"),
                ("mileage_km", "inf"),
                ("vehicle", "TS04"),
            ],
        ),
    ],
)
def test_every_fault_of_the_table_is_reported_with_its_place(
    text: str, faults: list[tuple[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(InputFaults) as raised:
        read_mileage(table(tmp_path, text))
    found = raised.value.faults
    assert [(fault.field, fault.value) for fault in found] == faults
    assert all(fault.file == FILE and fault.place and fault.allowed for fault in found)


def test_faults_of_models_and_mileage_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("format: other\n", encoding="utf-8")
    table(tmp_path, "vehicle,mileage_km\nTS01,far\n")
    with pytest.raises(InputFaults) as raised:
        read_fleet(tmp_path)
    assert {fault.file for fault in raised.value.faults} == {"one.yaml", FILE}
