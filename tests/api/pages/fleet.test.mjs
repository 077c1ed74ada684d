/** The pure functions of the fleet page: estimates, axes, orders, calendar, addresses, order of a plan. Run by `make pages`. */
import assert from "node:assert/strict";
import test from "node:test";

import { readAddress, writeAddress } from "../../../api/pages/fleet/address.js";
import { apart, digitsFor, figures, orderedVehicles, rangeOf, rangeTicks, within } from "../../../api/pages/fleet/estimates.js";
import { calendarOf, cellKey, counted, daysBetween, qualityOf } from "../../../api/pages/fleet/quality.js";
import { shownLine } from "../../../api/pages/fleet/state.js";

test("an interval decides the digits of its estimate", () => {
  assert.deepEqual([1.3, 0.31, 0.0046, 25, 0].map((half) => digitsFor(half)), [1, 2, 4, 0, 5]);
  assert.deepEqual([140, 2.2, 0.006, 41.74639, 12345].map(figures), [1, 3, 6, 2, 0]);
});

test("differences from the scenario are shares of its value", () => {
  const found = apart({ value: 110, lower: 99, upper: 121, unit: "t", scenario_value: 100 });
  assert.deepEqual(Object.values(found).map((one) => Math.round(1e6 * one) / 1e6), [10, -1, 21]);
  assert.equal(apart({ value: 1, lower: 0, upper: 2, unit: "t", scenario_value: null }), null);
});

test("an axis contains every interval, and its steps are round", () => {
  const range = rangeOf([{ lower: 3, upper: 5 }, null, { lower: 2, upper: 3 }]);
  assert.ok(range.low < 2 && range.high > 5);
  assert.deepEqual(rangeTicks(1.82, 5.18, 4), [2, 3, 4, 5]);
  assert.deepEqual(rangeTicks(-0.031, 0.02, 6), [-0.03, -0.02, -0.01, 0, 0.01, 0.02]);
  assert.deepEqual(rangeTicks(1, 1), [1]);
  assert.deepEqual(rangeOf([]), { low: 0, high: 1 });
  assert.deepEqual(within({ low: -200, high: 20 }, 60), { low: -60, high: 20 });
});

test("vehicles are found by words and ordered by rank, name and cost", () => {
  const vehicle = (name, rank, costs) => ({ vehicle: name, rank: rank && { rank }, findings: costs.map((kwh_a_day) => ({ kwh_a_day })), model: { train_type: "six_car", version: `v${name}` } });
  const vehicles = [vehicle("T10", 2, []), vehicle("T9", 3, [4, -2]), vehicle("T1", null, [9]), vehicle("T2", 1, [])];
  const names = (order, words = "") => orderedVehicles([...vehicles], order, words).map((one) => one.vehicle);
  assert.deepEqual(names("rank"), ["T2", "T10", "T9", "T1"]);
  assert.deepEqual(names("thirsty"), ["T1", "T9", "T10", "T2"]);
  assert.deepEqual(names("name"), ["T1", "T2", "T9", "T10"]);
  assert.deepEqual(names("cost").slice(0, 2), ["T1", "T9"]);
  assert.deepEqual(names("rank", "six t1"), ["T10", "T1"]);
});

test("the calendar has every day between the first and the last one, with the quality of each vehicle", () => {
  const day = (vehicle, date, findings = 0, missing_share = 0) => ({ vehicle, day: date, missing_share, findings: Array(findings).fill({}) });
  const days = [day("B", "2026-02-27"), day("A", "2026-03-01", 2), day("B", "2026-03-01", 0, 0.2)];
  const found = calendarOf(days, "2026-01-01", "2026-03-01");
  assert.deepEqual(found.vehicles, ["A", "B"]);
  assert.deepEqual(found.days, ["2026-02-27", "2026-02-28", "2026-03-01"]);
  assert.deepEqual(found.days.map((date) => qualityOf(found.cells.get(cellKey("B", date)))), ["good", "none", "gaps"]);
  assert.equal(qualityOf(found.cells.get(cellKey("A", "2026-03-01"))), "wrong");
  assert.deepEqual(counted(days), { good: 1, gaps: 1, wrong: 1, none: 0 });
  assert.equal(daysBetween("2026-03-02", "2026-03-01").length, 0);
  assert.deepEqual(calendarOf([], null, null).days, []);
});

test("an address restores the view, and what is wrong in it is left out", () => {
  const view = { line: "a b", view: "telemetry", vehicle: "T1", parameter: "tare_t", cell: { vehicle: "T/1", day: "2026-11-30" }, order: "cost", words: "six 1" };
  assert.deepEqual(readAddress(writeAddress(view)), view);
  const plain = readAddress("?view=nothing&order=x&day=yesterday&of=T1");
  assert.deepEqual([plain.view, plain.order, plain.cell, plain.parameter], ["vehicles", "rank", null, "normalised"]);
  assert.equal(writeAddress(plain), "?");
});

test("a line that the user may not see is replaced by the first one", () => {
  assert.equal(shownLine([{ name: "a" }, { name: "b" }], "b"), "b");
  assert.equal(shownLine([{ name: "a" }], "c"), "a");
  assert.equal(shownLine([], "c"), null);
});
