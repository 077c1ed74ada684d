"""Proposals: the columns of foreign recorders are recognised, and what a sample does not show is marked."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from recorded_train import recorded_train

from energy_models.faults import InputFaults
from energy_models.telemetry.mapping.read import mapping_of, open_questions, read_mapping
from energy_models.telemetry.proposal.propose import Proposal, propose
from energy_models.telemetry.proposal.sample import sample_of
from energy_models.telemetry.proposal.write import mapping_text
from energy_models.telemetry.recordings.files import file_batches

TRAIN = recorded_train(hours=1.0)


def proposed(path: Path) -> tuple[Proposal, str]:
    proposal = propose(sample_of(path))
    return proposal, mapping_text(proposal, line="l", source="s", zone="Europe/Berlin")


def read_back(path: Path, text: str) -> pd.DataFrame:
    (batch,) = file_batches(path, mapping_of(text.encode(), "m.yaml"))
    assert batch.rejected == ()
    return batch.rows.to_pandas()


def test_own_columns_are_sure_but_for_the_day(tmp_path: Path) -> None:
    file = tmp_path / "own_2026-11-30.csv"
    TRAIN.to_csv(file, index=False)
    proposal, text = proposed(file)
    assert open_questions(text) == []
    assert proposal.missing == ()
    found = read_back(file, text)
    for name in ("speed_m_s", "current_a", "voltage_v", "load_kg", "chainage_m"):
        np.testing.assert_allclose(found[name], TRAIN[name], rtol=1e-9)


def foreign(tmp_path: Path) -> Path:
    """A recorder in German: facts above the header, km/h, km, kV, wrong sign, codes, cp1252, decimal commas."""
    clock = pd.to_datetime(TRAIN["time_s"], unit="s")
    frame = pd.DataFrame(
        {
            "Datum": "30.11.2026",
            "Uhrzeit": clock.dt.strftime("%H:%M:%S"),
            "Fahrzeug": "TS01",
            "Geschwindigkeit": (TRAIN["speed_m_s"] * 3.6).round(1),
            "Strecken-km": (TRAIN["chainage_m"] / 1e3).round(4),
            "Spannung [kV]": TRAIN["voltage_v"] / 1e3,
            "Strom": -TRAIN["current_a"],
            "Leistung": (-TRAIN["voltage_v"] * TRAIN["current_a"] / 1e3).round(1),
            "Türen": np.where(TRAIN["doors_open"] == 1, "auf", "zu"),
            "Fahrzustand": TRAIN["state"].map({"stand": "0", "traction": "1", "coast": "2", "brake": "3"}),
            "Richtung": TRAIN["direction"].map({"up": "A", "down": "B"}),
            "Außentemperatur (°C)": TRAIN["outside_temperature_c"],
            "Bemerkung": "",
        }
    )
    file = tmp_path / "german.csv"
    text = "Fahrtschreiber X;v3\nExport;30.11.2026\n" + frame.to_csv(sep=";", decimal=",", index=False)
    file.write_bytes(text.encode("cp1252"))
    return file


def test_a_foreign_recorder(tmp_path: Path) -> None:
    file = foreign(tmp_path)
    proposal, text = proposed(file)
    signals = {one.signal: one for one in proposal.signals}
    assert signals["speed_m_s"].unit == "km/h"
    assert signals["speed_m_s"].doubts == []
    assert (signals["current_a"].sign, signals["power_w"].sign, signals["power_w"].unit) == (-1, -1, "kW")
    assert signals["state"].words == {"0": "stand", "1": "traction", "2": "coast", "3": "brake"}
    assert signals["direction"].words == {"A": "up", "B": "down"}
    assert signals["direction"].doubts == []
    assert signals["doors_open"].words == {"auf": "1", "zu": "0"}
    assert "Bemerkung" in proposal.unused
    found = read_back(file, text)
    np.testing.assert_allclose(found["speed_m_s"], TRAIN["speed_m_s"], atol=0.02)
    np.testing.assert_allclose(found["current_a"], TRAIN["current_a"])
    assert found["state"].tolist() == TRAIN["state"].tolist()
    assert found["direction"].tolist() == TRAIN["direction"].tolist()


@pytest.mark.parametrize("unit", ["m/s", "km/h", "mph"])
@pytest.mark.parametrize("place", ["odometer", "chainage", None])
def test_the_unit_of_a_speed_follows_from_a_distance(tmp_path: Path, unit: str, place: str | None) -> None:
    factor = {"m/s": 1.0, "km/h": 3.6, "mph": 1 / 0.44704}[unit]
    frame = pd.DataFrame({"time_s": TRAIN["time_s"], "vehicle": "V", "speed": (TRAIN["speed_m_s"] * factor).round(2)})
    if place == "odometer":
        frame["odometer_m"] = np.cumsum(TRAIN["speed_m_s"]).round(1)
    elif place == "chainage":
        frame["chainage_m"] = TRAIN["chainage_m"]
    file = tmp_path / "speed.parquet"
    frame.to_parquet(file)
    (speed, *_) = [one for one in proposed(file)[0].signals if one.signal == "speed_m_s"]
    if place is None:
        assert speed.doubts, "only the size of the numbers suggests a unit"
    else:
        assert (speed.unit, speed.doubts) == (unit, [])


def test_an_open_question_stops_the_reading(tmp_path: Path) -> None:
    """A guess would give rows that look right: the service day that the file does not have, a unit by its size."""
    TRAIN[["time_s", "vehicle", "speed_m_s"]].rename(columns={"speed_m_s": "v"}).to_csv(tmp_path / "x.csv", index=False)
    _, text = proposed(tmp_path / "x.csv")
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        read_mapping(tmp_path / "m.yaml")
    assert len(caught.value.faults) == len(open_questions(text)) == 2
    assert "state the service day" in str(caught.value)


def test_a_magnitude_without_sign_is_not_sure(tmp_path: Path) -> None:
    frame = TRAIN.assign(current_a=TRAIN["current_a"].abs())
    frame.to_parquet(tmp_path / "x.parquet")
    (current,) = [one for one in proposed(tmp_path / "x.parquet")[0].signals if one.signal == "current_a"]
    assert any("magnitude without sign" in doubt for doubt in current.doubts)


def test_a_name_that_contradicts_physics_is_not_sure(tmp_path: Path) -> None:
    frame = TRAIN.rename(columns={"speed_m_s": "speed_kmh"})
    frame.to_csv(tmp_path / "x.csv", index=False)
    (speed,) = [one for one in proposed(tmp_path / "x.csv")[0].signals if one.signal == "speed_m_s"]
    assert any("the name has km/h" in doubt for doubt in speed.doubts)


def test_a_distance_that_falls_is_a_place_and_not_an_odometer(tmp_path: Path) -> None:
    counted = TRAIN["speed_m_s"].cumsum().where(TRAIN.index < 2_000, TRAIN["speed_m_s"].cumsum() - 5_000.0)
    for name, values, is_sure in (("Weg [m]", TRAIN["chainage_m"], False), ("Weg [m]", counted, True)):
        file = tmp_path / f"{is_sure}_2026-11-30.csv"
        TRAIN.drop(columns="chainage_m").assign(**{name: values}).to_csv(file, index=False)
        (found,) = [words for _, words in open_questions(proposed(file)[1]) if "chainage_m" in words] or [""]
        assert (found == "") is is_sure


def test_dates_that_fit_both_orders_are_not_sure(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("timestamp;vehicle;speed\n" + "".join(
        f"03/04/2026 10:00:{s:02d};A;{s}\n" for s in range(30)))  # fmt: skip
    proposal, _ = proposed(tmp_path / "x.csv")
    assert proposal.clock is not None
    assert any("exchanged" in doubt for doubt in proposal.clock.doubts)
