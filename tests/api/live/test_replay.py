"""What was kept of a live line: replay of its record, frames, and how long files are kept."""

import os
from datetime import timedelta
from pathlib import Path

from live_lines import EIGHT, LINE, live_line, rows_of, virtual_line

from api.live.frames import Frames, extent_s, frame_at
from api.live.place import LivePlace, write_whole
from api.live.record import Record, recorded
from api.live.replay import newest_run, replay
from api.live.retention import old_live_files, remove_with_empty_folders

DAY_S = 86_400.0


def test_a_record_gives_the_same_figures_again(tmp_path: Path) -> None:
    virtual, record = virtual_line(), Record(tmp_path)
    record.add({"now_s": 80_000.0, "wall_s": 0.0, "rows": []})
    record.add({"now_s": float(EIGHT), "wall_s": 1.0, "rows": rows_of(virtual.second())})
    for _ in range(240):
        second = virtual.second()
        record.add({"now_s": float(second.time_s), "wall_s": 1.0, "rows": rows_of(second)})
    action = {"id": 1, "by": "ada", "kind": "advice", "object": "x", "value": {"answer": "declined"}}
    record.add({"now_s": EIGHT + 200.0, "wall_s": 1.0, "done": [{"action": action}]})
    record.close()
    lines = newest_run(recorded(tmp_path, 0, 0))
    assert lines[0]["now_s"] == EIGHT
    first = replay(live_line(), lines, EIGHT + 60.0, EIGHT + 240.0).rows()
    assert first == replay(live_line(), lines, EIGHT + 60.0, EIGHT + 240.0).rows()
    assert first["energy_kwh"] > 0.0
    assert first["seconds"] > 150
    assert first["answers"] == {"advice declined": 1}
    assert first["unreadable"] == 0


def test_a_frame_that_was_not_written_completely_is_left_out(tmp_path: Path) -> None:
    frames = Frames(tmp_path)
    for second in (600, 605, 610, 1_300):
        frames.add({"time_s": second, "day": "d"})
    day = tmp_path / "d"
    assert extent_s(day) == (600.0, 1_800.0)
    block = day / "frames" / "000600.ndjson.gz"
    block.write_bytes(block.read_bytes()[:-20])
    assert frame_at(day, 700.0) == {"time_s": 600, "day": "d"}
    assert frame_at(day, 1_305.0) == {"time_s": 1_300, "day": "d"}
    assert frame_at(day, 500.0) is None


def test_old_segments_frames_and_days_go_and_what_a_restart_needs_stays(tmp_path: Path) -> None:
    place = LivePlace(tmp_path, LINE)
    old_day, new_day = place.history / "2026-01-01", place.history / "2026-06-01"
    made = [place.record / f"{number:08d}.ndjson.gz" for number in (1, 2, 3, 4)]
    made += [day / name for day in (old_day, new_day) for name in ("seconds.f32", "frames/000000.ndjson.gz")]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0.0, 0.0))
    write_whole(place.checkpoint, {"segment": 3})
    for path in new_day.rglob("*"):
        os.utime(path, (50 * DAY_S, 50 * DAY_S))
    limits = (timedelta(days=30), timedelta(days=90))
    names = {path.name for path in old_live_files(tmp_path, 60 * DAY_S, *limits)}
    assert names == {"00000001.ndjson.gz", "00000002.ndjson.gz", "000000.ndjson.gz"}
    for path in list(old_live_files(tmp_path, 100 * DAY_S, *limits)):
        remove_with_empty_folders(path)
    assert not old_day.exists()
    assert (new_day / "seconds.f32").exists()
    assert not (new_day / "frames").exists()
    assert sorted(path.name[:8] for path in place.record.iterdir()) == ["00000003", "00000004"]
