"""The mapping file: every fault at once, units by pint, and values that the reader of rows uses."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_models.faults import InputFaults
from energy_models.telemetry.mapping.read import mapping_of, read_mapping
from energy_models.telemetry.mapping.units import conversion, is_unit

GOOD = """\
format: telemetry-mapping-1
source: tcms
line: my_line
file: {separator: ";", decimal: ",", header_line: 3, units_line: true}
clock: {columns: [Date, Time], form: strftime, pattern: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin, offset_s: -2.5}
vehicle: {file_name: "TS(\\\\d+)_"}
signals:
  speed_m_s: {column: v, unit: km/h, scale: 1.01}
  current_a: {column: I, unit: kA, sign: -1, sampling: mean}
  outside_temperature_c: {column: T, unit: degF}
  state: {column: z, values: {0: stand, 1: traction, 2: coast, 3: brake}}
  tyre_pressure_bar: {column: p}
"""


def test_a_whole_mapping() -> None:
    found = mapping_of(GOOD.encode(), "m.yaml")
    assert found.source_columns == ("Date", "Time", "v", "I", "T", "z", "p")
    signals = {one.name: one for one in found.signals}
    assert signals["speed_m_s"].factor == pytest.approx(1.01 / 3.6)
    assert signals["current_a"].factor == -1000.0
    assert signals["outside_temperature_c"].factor * 212.0 + signals["outside_temperature_c"].offset == pytest.approx(
        100.0
    )
    assert signals["state"].words == {"0": "stand", "1": "traction", "2": "coast", "3": "brake"}
    assert (found.file.header_line, found.file.units_line, found.clock.offset_s) == (3, True, -2.5)


def test_every_fault_is_reported_at_once() -> None:
    text = """\
format: telemetry-mapping-9
line: "my line"
clock: {column: t, form: epoch, zone: Mars/Base}
vehicle: {column: a, value: b}
colour: red
signals:
  Speed: {column: v}
  voltage_v: {column: u, unit: km}
  current_a: {column: i, sign: 2, scale: -1}
  state: {column: s, values: {1: flying}}
"""
    with pytest.raises(InputFaults) as caught:
        mapping_of(text.encode(), "m.yaml")
    words = str(caught.value)
    for part in (
        "telemetry-mapping-9", "source", "my line", "form: epoch", "Mars/Base", "exactly one of", "colour: unknown key",
        "signals.Speed", "can be converted to V", "signals.current_a, unit: missing", "sign: 2", "scale: -1", "flying",
    ):  # fmt: skip
        assert part in words, part


@pytest.mark.parametrize(
    "content",
    [b"", b"[1, 2]", b"\xff\xfe", b"a: [", b"a: &x 1\nb: *x", b"signals: {}\nsignals: {}", b"[" * 4000, b"1" * 5000],
)
def test_what_is_no_mapping_is_one_clear_fault(content: bytes) -> None:
    with pytest.raises(InputFaults):
        mapping_of(content, "m.yaml")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="no such file"):
        read_mapping(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("unit", "wanted", "number", "stored"),
    # Exact by definition: SI brochure, 9th edition; the international mile and pound; degF by its fixed points.
    [("km/h", "m/s", 36.0, 10.0), ("mph", "m/s", 1.0, 0.44704), ("kWh", "J", 1.0, 3.6e6), ("t", "kg", 1.0, 1000.0),
     ("lb", "kg", 1.0, 0.45359237), ("degF", "degC", 32.0, 0.0), ("°C", "degC", 21.5, 21.5), ("kN", "N", 2.0, 2000.0),
     ("m/s²", "m/s**2", 1.0, 1.0), ("kW", "W", 1.0, 1e3), ("kV", "V", 1.5, 1500.0), ("bar", "Pa", 1.0, 1e5)],
)  # fmt: skip
def test_units(unit: str, wanted: str, number: float, stored: float) -> None:
    found = conversion(unit, wanted)
    assert found is not None
    assert found.factor * number + found.offset == pytest.approx(stored, rel=1e-12, abs=1e-9)


@given(st.text(max_size=25))
def test_no_text_breaks_the_units(text: str) -> None:
    is_unit(text)
    conversion(text, "m/s")
    assert conversion("kg", "m/s") is None
