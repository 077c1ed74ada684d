/** The pure functions of the engineer's page: addresses, fields of the schema, windows of power, profiles, rows of studies. Run by `make pages`. */
import assert from "node:assert/strict";
import test from "node:test";

import { barPath, labelsWithRoom, spanTicks } from "../../../api/pages/chart_scales.js";
import { addressOf, placeOf } from "../../../api/pages/engineer/address.js";
import { secondOf, spanOf, sumsOf, voltageAlong, windowAt } from "../../../api/pages/engineer/power_window.js";
import { runNear, stepPoints } from "../../../api/pages/engineer/profiles.js";
import { fieldsOf, limitsText, nearestPath, parsed, stepsOf, unitOf } from "../../../api/pages/engineer/schema_fields.js";
import { caseOf, levelsOf, measuresOf, pointsOf } from "../../../api/pages/engineer/study_rows.js";

test("an address gives its view, line and state back", () => {
  const state = { direction: "down", section: 3, run: 104.5, nothing: null, empty: "" };
  const address = addressOf("line", "beijing_yizhuang", state);
  assert.deepEqual(placeOf(address), { view: "line", line: "beijing_yizhuang", state: { direction: "down", section: "3", run: "104.5" } });
  assert.deepEqual(placeOf("#nothing/<script>?a=%"), { view: "scenario", line: "", state: { a: "%" } });
  assert.deepEqual(placeOf(""), { view: "scenario", line: "", state: {} });
});

const ROOT = {
  $defs: {
    Row: { properties: { from: { type: "string", format: "clock", pattern: "^\\d{1,2}:[0-5]\\d$" }, headway_s: { type: "integer", minimum: 10 } }, required: ["from"] },
    Inner: { type: "object", description: "An inner part.", properties: { on: { type: "boolean", default: false } } },
  },
};
const PART = {
  required: ["tare_t", "inner", "kinds"],
  properties: {
    tare_t: { type: "number", exclusiveMinimum: 5, maximum: 2000, description: "Mass of the empty train." },
    count: { anyOf: [{ type: "integer", minimum: 0 }, { type: "null" }], default: null },
    kind: { enum: ["one", "two"], default: "one" },
    inner: { $ref: "#/$defs/Inner" },
    rows: { anyOf: [{ type: "array", items: { $ref: "#/$defs/Row" } }, { type: "string" }], description: "Rows." },
    kinds: { type: "object", patternProperties: { "^[a-z]+$": { $ref: "#/$defs/Inner" } } },
    points: { type: "array", items: { type: "array" } },
  },
};

test("each field of a schema has its kind, unit, limits and default", () => {
  const fields = Object.fromEntries(fieldsOf(ROOT, PART).map((one) => [one.key, one]));
  assert.deepEqual(Object.values(fields).map((one) => one.kind), ["number", "whole", "choice", "part", "list", "parts", "json"]); // prettier-ignore
  assert.deepEqual([fields.tare_t.unit, limitsText(fields.tare_t), fields.tare_t.isRequired], ["t", "> 5, ≤ 2000", true]);
  assert.deepEqual([fields.count.isOptional, fields.kind.otherwise, fields.inner.text, fields.rows.text], [true, "one", "An inner part.", "Rows."]);
  assert.deepEqual(["maximum_acceleration_m_s2", "ohm", "contact_line_ohm_per_km", "normal", "highest_speed_kmh"].map(unitOf), ["m/s²", "Ω", "Ω/km", "", "km/h"]);
});

test("what is typed is a value or a fault", () => {
  const [tare, count, kind] = fieldsOf(ROOT, PART);
  assert.deepEqual(["198", " 5", "2001", "x", ""].map((one) => parsed(tare, one)), [{ value: 198 }, { fault: "form.too_low" }, { fault: "form.too_high" }, { fault: "form.no_number" }, { fault: "form.needed" }]); // prettier-ignore
  assert.deepEqual(["", "2.5", "-1", "3"].map((one) => parsed(count, one)), [{ value: null }, { fault: "form.no_whole" }, { fault: "form.too_low" }, { value: 3 }]); // prettier-ignore
  assert.deepEqual(parsed(kind, "two"), { value: "two" });
  const [from] = fieldsOf(ROOT, ROOT.$defs.Row);
  assert.deepEqual([parsed(from, "05:20"), parsed(from, "5.20")], [{ value: "05:20" }, { fault: "form.no_clock" }]);
  const points = fieldsOf(ROOT, PART)[6];
  assert.deepEqual([parsed(points, "[1, [2]]"), parsed(points, "[1")], [{ value: [1, [2]] }, { fault: "form.no_json" }]);
});

test("a fault is placed at its field, or at the part that contains it", () => {
  assert.deepEqual(stepsOf("train_types.six_car.traction.points[0].speed_kmh"), ["train_types", "six_car", "traction", "points", "0", "speed_kmh"]);
  const paths = ["timetable.periods", "timetable.periods.2.headway_s", "timetable"];
  assert.equal(nearestPath("timetable.periods[2].headway_s", paths), "timetable.periods.2.headway_s");
  assert.equal(nearestPath("timetable.periods[9].colour", paths), "timetable.periods");
  assert.equal(nearestPath("colour", paths), null);
});

/** The bytes of a window of two seconds: one substation, one storage, and trains as `[trip, place, kw, decivolts]` by second. */
function windowBytes(seconds) {
  const entries = seconds.flat();
  const bytes = new ArrayBuffer(4 * 3 + 2 * 2 * 4 + 8 * entries.length);
  const view = new DataView(bytes);
  [0, seconds[0].length, entries.length].forEach((one, k) => view.setUint32(4 * k, one, true));
  [500, -40, 100, -7].forEach((one, k) => view.setInt16(12 + 2 * k, one, true)); // powers of substation, then of storage
  [8301, 0, 5000, 5050].forEach((one, k) => view.setUint16(20 + 2 * k, one, true)); // voltage, charge
  for (const k of [0, 1, 2, 3]) entries.forEach((entry, at) => view[k === 2 ? "setInt16" : "setUint16"](28 + 2 * (k * entries.length + at), entry[k], true));
  return bytes;
}

test("a second of a window has its trains, substations and storages", () => {
  const trace = { low_m: 0, high_m: 1000, trips: [{ trip_id: "up-1", direction: "up" }, { trip_id: "down-1", direction: "down" }], substations: [{ name: "A", chainage_m: 500 }], storages: [{ name: "S", chainage_m: 200 }] };
  const window = { from_s: 100, seconds: 2, entries: 3, at: 0, bytes: 0 };
  const bytes = windowBytes([[[1, 65535, -300, 8400], [0, 0, 900, 7005]], [[0, 32768, 50, 8000]]]); // prettier-ignore
  const first = secondOf(trace, window, bytes, 100);
  assert.deepEqual(first.trains.map((one) => [one.trip, one.chainage_m, one.power_kw, one.voltage_v]), [["up-1", 0, 900, 700.5], ["down-1", 1000, -300, 840]]); // prettier-ignore
  assert.deepEqual(first.substations, [{ name: "A", chainage_m: 500, power_kw: 500, voltage_v: 830.1 }]);
  assert.deepEqual(first.storages, [{ name: "S", chainage_m: 200, power_kw: 100, charge_percent: 50 }]);
  assert.deepEqual(voltageAlong(first, "up", 0, 1000), [[0, 700.5], [0, 700.5], [500, 830.1], [1000, 830.1]]); // prettier-ignore
  const sums = sumsOf(first);
  assert.deepEqual([sums.delivered_kw, sums.drawn_kw, sums.regenerated_kw, sums.lowest?.trip], [500, 900, 300, "up-1"]);
  const second = secondOf(trace, window, bytes, 101);
  assert.equal(second.substations[0].power_kw, -40);
  assert.deepEqual(voltageAlong(second, "down", 0, 1000), []); // without supply there is no voltage
  assert.equal(Math.round(second.trains[0].chainage_m), 500);
});

test("the window of a second is found, at the ends of the day too", () => {
  const windows = [{ from_s: 0, seconds: 600 }, { from_s: 600, seconds: 100 }].map((one) => ({ ...one, entries: 0, at: 0, bytes: 0 })); // prettier-ignore
  assert.deepEqual([-5, 599, 600, 5000].map((one) => windowAt(windows, one).from_s), [0, 0, 600, 600]);
  assert.deepEqual(spanOf(windows), { first_s: 0, last_s: 699 });
});

test("the run of a running time is the optimal one that is nearest", () => {
  const runs = [["flat_out", 72.6], ["optimal", 73], ["optimal", 90], ["speed_cap", 90]].map(([strategy, running_time_s]) => ({ strategy, running_time_s })); // prettier-ignore
  assert.deepEqual([60, 90, 85, 200].map((one) => runNear(runs, one)), [1, 2, 2, 2]); // prettier-ignore
  assert.deepEqual(stepPoints([{ from_m: 500, to_m: 2000, v: 60 }, { from_m: -100, to_m: 500, v: 40 }, { from_m: 2000, to_m: 2100, v: 9 }], "v", 0, 1500), [[0, 40], [500, 60], [1500, 60]]); // prettier-ignore
});

test("labels that would touch are left out, the ends never", () => {
  const labels = [[0, "Songjiazhuang"], [40, "Xiaocun"], [300, "Jinghai"], [880, "Ciqu"], [940, "Yizhuang Railway Station"]].map(([at, text]) => ({ at, text })); // prettier-ignore
  const texts = labelsWithRoom(labels, (at) => at, 946).map((one) => one.text);
  assert.deepEqual([...texts].sort(), ["Jinghai", "Songjiazhuang", "Yizhuang Railway Station"]);
});

test("an axis of values has round ends, above zero too", () => {
  assert.deepEqual(spanTicks(0, 3), [0, 1, 2, 3]);
  assert.deepEqual(spanTicks(700, 850), [700, 750, 800, 850]);
  assert.deepEqual([spanTicks(-3, 5)[0] <= -3, spanTicks(-3, 5).at(-1) >= 5], [true, true]);
  assert.equal(barPath([[1, 0, 2]], (at) => 10 * at, (value) => value, 0), "M10.0 0.0V2.0"); // prettier-ignore
});

test("levels are typed as numbers, words or JSON", () => {
  assert.deepEqual(levelsOf("0, 1.5;3"), [0, 1.5, 3]);
  assert.deepEqual(levelsOf("summer, true"), ["summer", true]);
  assert.deepEqual(levelsOf('[[], ["summer"]]'), [[], ["summer"]]);
  for (const text of ["", "[1", "[]"]) assert.throws(() => levelsOf(text), SyntaxError);
});

test("the rows of a sweep are points with intervals", () => {
  const row = (noise, timetable, mean) => ({ "disturbances.dwell_noise_s": noise, timetable, days: 2, energy_kwh: mean, energy_kwh_low: mean - 1, energy_kwh_high: mean + 1 });
  const rows = [row(3, "in_force", 20), row(0, "in_force", 10), row(0, "plan", 8)];
  const factors = ["disturbances.dwell_noise_s"];
  assert.deepEqual(measuresOf(rows), ["energy_kwh"]);
  assert.equal(caseOf(rows[0], factors), "dwell_noise_s 3");
  const found = pointsOf(rows, factors, "energy_kwh");
  assert.ok(found.isNumeric);
  assert.deepEqual(found.series.map((one) => [one.timetable, one.points.map((point) => point.at)]), [["in_force", [0, 3]], ["plan", [0]]]); // prettier-ignore
  assert.deepEqual(found.series[1].points, [{ at: 0, mean: 8, low: 7, high: 9 }]);
  assert.deepEqual(pointsOf(rows.map((one) => ({ ...one, "disturbances.dwell_noise_s": `n${one["disturbances.dwell_noise_s"]}` })), factors, "energy_kwh").series[0].points.map((one) => one.at), [1, 2]); // prettier-ignore
});
