"""The computing part of the control room in the browser: alarms, headways, forecast, staleness, address, drawing."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from served_app import app_in, served_app


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_app(app_in(tmp_path_factory.mktemp("data"))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The control room without a live line: its modules can be called one by one."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{address}/control-room/")
    yield page
    page.close()


def call(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """What a function says with the names of a module of the control room."""
    code = f"async (given) => {{ const m = await import('/pages/{module}'); {body} }}"
    return page.evaluate(code, argument)


def alarm(number: int, kind: str, priority: int, status: str = "open", respond_within_s: int = 300) -> dict[str, Any]:
    """An alarm of a flood."""
    return {
        "alarm_id": f"a{number}", "kind": kind, "priority": priority, "since_s": 1000 + number % 10, "what": kind,
        "cause": "", "consequence": "", "action": "", "respond_within_s": respond_within_s, "place": "", "count": 1,
        "status": status, "by": None, "until_s": None,
    }  # fmt: skip


def test_a_flood_of_200_alarms_becomes_at_most_10_lines_without_losing_one(page: Page) -> None:
    flood = [alarm(n, f"kind {n % 12}", 1 + n % 3) for n in range(200)]
    lines = call(page, "control_room/alarms.js", "return m.alarmLines(given)", flood)
    assert len(lines) == 10
    assert sum(line["count"] for line in lines) == 200
    assert [line["priority"] for line in lines] == sorted(line["priority"] for line in lines)
    few = call(page, "control_room/alarms.js", "return m.alarmLines(given)", flood[:10])
    assert {line["key"] for line in few} == {one["alarm_id"] for one in flood[:10]}
    assert all(len(line["alarms"]) == 1 for line in few)


def test_alarms_are_in_the_order_of_action(page: Page) -> None:
    given = [
        alarm(1, "done", 1, "acknowledged"),
        alarm(2, "low", 3),
        alarm(3, "later", 1, respond_within_s=600),
        alarm(4, "sooner", 1),
        alarm(5, "hidden", 1, "shelved"),
    ]
    lines = call(page, "control_room/alarms.js", "return m.alarmLines(given)", given)
    assert [line["kind"] for line in lines] == ["sooner", "later", "low", "done"]
    left = call(page, "control_room/alarms.js", "return m.secondsToRespond(m.alarmLines(given)[0], 1204)", given)
    assert left == 100


STOPS = ((0, 0, 0), (1, 100, 130), (2, 230, 230))
TRIPS = [
    {
        "trip_id": f"up-{n}",
        "direction": "up",
        "duty": n,
        "stops": [[station, 600 * n + arrival, 600 * n + departure] for station, arrival, departure in STOPS],
    }
    for n in range(6)
]


def test_headways_compare_what_happened_and_what_is_expected_with_the_plan(page: Page) -> None:
    """Trips 0 and 1 left station 1 late by 10 and 70 s; trip 2 runs 40 s late; the others follow the plan."""
    gaps = call(
        page,
        "control_room/departures.js",
        """const events = new Map();
           m.addEvents(events, [["T0", "up-0", 1, "departed", 140], ["T1", "up-1", 1, "departed", 800]]);
           const late = new Map([["up-2", 40]]);
           const wanted = { station: 1, direction: "up", fromS: 0, toS: 3000, nowS: 1000 };
           return m.gaps(m.departures(given, events, late, wanted));""",
        TRIPS,
    )
    found = [(gap["tripId"], gap["gapS"], gap["plannedGapS"], gap["kind"]) for gap in gaps]
    assert found == [
        ("up-1", 660, 600, "actual"),
        ("up-2", 570, 600, "expected"),
        ("up-3", 560, 600, "expected"),
        ("up-4", 600, 600, "expected"),
    ]


def test_a_trip_that_neither_ran_nor_runs_is_no_departure(page: Page) -> None:
    """At the last station arrivals count; a planned departure of the past without a train is not expected any more."""
    found = call(
        page,
        "control_room/departures.js",
        """const wanted = { station: 2, direction: "up", fromS: 0, toS: 2200, nowS: 1000 };
           return m.departures(given, new Map(), new Map(), wanted).map((one) => [one.tripId, one.timeS]);""",
        TRIPS,
    )
    assert found == [["up-2", 1430], ["up-3", 2030]]


def test_the_variation_of_headways_is_that_of_the_transit_capacity_manual(page: Page) -> None:
    """Deviations of -60, 0 and 60 s at a planned headway of 300 s: standard deviation 48.99 s, share 0.1633."""
    gaps = [{"gapS": 300 + by, "plannedGapS": 300} for by in (-60, 0, 60)]
    body = "return [m.headwayVariation(given), m.headwayVariation(given.slice(0, 1))]"
    assert call(page, "control_room/departures.js", body, gaps) == [pytest.approx(0.16330, abs=1e-5), None]


def test_the_next_departures_leave_out_what_has_left(page: Page) -> None:
    body = """const events = new Map();
      m.addEvents(events, [["T1", "up-1", 0, "departed", 605]]);
      return m.nextFromTerminal(given, 0, events, 650, 3).map((trip) => trip.trip_id);"""
    assert call(page, "control_room/departures.js", body, TRIPS) == ["up-2", "up-3", "up-4"]
    known = """const events = new Map(), row = ["T1", "up-1", 0, "departed", 605];
      return [m.addEvents(events, [row]), m.addEvents(events, [row])];"""
    assert call(page, "control_room/departures.js", known) == [True, False]


def test_the_forecast_of_the_mean_replaces_what_leaves_the_window(page: Page) -> None:
    """600 s at 1,000 kW, then 300 s at 4,000 kW: the mean is 2,000 kW and rises by 3,000 / 900 kW in each second."""
    found = call(
        page,
        "control_room/power_forecast.js",
        """const { append, emptySeries } = await import("/pages/strip_chart.js");
           const series = emptySeries(["total"]);
           for (let time = 0; time <= 900; time += 1) append(series, time, { total: time < 600 ? 1000 : 4000 });
           const points = m.meanForecast(series, "total", 900, 2000, 900);
           return [m.meanBetween(series, "total", 0, 900), points[0], points[3], points.at(-1), m.minutesUntil(points, 2450), m.minutesUntil(points, 9000), m.minutesUntil(points, 1500)];""",  # noqa: E501
    )
    mean, first, third, last, until, never, now = found
    assert mean == pytest.approx(2000)
    assert first == [900, 2000]
    assert third == [1080, pytest.approx(2600)]
    assert last == [1800, pytest.approx(4000)]
    assert until == pytest.approx(2.25)
    assert never is None
    assert now == 0


def test_states_are_old_after_five_seconds_of_silence_and_every_feed_ages(page: Page) -> None:
    state = """const feed = { name: "train events", age_s: 2, period_s: 1, is_stale: false };
      const state = (nowMs, phase = "live") => ({ phase, receivedMs: 1000, nowMs, snapshot: { time_s: 50, speed: 10, feeds: [feed] } });
      return [m.isStale(state(5900)), m.isStale(state(6100)), m.isStale(state(1100, "ended")), m.feedsNow(state(5900)), m.feedsNow(state(7000))];"""  # noqa: E501
    fresh, silent, ended, ages_before, ages_after = call(page, "control_room/state.js", state)
    assert (fresh, silent, ended) == (False, True, True)
    assert ages_before == [{"name": "train events", "ageS": 2, "isOld": False}]
    assert ages_after == [{"name": "train events", "ageS": 62, "isOld": True}]


def test_a_silent_stream_is_opened_again(page: Page) -> None:
    body = "return given.map(([now, last, opened]) => m.isDue(now, last, opened))"
    times = [[3100, 0, 0], [3000, 2500, 0], [5100, 2500, 0], [6000, 2500, 5200], [8300, 2500, 5200]]
    assert call(page, "control_room/feed.js", body, times) == [True, False, True, False, True]


def test_the_address_keeps_the_view(page: Page) -> None:
    body = "return [m.readAddress(m.writeAddress(given)), m.writeAddress(given)]"
    view = {
        "line": "l&1", "train": "T 07", "station": "RJ", "direction": "down", "fromS": 27000, "toS": 90061,
        "substation": None, "isWall": True, "replayS": None,
    }  # fmt: skip
    read, text = call(page, "control_room/address.js", body, view)
    assert read == view
    assert "from=07%3A30%3A00" in text
    empty = call(page, "control_room/address.js", "return m.readAddress('?from=9&to=08:00:00')")
    assert (empty["fromS"], empty["toS"], empty["direction"], empty["isWall"]) == (None, None, "up", False)


def test_forms_say_late_early_wide_and_tight(page: Page) -> None:
    deviations = call(page, "line_mimic.js", "return given.map(m.deviationForm)", [30, 29, -30, None])
    assert deviations == ["late", "punctual", "early", "unknown"]
    pairs = [[301, 200], [300, 200], [99, 200], [100, 200], [None, 200], [100, None]]
    forms = call(page, "line_mimic.js", "return given.map(([one, plan]) => m.headwayForm(one, plan))", pairs)
    assert forms == ["wide", "even", "tight", "even", "unknown", "unknown"]


def test_trains_lie_on_their_tracks_and_are_found_where_they_lie(page: Page) -> None:
    train = {"lateness_s": 0, "headway_ahead_s": None, "planned_headway_s": None, "load": None, "capacity": None}
    given = {
        "stations": [{"station_id": name, "name": name, "chainage_m": at} for name, at in (("A", 0), ("B", 9000))],
        "trains": [
            {"train_id": "T1", "direction": "up", "chainage_m": 3000, "state": "running", **train},
            {"train_id": "T2", "direction": "up", "chainage_m": 6000, "state": "running", **train},
            {"train_id": "T3", "direction": "down", "chainage_m": 3000, "state": "running", **train},
            {"train_id": "T4", "direction": "down", "chainage_m": None, "state": "missing", **train},
        ],
    }
    body = """const layout = m.mimicLayout(given.stations, 1000, 160, 13);
      const marks = m.trainMarks(layout, given.trains, (text) => 7 * text.length, 16);
      return { layout, marks, found: marks.map((one) => m.trainAt(layout, marks, one.along + 3, one.across)), nothing: m.trainAt(layout, marks, 500, 20),
        next: m.neighbour(marks, "T1", 1), first: m.neighbour(marks, null, 1), round: m.neighbour(marks, "T3", 1) };"""  # noqa: E501
    found = call(page, "line_mimic.js", body, given)
    assert [mark["train"]["train_id"] for mark in found["marks"]] == ["T1", "T2", "T3"]
    assert found["found"] == ["T1", "T2", "T3"]
    assert found["nothing"] is None
    assert (found["next"], found["first"], found["round"]) == ("T2", "T1", "T1")
    first, second, third = found["marks"]
    assert first["ahead"] == pytest.approx(second["along"])
    assert first["across"] < third["across"]
    assert first["along"] == pytest.approx(third["along"])


def test_labels_do_not_overlap(page: Page) -> None:
    labels = [{"at": at, "width": 40} for at in (20, 40, 60, 120, 300)]
    rows = call(page, "canvas.js", "return m.placeLabels(given, 2)", labels)
    assert rows == [0, 1, None, 0, 0]
    ticks = call(page, "canvas.js", "return [m.niceTicks(950, 5), m.niceTicks(0, 5), m.niceTicks(12000, 4)]")
    assert ticks == [[0, 200, 400, 600, 800], [0], [0, 5000, 10000]]


def test_samples_ascend_and_the_nearest_is_found(page: Page) -> None:
    body = """const series = m.emptySeries(["a", "b"]);
      for (let time = 0; time < 5000; time += 1) m.append(series, time, { a: time, b: null });
      return [m.append(series, 4999, { a: 1 }), series.count, m.nearest(series, 1234.4), m.nearest(series, -5), m.nearest(series, 9e9),
        m.firstFrom(series, 10.5), m.largest(series, ["a", "b"], 100, 200), Number.isNaN(series.values.b[7]), m.nearest(m.emptySeries(["a"]), 0)];"""  # noqa: E501
    assert call(page, "strip_chart.js", body) == [False, 5000, 1234, 0, 4999, 11, 200, True, -1]


def test_the_axis_stays_while_the_value_changes_little(page: Page) -> None:
    body = "return [m.axisEnd(900, 0), m.axisEnd(1100, 1200), m.axisEnd(1300, 1200), m.axisEnd(100, 1200)]"
    first, same, higher, lower = call(page, "strip_chart.js", body)
    assert first >= 900
    assert same == 1200
    assert higher > 1300
    assert 100 <= lower < 600


def test_a_strip_chart_draws_only_what_is_new_and_the_same_picture(page: Page) -> None:
    """A sample every three seconds over an hour against one drawing of everything: the same pixels."""
    found = call(
        page,
        "strip_chart.js",
        """const view = { curves: [{ id: "a", name: "a", colour: "actual", width: 2, unit: "kW" }], limits: [{ value: 900, name: "limit" }], lanes: false, pastS: 1800, futureS: 0 };
           const chart = () => {
             const canvas = document.createElement("canvas");
             Object.assign(canvas.style, { position: "fixed", left: "0", top: "0", width: "600px", height: "160px" });
             document.body.append(canvas);
             return new m.StripChart(canvas, view);
           };
           const [moved, whole] = [chart(), chart()];
           const series = m.emptySeries(["a"]);
           const drawn = [];
           for (let time = 0; time <= 3600; time += 3) {
             m.append(series, time, { a: 500 + 300 * Math.sin(time / 60) });
             moved.show(series, time);
             drawn.push(moved.drawnPoints);
           }
           whole.end = moved.end;
           whole.show(series, 3600);
           const pixels = (one) => one.plot.getContext("2d").getImageData(0, 0, one.plot.width, one.plot.height).data;
           const [left, right] = [pixels(moved), pixels(whole)];
           let different = 0;
           let inked = 0;
           for (let index = 3; index < left.length; index += 4) {
             if (Math.abs(left[index] - right[index]) > 128) different += 1;
             if (right[index] > 128) inked += 1;
           }
           moved.canvas.remove();
           whole.canvas.remove();
           return { last: drawn.slice(-200), different, inked, all: whole.drawnPoints };""",  # noqa: E501
    )
    assert max(found["last"]) <= 20
    assert found["all"] > 500
    assert found["inked"] > 500
    assert found["different"] <= 0.02 * found["inked"]


def test_a_table_becomes_csv_without_formulas(page: Page) -> None:
    table = {"head": ["a", "b"], "rows": [["=1+1", -5], ['say "x"', "1,5"], ["-5", "+x"]]}
    text = call(page, "control_room/parts.js", "return m.csvText(given)", table)
    assert text == 'a,b\r\n\'=1+1,-5\r\n"say ""x""","1,5"\r\n-5,\'+x\r\n'


def test_keys_do_nothing_while_a_text_is_typed(page: Page) -> None:
    body = (
        "return given.map((one) => m.keyOf({ ctrlKey: false, metaKey: false, altKey: false, isTyping: false, ...one }))"
    )
    events = [{"key": "s"}, {"key": "S"}, {"key": "s", "isTyping": True}, {"key": "s", "ctrlKey": True}, {"key": "q"}]
    assert call(page, "control_room/keys.js", body, events) == ["S", "S", None, None, None]


def test_the_store_tells_listeners_once_a_frame_and_only_of_their_keys(page: Page) -> None:
    body = """const later = [];
      const store = new m.Store({ a: 1, b: 1 }, (work) => later.push(work));
      const told = [];
      store.on(["a"], (state) => told.push(["a", state.a]));
      store.on(["b"], (state) => told.push(["b", state.b]));
      store.set({ a: 2 });
      store.set({ a: 3 });
      store.set({ b: 1 });
      const frames = later.length;
      later.forEach((work) => work());
      return [frames, told, Object.isFrozen(store.state)];"""
    assert call(page, "control_room/store.js", body) == [1, [["a", 3]], True]


def test_without_a_live_line_the_page_says_how_to_start_one(page: Page) -> None:
    page.wait_for_selector("#state:not([hidden])")
    assert page.locator("#room").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
