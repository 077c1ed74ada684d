"""The process beside the service: answers, errors of calls, an end in the middle of a call, and a new start."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from side_calls import LONG_S, begin, begin_late, killed, name_of, refused, waiting

from api.services.side_process import NoAnswerError, SideProcess

PATIENCE_S = 120.0


@pytest.fixture
def beside() -> Iterator[SideProcess]:
    made = SideProcess(begin, ("line",), PATIENCE_S)
    yield made
    made.stop()


def test_one_process_answers_every_call_and_an_error_is_that_of_the_call(beside: SideProcess) -> None:
    beside.start()
    name, process = beside.call(name_of, None, PATIENCE_S)
    assert name == "line"
    with pytest.raises(ValueError, match="no such line"):
        beside.call(refused, "no such line", PATIENCE_S)
    assert beside.call(name_of, None, PATIENCE_S) == ("line", process)


def test_after_an_end_in_the_middle_of_a_call_another_process_answers(beside: SideProcess) -> None:
    first = beside.call(name_of, None, PATIENCE_S)
    with pytest.raises(NoAnswerError):
        beside.call(killed, None, PATIENCE_S)
    assert beside.call(name_of, None, PATIENCE_S) != first


def test_a_call_that_takes_too_long_ends_with_its_process(beside: SideProcess, tmp_path: Path) -> None:
    first = beside.call(name_of, None, PATIENCE_S)
    with pytest.raises(NoAnswerError):
        beside.call(waiting, str(tmp_path / "begun"), 0.2)
    assert beside.call(name_of, None, PATIENCE_S) != first


def test_a_stop_ends_a_call_of_another_thread(beside: SideProcess, tmp_path: Path) -> None:
    found: list[str] = []

    def call() -> None:
        try:
            beside.call(waiting, str(tmp_path / "begun"), LONG_S)
        except NoAnswerError:
            found.append("no answer")

    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive() and not (tmp_path / "begun").exists():
        time.sleep(0.01)
    beside.stop()
    thread.join(PATIENCE_S)
    assert found == ["no answer"]


def test_a_start_that_takes_long_goes_on_after_a_call_without_an_answer(tmp_path: Path) -> None:
    beside = SideProcess(begin_late, (str(tmp_path),), 0.2)
    try:
        with pytest.raises(NoAnswerError):
            beside.call(name_of, None, PATIENCE_S)
        (tmp_path / "go").touch()
        found = None
        ends = time.monotonic() + PATIENCE_S
        while found is None and time.monotonic() < ends:
            with suppress(NoAnswerError):
                found = beside.call(name_of, None, PATIENCE_S)
        (process,) = map(int, (tmp_path / "begun").read_text().split())
        assert found == ("late", process)
    finally:
        beside.stop()
