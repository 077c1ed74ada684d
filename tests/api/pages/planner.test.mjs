/** The pure functions of the planner's page: edits with undo, pasted cells, addresses, roles, filters. Run by `make pages`. */
import assert from "node:assert/strict";
import test from "node:test";

import { departuresBefore, done, headwaysBefore, movedTrips, moveOf, pasted, rebased, redone, secondsOf, splitMoves, stopKey, undone, UNTOUCHED } from "../../../api/pages/edit_history.js";
import { filtered } from "../../../api/pages/list_filter.js";
import { addressOf, placeOf } from "../../../api/pages/plan_address.js";
import { mayDo } from "../../../api/pages/roles.js";
import { stepCorners } from "../../../api/pages/plan_progress.js";

const TRIPS = [0, 300, 600].map((start_s, k) => ({ trip_id: `up-${k}`, number: k === 1 ? "1001" : null, departure_s: 25200 + start_s }));

test("120 steps are undone and done again", () => {
  let history = UNTOUCHED;
  for (let k = 1; k <= 120; k += 1) history = done(history, { ...history.now, [`t${k % 7}`]: k });
  const last = history.now;
  for (let k = 0; k < 120; k += 1) history = undone(history);
  assert.deepEqual(history.now, {});
  assert.equal(undone(history), history);
  for (let k = 0; k < 120; k += 1) history = redone(history);
  assert.deepEqual(history.now, last);
  assert.equal(redone(history), history);
});

test("a change that changes nothing is no step, and a new change ends what could be redone", () => {
  const one = done(UNTOUCHED, { a: 5 });
  assert.equal(done(one, { a: 5, b: 0 }), one);
  assert.equal(done(undone(one), { b: 1 }).future.length, 0);
});

test("departures are typed as times and as shifts", () => {
  assert.equal(secondsOf("24:10"), 87000);
  assert.equal(secondsOf("7：05：30"), 25530);
  assert.equal(secondsOf("7:65"), null);
  assert.equal(moveOf("07:00:20", 25200), 20);
  assert.equal(moveOf("−15", 25200), -15);
  assert.equal(moveOf("+ 15", 25200), 15);
  assert.equal(moveOf("15:00:00", 25200), null); // further than two hours
  assert.equal(moveOf("x", 25200), null);
});

test("cells are pasted by train or from a row on, and each row that is not understood is named", () => {
  assert.deepEqual(pasted("train\tdeparture\nup-0\t07:00:10\n1001\t07:05:05\nup-9\t07:00:00\n", TRIPS, 0), { moves: { "up-0": 10, "up-1": 5 }, faults: [{ row: 4, text: "up-9\t07:00:00" }] });
  assert.deepEqual(pasted("07:05:30\r\n07:10:00\r\n", TRIPS, 1), { moves: { "up-1": 30, "up-2": 0 }, faults: [] });
  assert.deepEqual(pasted("07:05:30\nsoon", TRIPS, 1).faults, [{ row: 2, text: "soon" }]);
});

test("moved trips have their headways from the train before", () => {
  const trips = TRIPS.map((one) => ({ trip_id: one.trip_id, direction: "up", stops: [[0, one.departure_s, one.departure_s], [1, one.departure_s + 90, one.departure_s + 90]] }));
  const moved = movedTrips(trips, { "up-1": 20 });
  assert.equal(moved[0], trips[0]);
  assert.deepEqual([...headwaysBefore(moved).values()], [null, 320, 280]);
});

test("an address names a plan, a view and a state", () => {
  assert.deepEqual(placeOf("#20270101-abc"), { id: "20270101-abc", view: "result", state: "" });
  assert.deepEqual(placeOf(addressOf("a b", "graph", "1~2!x/y")), { id: "a b", view: "graph", state: "1~2!x/y" });
  assert.deepEqual(placeOf("#x/nothing"), { id: "x", view: "result", state: "" });
  assert.deepEqual(placeOf(""), { id: null, view: "result", state: "" });
});

test("the role of the line counts before the role of every line, and both role and limit must allow", () => {
  const session = (roles, limits = { "*": "admin" }) => ({ roles, limits });
  assert.ok(mayDo(session({ "*": "planner" }), "approve", "a"));
  assert.ok(!mayDo(session({ "*": "planner", a: "viewer" }), "approve", "a"));
  assert.ok(!mayDo(session({ "*": "planner" }, { "*": "viewer" }), "approve", "a"));
  assert.ok(!mayDo(null, "order", "a"));
});

test("plans are filtered by words, owner, approval and end", () => {
  const plan = (ordered_by, state, status = "succeeded") => ({ ordered_by, status, approval: { state } });
  const plans = [plan("ada", "judged"), plan("bob", "superseded"), plan("ada", "draft", "failed")];
  const left = (words, view) => filtered(plans, { words, view }, "ada", (one) => `${one.ordered_by} ${one.status}`).map((one) => plans.indexOf(one));
  assert.deepEqual(left("", "all"), [0, 1, 2]);
  assert.deepEqual(left("", "mine"), [0, 2]);
  assert.deepEqual(left("", "waiting"), [0]);
  assert.deepEqual(left("", "archive"), [1, 2]);
  assert.deepEqual(left("ADA succ", "all"), [0]);
});

test("the best saving is a step curve from zero, at the right end at its highest", () => {
  assert.deepEqual(stepCorners([[1, 0], [3, 5], [5, 10]], { width: 100, height: 50 }), [[0, 50], [50, 50], [50, 25], [100, 25], [100, 0]]);
  assert.deepEqual(stepCorners([[2, 4]], { width: 100, height: 50 }), [[0, 0]]);
  assert.deepEqual(stepCorners([], { width: 100, height: 50 }), []);
});

const WITH_STOPS = ["a", "b"].map((trip_id, k) => ({ trip_id, direction: "up", stops: [[0, 100 + k, 100 + k], [1, 200 + k, 220 + k], [2, 300 + k, 300 + k]] }));

test("single times are moved beside their trip, and the ends of a trip have one time", () => {
  const moves = { a: 10, [stopKey("a", 1, "departure")]: 5, [stopKey("a", 2, "arrival")]: 7, [stopKey("a", 0, "departure")]: -1 };
  assert.deepEqual(movedTrips(WITH_STOPS, moves)[0].stops, [[0, 109, 109], [1, 210, 235], [2, 317, 317]]);
  assert.equal(movedTrips(WITH_STOPS, moves)[1], WITH_STOPS[1]);
  assert.deepEqual(splitMoves(moves), {
    moves: [{ trip: "a", by_s: 10 }],
    stops: [{ trip: "a", stop: 1, arrival_by_s: 0, departure_by_s: 5 }, { trip: "a", stop: 2, arrival_by_s: 7, departure_by_s: 0 }, { trip: "a", stop: 0, arrival_by_s: 0, departure_by_s: -1 }],
  });
});

test("my times stay on a plan that somebody else changed, and what both changed is named", () => {
  const now = [{ ...WITH_STOPS[0], stops: WITH_STOPS[0].stops.map(([k, arrival, departure]) => [k, arrival + 4, departure + 4]) }];
  const moves = { a: 10, [stopKey("a", 1, "departure")]: 5, b: 3 };
  const found = rebased(moves, WITH_STOPS, now);
  assert.deepEqual([found.both, found.gone], [["a"], ["b"]]);
  assert.deepEqual(movedTrips(now, found.moves)[0].stops, movedTrips(WITH_STOPS, moves)[0].stops);
  assert.deepEqual(rebased(moves, WITH_STOPS, WITH_STOPS), { moves, both: [], gone: [] });
});

test("a typed headway counts from the departure before", () => {
  const before = departuresBefore(TRIPS.map((one) => ({ trip_id: one.trip_id, direction: "up", stops: [[0, one.departure_s, one.departure_s]] })));
  assert.deepEqual([...before.values()], [null, 25200, 25500]);
});

test("an archived plan is in the archive only", () => {
  const plan = { status: "succeeded", ordered_by: "ada", approval: { state: "archived" } };
  const views = ["all", "mine", "waiting", "archive"].filter((view) => filtered([plan], { words: "", view }, "ada", () => "").length);
  assert.deepEqual(views, ["archive"]);
});
