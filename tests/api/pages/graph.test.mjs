/** The pure functions of the train graph: views, culling, hits, labels, exports. Run by `make pages`. */
import assert from "node:assert/strict";
import test from "node:test";

import { apart, clockText, stationColumn, timeTicks, withRoom } from "../../../api/pages/graph_labels.js";
import { uncovered } from "../../../api/pages/graph_paint.js";
import { csvCell, SvgPen, tripsCsv } from "../../../api/pages/graph_svg.js";
import { busiest, found, inWindow, nearest, placeOf, shifts, tripSet } from "../../../api/pages/graph_trips.js";
import { across, centred, covers, down, held, panned, placeAt, stateOf, stateText, timeAt, wholeView, zoomed } from "../../../api/pages/graph_view.js";

const STATIONS = [0, 1000, 2500, 4000].map((chainage_m, k) => ({ station_id: `S${k}`, name: `Station ${k}`, chainage_m }));
const PLOT = { left: 100, top: 10, width: 800, height: 400 };

/** A trip down the line that leaves at a time and stands 30 s at each station. */
function trip(name, start_s, isUp = true) {
  const order = isUp ? [0, 1, 2, 3] : [3, 2, 1, 0];
  return { trip_id: name, direction: isUp ? "up" : "down", duty: `v-${name}`, stops: order.map((place, k) => [place, start_s + 150 * k - (k ? 30 : 0), start_s + 150 * k]) };
}

/** Pseudo-random numbers of a seed (Park and Miller, 1988). */
function random(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const DAY = Array.from({ length: 200 }, (_, k) => trip(`t${k}`, 18000 + 300 * k, k % 2 === 0));
const SET = tripSet(DAY, STATIONS);
const WHOLE = wholeView(STATIONS, [SET]);

test("a point goes to pixels and back", () => {
  for (const time_s of [WHOLE.from_s, 30000, WHOLE.to_s]) assert.ok(Math.abs(timeAt(WHOLE, PLOT, across(WHOLE, PLOT, time_s)) - time_s) < 1e-6);
  for (const place_m of [0, 1234.5, 4000]) assert.ok(Math.abs(placeAt(WHOLE, PLOT, down(WHOLE, PLOT, place_m)) - place_m) < 1e-6);
});

test("500 random sequences of zoom and pan stay within the day, and a zoom keeps what is under the hand", () => {
  const next = random(7);
  for (let sequence = 0; sequence < 500; sequence += 1) {
    let view = WHOLE;
    for (let step = 0; step < 20; step += 1) {
      if (next() < 0.5) {
        const x = PLOT.left + next() * PLOT.width;
        const under = timeAt(view, PLOT, x);
        const zoom = zoomed(view, WHOLE, { time: 0.5 + 0.5 * next(), time_s: under });
        assert.ok(Math.abs(across(zoom, PLOT, under) - x) < 0.01);
        view = zoom;
      } else view = panned(view, WHOLE, (next() - 0.5) * 9000, (next() - 0.5) * 2000);
      if (next() < 0.2) view = zoomed(view, WHOLE, { time: 1 + 3 * next(), place: 0.5 + next() });
      assert.ok(covers(view, WHOLE));
      assert.ok(view.to_s - view.from_s >= 119.999);
    }
  }
});

test("a train that was selected stays where it was when the layer is updated", () => {
  const next = random(11);
  for (let sequence = 0; sequence < 500; sequence += 1) {
    const view = zoomed(WHOLE, WHOLE, { time: 0.05 + 0.5 * next(), time_s: 20000 + 50000 * next() });
    const name = `t${Math.floor(200 * next())}`;
    const before = SET.start_s[SET.index.get(name)];
    const grown = tripSet([...DAY, trip("new", 18000 + 60000 * next())], STATIONS);
    const after = held(view, wholeView(STATIONS, [grown]));
    assert.deepEqual(after, view);
    assert.equal(across(after, PLOT, grown.start_s[grown.index.get(name)]), across(view, PLOT, before));
  }
});

test("only the trips that may run in a window are drawn", () => {
  for (const [from_s, to_s] of [[0, 17000], [18000, 18600], [40000, 47000], [90000, 95000]]) {
    const [begin, end] = inWindow(SET, from_s, to_s);
    const running = SET.trips.map((_, i) => i).filter((i) => SET.start_s[i] <= to_s && SET.end_s[i] >= from_s);
    for (const i of running) assert.ok(i >= begin && i < end);
    assert.ok(end - begin <= running.length + 2);
  }
});

test("the nearest trip is the one of all segments, and nothing is found far away", () => {
  const next = random(3);
  for (let k = 0; k < 300; k += 1) {
    const view = zoomed(WHOLE, WHOLE, { time: 0.02 + 0.2 * next(), time_s: 20000 + 50000 * next() });
    const i = Math.floor(next() * SET.trips.length);
    const time_s = SET.start_s[i] + next() * (SET.end_s[i] - SET.start_s[i]);
    const [x, y] = [across(view, PLOT, time_s), down(view, PLOT, placeOf(SET, i, time_s))];
    const hit = nearest(SET, view, PLOT, x, y, 6);
    assert.ok(hit !== null && hit.distance < 1e-6);
  }
  assert.equal(nearest(SET, WHOLE, PLOT, PLOT.left, PLOT.top + 200, 2), null);
});

test("stops that have not happened yet are left out", () => {
  const part = { trip_id: "half", direction: "up", stops: [[0, null, 100], [1, 200, null], [2, null, null]] };
  const set = tripSet([part, { trip_id: "none", direction: "up", stops: [[0, null, 100]] }], STATIONS);
  assert.deepEqual([...set.time_s], [100, 200]);
  assert.equal(set.trips.length, 1);
});

test("shifts are means over the stations, NaN for a trip that was not there", () => {
  const moved = tripSet([trip("t0", 18012), trip("other", 20000)], STATIONS);
  const [first, second] = shifts(moved, SET);
  assert.equal(first, 12);
  assert.ok(Number.isNaN(second));
});

test("a search finds exact names first", () => {
  assert.equal(SET.trips[found(SET, "t1")[0]].trip_id, "t1");
  assert.equal(found(SET, "T19").length, 11);
  assert.deepEqual(found(SET, "  "), []);
});

test("the busiest span has the most departures", () => {
  const trips = [100, 200, 5000, 5100, 5200, 9000].map((start, k) => trip(`b${k}`, start));
  assert.deepEqual(busiest(trips, 600), { from_s: 5000, to_s: 5600 });
});

test("ticks have room and help lines lie between them", () => {
  const ticks = timeTicks({ from_s: 25200, to_s: 30600, low_m: 0, high_m: 1 }, 900, 64);
  assert.equal(ticks.step_s, 600);
  assert.ok(ticks.times_s.every((one) => one % 600 === 0));
  assert.ok(ticks.help_s.every((one) => one % 600 !== 0 && one % 60 === 0));
  assert.equal(clockText(25 * 3600 + 61), "25:01:01");
});

test("labels that would lie on each other are left out, the terminals never", () => {
  const near = [...STATIONS.slice(0, 2), { name: "close", chainage_m: 1010 }, ...STATIONS.slice(2)];
  const names = stationColumn(near, WHOLE, PLOT, 15).map((one) => one.name);
  assert.deepEqual(names, ["Station 0", "Station 1", "Station 2", "Station 3"]);
  assert.deepEqual(withRoom([0, 5, 20], 10, [1]), [1, 2]);
  assert.equal(apart([{ x: 0, y: 0, width: 10, height: 10 }, { x: 5, y: 5, width: 10, height: 10 }, { x: 10, y: 0, width: 5, height: 5 }]).length, 2);
});

test("a state goes into an address and back, and a broken one is none", () => {
  const state = { view: { from_s: 25200, to_s: 30600, low_m: -10, high_m: 4100 }, selected: "up-010/ä!~", hidden: ["difference"], colour: "power" };
  assert.deepEqual(stateOf(stateText(state)), { ...state, selected: "up-010/ä!~" });
  for (const text of ["", "1~2~3!!!plain", "5~1~0~1!!!plain", "1~2~3~x!!!plain", "1~2~0~9!%E4%!!plain"]) assert.equal(stateOf(text), null);
});

test("a view is centred without a change of its zoom", () => {
  const view = zoomed(WHOLE, WHOLE, { time: 0.1 });
  const other = centred(view, WHOLE, 40000);
  assert.ok(Math.abs((other.from_s + other.to_s) / 2 - 40000) < 1e-6);
  assert.ok(Math.abs(other.to_s - other.from_s - (view.to_s - view.from_s)) < 1e-6);
});

test("cells that a spreadsheet would run have an apostrophe, numbers have none", () => {
  assert.equal(csvCell("=1+1"), "'=1+1");
  assert.equal(csvCell("-12.5"), "-12.5");
  assert.equal(csvCell('a "b", c'), '"a ""b"", c"');
  const text = tripsCsv([{ name: "plan", form: "plan", set: SET, isLive: false, shift: null }], STATIONS, { ...WHOLE, to_s: 18010 });
  assert.equal(text.split("\r\n").length, 1 + 4 + 1);
});

test("the pen of pictures escapes texts", () => {
  const pen = new SvgPen({ measureText: (words) => ({ width: 6 * words.length }) });
  pen.fillText("<a & b>", 1, 2);
  pen.clipTo(0, 0, 5, 5);
  assert.match(pen.text(10, 10, "t", "#fff"), /&lt;a &amp; b&gt;[^]*<\/g>\n<\/svg>/);
});

test("hairlines below hairlines of the same trips are not painted, lines of few trips are", () => {
  const other = tripSet(DAY.slice(0, 5), STATIONS);
  const strokes = (set, isFew) => ({ begin: 0, end: set.trips.length, set, isFew, stroke: () => {} });
  const [today, plan, difference] = [strokes(other, false), strokes(SET, false), strokes(SET, false)];
  assert.deepEqual(uncovered([today, plan, difference]), [today, difference]);
  const few = [strokes(SET, true), strokes(SET, true)];
  assert.deepEqual(uncovered(few), few);
});
