"""An hour of the virtual line at speed 60 through a real door: what is believed and what the line knows."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_lines import EIGHT, LINE, live_plan
from live_processes import (
    DAY,
    broker_command,
    free_port,
    hub_command,
    process,
    snapshot_of,
    truth_from,
    until,
    virtual_settings,
)
from prepared_data import prepared_data

from api.live.broker_beside import mosquitto
from api.live.history import read_history
from api.live.place import LivePlace, read_whole
from api.live.virtual_settings import COMMAND

pytestmark = pytest.mark.many_cases
SPEED = 60.0
POSITION_M = 45.0
"""Two line seconds at 80 km/h: a snapshot may be made between the clock and the records of the next second."""
ENERGY_SHARE, SUBSTATION_SHARE = 0.02, 0.03
TRAIN_KW = 10.0
"""Modelled and true power of a train, mean of the absolute differences over all trains and snapshots."""
Truth = Mapping[int, Mapping[str, Any]]


@contextmanager
def through_mqtt(data: Path, folder: Path, truth: Path) -> Iterator[LivePlace]:
    """The line behind a broker."""
    if mosquitto() is None:
        pytest.skip("no mosquitto: apt-get install mosquitto")
    port = free_port()
    broker = f"mqtt://127.0.0.1:{port}"
    place = LivePlace(data, LINE)
    with process(*broker_command(folder / "broker", port)), process(*hub_command(data, broker)):
        until(place.timetable.exists, "the process of the line does not start")
        with process(*COMMAND, given=virtual_settings(SPEED, broker, truth=truth)):
            yield place


@contextmanager
def through_http(data: Path, folder: Path, truth: Path) -> Iterator[LivePlace]:
    """The line behind the service."""
    folder.mkdir(exist_ok=True)
    port, place = free_port(), LivePlace(data, LINE)
    service = f"http://127.0.0.1:{port}"
    serve = (sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--data", str(data))
    with process(*serve), process(*hub_command(data, None)):
        until(place.timetable.exists, "the process of the line does not start")
        with process(*COMMAND, given=virtual_settings(SPEED, service=service, truth=truth)):
            yield place


class Watcher:
    """Keeps every snapshot that the service writes."""

    def __init__(self, place: LivePlace) -> None:
        self.snapshots: list[dict[str, Any]] = []
        self._place, self._stop = place, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            found = read_whole(self._place.snapshot)
            if found is not None and (not self.snapshots or found["sequence"] != self.snapshots[-1]["sequence"]):
                self.snapshots.append(found)
            time.sleep(0.1)


@pytest.mark.parametrize(("door", "minutes"), [(through_mqtt, 60), (through_http, 15)])
def test_the_service_believes_what_the_line_knows(door: Any, minutes: int, tmp_path: Path) -> None:
    truth_file, ends_s = tmp_path / "truth.ndjson", EIGHT + 60 * minutes
    with door(prepared_data(tmp_path / "data"), tmp_path, truth_file) as place, Watcher(place) as watcher:
        until(lambda: (snapshot_of(place)["energy"].get("until_s") or 0) >= ends_s, "the hour does not end")
    truth = truth_from(truth_file)
    snapshots = [one for one in watcher.snapshots if EIGHT + 120 < one["time_s"] < ends_s]
    assert len(snapshots) >= minutes // 3
    print(os.getloadavg(), len(snapshots), snapshots[-1]["refused"])
    assert snapshots[-1]["refused"] == {}
    folder = place.folder / "history" / DAY
    halves = [read_history(folder, from_s + 1, from_s + 900) for from_s in range(EIGHT, ends_s, 900)]
    whole = {name: [row for one in halves for row in one[name]] for name in ("times_s", "train_events")}
    power_kw = {name: [kw for one in halves for kw in one["substations"][name]] for name in halves[0]["substations"]}
    _compare_history({**whole, "substations": power_kw}, truth, ends_s)
    _compare_trains(snapshots, truth)


def _compare_history(found: Mapping[str, Any], truth: Truth, ends_s: int) -> None:
    """No second and no event is lost, and energy is that of the line, in total and by substation."""
    events = [event for second in truth.values() for event in second["events"] if event["kind"] != "ready"]
    known = {(one["train"], one["trip"], one["kind"], round(one["time_s"], 1)) for one in events}
    believed = {(train, trip, kind, time_s) for train, trip, _, kind, time_s in found["train_events"]}
    until_s = ends_s - 5.0
    assert {one for one in known if EIGHT < one[3] < until_s} == {one for one in believed if EIGHT < one[3] < until_s}
    times_s, power_kw = found["times_s"], found["substations"]
    assert times_s == list(range(times_s[0], ends_s + 1))
    for name, modelled_kw in power_kw.items():
        known_kw = [truth[time_s]["substation_kw"][name] for time_s in times_s]
        print(f"{name}: {sum(modelled_kw) / sum(known_kw) - 1.0:+.2%}")
        assert sum(modelled_kw) == pytest.approx(sum(known_kw), rel=SUBSTATION_SHARE)
    total_kw = sum(sum(truth[time_s]["substation_kw"].values()) for time_s in times_s)
    assert sum(map(sum, power_kw.values())) == pytest.approx(total_kw, rel=ENERGY_SHARE)


def _compare_trains(snapshots: list[dict[str, Any]], truth: Truth) -> None:
    """Positions, last events, loads and power of the trains."""
    by_train = _events_by_train(truth)
    off_m, off_kw, count = [], [], 0
    for one in snapshots:
        now = truth[int(one["time_s"])]
        settled = truth[one["energy"]["until_s"]]
        for train in one["trains"]:
            name = train["train_id"]
            if name in now["positions_m"]:
                off_m.append(abs(train["chainage_m"] - now["positions_m"][name]))
            if train["power_kw"] is not None and name in settled["train_kw"]:
                off_kw.append(abs(train["power_kw"] - settled["train_kw"][name]))
            last = train["last_event"]
            if last["time_s"] > EIGHT:
                event = by_train[name][last["time_s"]]
                assert (event["kind"], event["station"]) == (last["kind"], last["station_id"])
                assert abs(event["passengers"] - train["load"]) <= 1.0
                late_s = last["time_s"] - _planned_s(event)
                assert late_s - 0.2 <= train["lateness_s"] <= max(late_s, train["age_s"] + 60.0)
                count += 1
    print(f"{len(off_m)} positions: largest {max(off_m):.1f} m; {len(off_kw)} powers: mean {np.mean(off_kw):.1f} kW")
    assert max(off_m) <= POSITION_M
    assert np.mean(off_kw) <= TRAIN_KW
    assert count > len(snapshots)


def _planned_s(event: Mapping[str, Any]) -> float:
    trip = live_plan().trips[event["trip"]]
    stop = trip.stations.index(event["station"])
    return float(trip.arrival_s[stop] if event["kind"] == "arrived" else trip.departure_s[stop])


def _events_by_train(truth: Truth) -> dict[str, dict[float, dict[str, Any]]]:
    found: dict[str, dict[float, dict[str, Any]]] = {}
    for second in truth.values():
        for event in second["events"]:
            found.setdefault(event["train"], {})[round(event["time_s"], 1)] = event
    return found
