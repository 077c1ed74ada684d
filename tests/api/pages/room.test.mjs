/** Pure functions of the control room: compared recoveries, areas of the train graph, alarms that are out of the way. */
import assert from "node:assert/strict";
import { test } from "node:test";
globalThis.localStorage ??= { getItem: () => null, setItem: () => {} };
if (!globalThis.navigator?.language) Object.defineProperty(globalThis, "navigator", { value: { language: "en" }, configurable: true });
const { areasOf } = await import("../../../api/pages/control_room/areas.js");
const { alarmLines } = await import("../../../api/pages/control_room/alarms.js");
const { comparisonRows, disruptionText, withDifference } = await import("../../../api/pages/control_room/disruption.js");
const { readAddress, writeAddress } = await import("../../../api/pages/control_room/address.js");

const figures = { longest_gap: { station: "A", direction: "up", gap_s: 750, planned_s: 240 }, wide_gaps: 7, waiting_passenger_h: 12.5, late_until_s: null, energy_kwh: 500, train_km: 80, peak_15min_kw: 900, lowest_voltage_v: null, lowest_voltage_at_m: null, unserved_kwh: 0 };
const nameOf = (id) => `Station ${id}`;

test("a difference has its sign, and none is written as such", () => {
  const whole = (value) => String(Math.round(value));
  assert.equal(withDifference(490, 500, whole), "490 (−10)");
  assert.equal(withDifference(500.2, 500, whole), "500 (±0)");
});

test("the table has a row for each recovery that is computed, and marks the recommended one", () => {
  const answer = { kind: "train failed", at: "T1", from_s: 28800, to_s: 29400, without: figures, recoveries: [{ ...figures, name: "own", energy_kwh: 510 }, { ...figures, name: "energy" }], recommended: "energy" };
  const { head, rows } = comparisonRows(answer, nameOf);
  assert.equal(rows.length, 3);
  assert.ok(rows.every((row) => row.length === head.length));
  assert.ok(rows[2][0].startsWith("►"));
  assert.match(rows[1][5], /510 \(\+10\)/);
  assert.match(rows[0][1], /Station A/);
  assert.match(disruptionText(answer, (id) => id), /T1.*08:00–08:10/);
  assert.equal(comparisonRows({}, nameOf).rows.length, 0);
});

test("restrictions, held stations and a compared closure are areas of the train graph", () => {
  const stations = [{ station_id: "A", chainage_m: 0 }, { station_id: "B", chainage_m: 1000 }];
  const restrictions = [{ kind: "speed", from_m: 400, to_m: 200, from_s: 1, to_s: 2, limit_kmh: 40, direction: "both" }];
  const held = { kind: "hold station", at: "B", from_s: 10, duration_s: 60 };
  const areas = areasOf({ stations, restrictions }, [held, { kind: "hold train", at: "T1" }], { kind: "section blocked", at: "A", from_s: 5, to_s: 9 });
  assert.deepEqual(areas.map((one) => [one.kind, one.low_m, one.high_m, one.from_s, one.to_s]), [["speed", 200, 400, 1, 2], ["closure", 850, 1150, 10, 70], ["closure", 0, 1000, 5, 9]]);
  assert.deepEqual(areasOf({ stations }, [], { kind: "section blocked", at: "B", from_s: 5, to_s: 9 }), []);
});

test("alarms that the plan suppresses are no lines", () => {
  const alarm = (status) => ({ alarm_id: status, kind: "gap", priority: 1, since_s: 0, respond_within_s: 60, count: 1, status });
  assert.deepEqual(alarmLines([alarm("open"), alarm("suppressed"), alarm("shelved")]).map((one) => one.key), ["open"]);
});

test("a moment of the past is part of the address", () => {
  const view = readAddress("?line=x&replay=08:15:20");
  assert.equal(view.replayS, 29720);
  assert.equal(readAddress(writeAddress(view)).replayS, 29720);
  assert.equal(readAddress("?line=x").replayS, null);
});

test("a group of alarms that the process of the line made counts its alarms once", async () => {
  const { alarmText } = await import("../../../api/pages/control_room/alarm_view.js");
  const alarm = { alarm_id: "group:bunching", kind: "group", priority: 2, since_s: 0, what: "6 × bunching", cause: "", consequence: "", action: "", respond_within_s: 300, place: "A, B", count: 6, status: "open", by: null, until_s: null };
  assert.equal(alarmText({ key: "group:bunching", kind: "group", priority: 2, since_s: 0, alarms: [alarm], count: 6 }), "6 × bunching");
});
