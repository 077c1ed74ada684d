"""Instants: ISO, Unix time, service-day seconds and national formats; the nights when clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_models.telemetry.mapping.clock import NOT_A_TIME, ClockMemory, day_begin_ms, instants
from energy_models.telemetry.mapping.values import Clock, SourceText

BERLIN = "Europe/Berlin"


def read(
    texts: list[str], clock: Clock, vehicles: list[str] | None = None, memory: ClockMemory | None = None
) -> list[int]:
    vehicle = pa.array(vehicles or ["V"] * len(texts))
    return instants([pa.array(texts)], clock, vehicle, "2026-10-25", memory or ClockMemory()).instant_ms.tolist()


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e3)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026-11-30T06:00:00.5Z", Clock(("t",))),
        ("2026-11-30 14:00:00.500+08:00", Clock(("t",))),
        ("2026-11-30 14:00:00.5", Clock(("t",), zone="Asia/Shanghai")),
        ("30.11.2026 07:00:00.5", Clock(("t",), "strftime", BERLIN, "%d.%m.%Y %H:%M:%S.%f")),
        ("1796018400.5", Clock(("t",), "epoch_s")),
        ("1796018400,5", Clock(("t",), "epoch_s")),
        ("1796018400500", Clock(("t",), "epoch_ms")),
        ("1796018400500000000", Clock(("t",), "epoch_ns")),
    ],
)
def test_forms_of_one_instant(text: str, clock: Clock) -> None:
    assert read([text], clock) == [ms("2026-11-30T06:00:00.5+00:00")]


def test_one_bad_time_does_not_spoil_the_others() -> None:
    times = ["2026-11-30T06:00:00Z", "yesterday", "", "2026-11-30T06:00:02Z", "2026-11-30 06:00:03"]
    found = instants([pa.array(times)], Clock(("t",)), pa.array(["V"] * 5), "", ClockMemory())
    assert found.instant_ms.tolist() == [ms("2026-11-30T06:00:00Z"), NOT_A_TIME, NOT_A_TIME,
                                         ms("2026-11-30T06:00:02Z"), NOT_A_TIME]  # fmt: skip
    assert sorted(found.reasons) == [1, 2, 4]


def test_the_hour_that_occurs_twice_is_read_by_the_order_of_rows() -> None:
    """In Berlin on 2026-10-25 the clock goes from 03:00 back to 02:00; a train records through the night."""
    true = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(minutes=5 * k) for k in range(24)]
    texts = [one.astimezone(ZoneInfo(BERLIN)).strftime("%Y-%m-%d %H:%M:%S") for one in true]
    assert texts.count("2026-10-25 02:30:00") == 2
    wanted = [round(one.timestamp() * 1e3) for one in true]
    clock = Clock(("t",), zone=BERLIN)
    assert read(texts, clock) == wanted
    # The same in pieces, and with a second vehicle between the rows.
    memory = ClockMemory()
    read(["2026-10-25 01:58:00", "2026-10-25 02:25:00"], clock, memory=memory)
    assert [x for k in range(0, 24, 5) for x in read(texts[k : k + 5], clock, memory=memory)] == wanted
    both = [text for text in texts for _ in range(2)]
    assert read(both, clock, ["A", "B"] * 24)[::2] == wanted
    # Only the second pass was recorded: the rows go on into 03:00.
    assert read(texts[18:], clock) == wanted[18:]
    # Only the first pass was recorded, after 01:59.
    assert read(texts[:18], clock) == wanted[:18]


def test_what_the_order_does_not_decide_is_no_time() -> None:
    texts = ["2026-10-25 02:10:00", "2026-10-25 02:20:00"]
    assert read(texts, Clock(("t",), zone=BERLIN)) == [NOT_A_TIME] * 2
    early = read(texts, Clock(("t",), zone=BERLIN, ambiguous="earlier"))
    late = read(texts, Clock(("t",), zone=BERLIN, ambiguous="later"))
    assert [b - a for a, b in zip(early, late, strict=True)] == [3_600_000] * 2


def test_a_time_that_the_clock_skipped_does_not_exist() -> None:
    found = instants([pa.array(["2026-03-29 02:30:00", "2026-03-29 03:30:00"])], Clock(("t",), zone=BERLIN),
                     pa.array(["V", "V"]), "", ClockMemory())  # fmt: skip
    assert found.instant_ms.tolist() == [NOT_A_TIME, ms("2026-03-29T01:30:00+00:00")]
    assert "does not exist" in found.reasons[0]


def test_seconds_of_the_service_day_count_on_through_the_night() -> None:
    clock = Clock(("t",), "service_day_s", BERLIN, day=SourceText(value="2026-10-25"))
    noon = ms("2026-10-25T12:00:00+01:00")
    assert read(["43200", "90000"], clock) == [noon, noon + 46_800_000]
    # Two days of 24 h by the clock are 25 h apart on the night of the change.
    assert day_begin_ms("2026-10-25", BERLIN) - day_begin_ms("2026-10-24", BERLIN) == 25 * 3_600_000


@given(st.integers(1_700_000_000, 1_900_000_000), st.sampled_from([BERLIN, "America/New_York", "Asia/Shanghai", "UTC"]))
def test_an_instant_survives_its_local_time(begin_s: int, zone: str) -> None:
    """Property: two hours of rows at one second a minute, in local time, in order, are read back exactly."""
    true = [datetime.fromtimestamp(begin_s + 60 * k, tz=UTC) for k in range(-120, 240)]
    texts = [one.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") for one in true]
    assert read(texts, Clock(("t",), zone=zone)) == [round(one.timestamp() * 1e3) for one in true]
