/** The train graphs of report and replay: what they make of their data. Run by `make pages`. */
import assert from "node:assert/strict";
import test from "node:test";

globalThis.localStorage ??= { getItem: () => null, setItem: () => {} };
if (!globalThis.navigator?.language) Object.defineProperty(globalThis, "navigator", { value: { language: "en" }, configurable: true });
const { punctuality, tripsOf } = await import("../../../api/replay/replay_graph.js");
const { withMotion } = await import("../../../api/report/report_graph.js");
const { tripSet } = await import("../../../api/pages/graph_trips.js");

const META = { title: "Line", scenario: "line", start_s: 1000, low_m: 0, span_m: 65535, stations: [{ name: "A", at_m: 0 }, { name: "B", at_m: 100 }], vehicles: ["v"], trips: ["t0", "t1"] };
// Two trips from A to B in ten seconds; the second one is 7 s late at A and 4 s late at B.
const DAY = {
  call_trip: Int32Array.of(0, 0, 1, 1), call_station: Int32Array.of(0, 1, 0, 1), call_departs: Int32Array.of(1, 0, 1, 0), call_time: Float32Array.of(0, 10, 90, 100), call_late: Float32Array.of(0, 0, 7, 4),
  run_start: Int32Array.of(0, 90), run_length: Int32Array.of(10, 10), run_first: Int32Array.of(0, 10), run_trip: Int32Array.of(0, 1), run_vehicle: Int32Array.of(0, 0), run_down: Int32Array.of(0, 0),
  position: Uint16Array.from({ length: 20 }, (_, k) => 10 * (k % 10)), power_kw: Int16Array.from({ length: 20 }, (_, k) => (k % 10 < 5 ? 1000 : -500)),
}; // prettier-ignore

test("a replayed trip has its times as run and as planned, and power between its points", () => {
  const { actual, planned } = tripsOf(META, DAY);
  assert.deepEqual(actual[1].stops, [[0, null, 1090], [1, 1100, null]]);
  assert.deepEqual(planned[1].stops, [[0, null, 1083], [1, 1096, null]]);
  assert.deepEqual(actual[0].points, [[1000, 0], [1000, 0], [1005, 50], [1010, 100]]);
  assert.deepEqual(actual[0].power_kw, [1000, -500]);
  assert.equal(tripSet(actual, META.stations.map((one) => ({ chainage_m: one.at_m }))).trips.length, 2);
});

test("a train of the replay has its delay and its headway, once it was at a station", () => {
  assert.equal(punctuality(DAY, 80, 1), null);
  assert.deepEqual(punctuality(DAY, 5, 0), { late_s: 0, headway_s: null });
  assert.deepEqual(punctuality(DAY, 95, 1), { late_s: 7, headway_s: 90 });
});

test("the motion of a reported trip becomes points, with a power where the train moves", () => {
  const stops = [[0, null, 100], [1, 112, null]];
  const trip = withMotion({ trip_id: "t", direction: "up", stops, motion: [100, 0, 900, 6, 60, -1200, 6, 40, 300, 20, 0, 0] });
  assert.deepEqual(trip.points, [[100, 0], [106, 60], [112, 100], [132, 100]]);
  assert.deepEqual(trip.power_kw, [900, -300]);
  assert.equal("motion" in trip, false);
  assert.deepEqual(withMotion({ trip_id: "t", direction: "up", stops, motion: null }), { trip_id: "t", direction: "up", stops });
});
