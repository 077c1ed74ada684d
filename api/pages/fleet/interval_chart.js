/** Drawings of estimates: a point with its interval in a row of a table, and the history of one quantity over the days. */
import { element } from "../element.js";
import { formatDay, formatDigits, t } from "../locale.js";
import { digitsFor, halfOf, rangeOf, rangeTicks } from "./estimates.js";

/** @typedef {{ low: number, high: number }} Range */
/** @typedef {{ day: string, value: number, lower: number, upper: number }} Point */

const ROW = { width: 170, height: 22, room: 6 };
const CHART = { width: 600, height: 240, left: 62, right: 16, top: 14, bottom: 28 };
const DAY_MS = 86_400_000;

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Place of a value on an axis of a row, in its pixels. @param {Range} range */
export const rowPlace = (range) => (/** @type {number} */ value) => ROW.room + ((value - range.low) / (range.high - range.low)) * (ROW.width - 2 * ROW.room);

/** A point with its interval on the common axis of a table. `own` is a second estimate, drawn as a ring.
 * @param {Range} range @param {{ value: number, lower: number, upper: number } | null} one @param {{ own?: { value: number } | null, reference?: number | null }} more */
export function intervalRow(range, one, { own = null, reference = null } = {}) {
  const x = rowPlace(range);
  const picture = svg("svg", { viewBox: `0 0 ${ROW.width} ${ROW.height}`, class: "interval", "aria-hidden": "true" });
  const middle = ROW.height / 2;
  const [low, high] = [Math.max(one?.lower ?? 0, range.low), Math.min(one?.upper ?? 0, range.high)];
  if (reference !== null) picture.append(svg("line", { x1: x(reference), x2: x(reference), y1: 0, y2: ROW.height, class: "reference" }));
  if (!one) return picture;
  if (one.upper >= range.low && one.lower <= range.high) {
    // An end outside of the axis is an arrow instead of a bar.
    const [begin, end] = [one.lower < range.low ? "l4-4m-4 4l4 4m-4-4" : "m0-4v8m0-4", one.upper > range.high ? "l-4-4m4 4l-4 4" : "m0-4v8"];
    picture.append(svg("path", { d: `M${x(low).toFixed(1)} ${middle}${begin}H${x(high).toFixed(1)}${end}`, class: "whisker" }));
  }
  if (own) picture.append(svg("circle", { cx: x(own.value), cy: middle, r: 4, class: "own" }));
  if (one.value < range.low || one.value > range.high) return picture;
  picture.append(svg("rect", { x: x(one.value) - 3.5, y: middle - 3.5, width: 7, height: 7, class: "point" }));
  return picture;
}

/** The axis over a column of rows. @param {Range} range @param {number} digits */
export function intervalAxis(range, digits) {
  const x = rowPlace(range);
  const picture = svg("svg", { viewBox: `0 0 ${ROW.width} ${ROW.height}`, class: "interval-axis", "aria-hidden": "true" });
  for (const value of rangeTicks(range.low, range.high, 3)) {
    const at = x(value);
    picture.append(svg("line", { x1: at, x2: at, y1: ROW.height - 5, y2: ROW.height, class: "grid" }));
    picture.append(svg("text", { x: Math.min(Math.max(at, 14), ROW.width - 14), y: 12, class: "time" }, formatDigits(value, digits)));
  }
  return picture;
}

/** The history of a quantity over the service days: points with intervals, the value of the scenario, and found changes.
 * @param {{ title: string, unit: string, points: Point[], reference: number | null, changes: any[] }} chart */
export function historyChart({ title, unit, points, reference, changes }) {
  const range = rangeOf(points, reference === null ? [] : [reference]);
  const times = points.map((one) => Date.parse(`${one.day}T00:00:00Z`));
  const [first, last] = [Math.min(...times) - DAY_MS / 2, Math.max(...times) + DAY_MS / 2];
  const [wide, high] = [CHART.width - CHART.left - CHART.right, CHART.height - CHART.top - CHART.bottom];
  const x = (/** @type {number} */ time) => CHART.left + ((time - first) / (last - first)) * wide;
  const y = (/** @type {number} */ value) => CHART.top + (1 - (value - range.low) / (range.high - range.low)) * high;
  const ticks = rangeTicks(range.low, range.high, 5);
  const digits = ticks.length > 1 ? digitsFor((ticks[1] - ticks[0]) * 5) : 1;
  const picture = svg("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", "aria-label": `${title}, ${unit}: ${t("fleet.history_label", { n: points.length })}`, class: ["chart", "history"].join(" ") });
  for (const value of ticks) {
    picture.append(svg("line", { x1: CHART.left, x2: CHART.width - CHART.right, y1: y(value), y2: y(value), class: "grid" }), svg("text", { x: CHART.left - 8, y: y(value), class: "value" }, formatDigits(value, digits)));
  }
  const days = Math.round((last - first) / DAY_MS);
  const step = Math.max(1, Math.ceil(days / 7));
  for (let k = 0; k < days; k += step) {
    const time = first + (k + 0.5) * DAY_MS;
    picture.append(svg("text", { x: x(time), y: CHART.height - 8, class: "time" }, formatDay(new Date(time).toISOString().slice(0, 10), "short")));
  }
  if (reference !== null) picture.append(svg("line", { x1: CHART.left, x2: CHART.width - CHART.right, y1: y(reference), y2: y(reference), class: "reference" }));
  for (const change of changes.filter((one) => one.kind === "step")) {
    const [from, to] = [change.since_from, change.since_to].map((day) => x(Date.parse(`${day}T00:00:00Z`)));
    const at = x(Date.parse(`${change.since}T00:00:00Z`) - DAY_MS / 2);
    picture.append(svg("rect", { x: from - wide / days / 2, y: CHART.top, width: Math.max(to - from, 1), height: high, class: "change-range" }), svg("path", { d: `M${at.toFixed(1)} ${CHART.top}v${high}`, class: "change" }), svg("path", { d: `M${at - 6} ${CHART.top}h12l-6 9z`, class: "change-sign" }));
  }
  points.forEach((one, k) => {
    const at = x(times[k]).toFixed(1);
    picture.append(svg("path", { d: `M${Number(at) - 3} ${y(one.lower).toFixed(1)}h6m-3 0V${y(one.upper).toFixed(1)}m-3 0h6`, class: "whisker" }), svg("rect", { x: Number(at) - 3.5, y: y(one.value) - 3.5, width: 7, height: 7, class: k === points.length - 1 ? "present" : "point" }));
  });
  return picture;
}

/** An estimate as text: value, ± and unit, with the digits that its interval has. @param {{ value: number, lower: number, upper: number }} one */
export function estimateText(one) {
  const digits = digitsFor(halfOf(one));
  return `${formatDigits(one.value, digits)} ± ${formatDigits(halfOf(one), digits)}`;
}

/** The key of a drawing: each form with its meaning. @param {[string, string][]} entries form and text */
export function keyOf(entries) {
  /** @type {Record<string, () => Node>} */
  const forms = {
    point: () => svg("path", { d: "M2 1v8m0-4h24m0-4v8", class: "whisker" }),
    own: () => svg("circle", { cx: 14, cy: 5, r: 4, class: "own" }),
    reference: () => svg("line", { x1: 14, x2: 14, y1: 0, y2: 10, class: "reference" }),
    across: () => svg("line", { x1: 0, x2: 28, y1: 5, y2: 5, class: "reference" }),
    change: () => svg("path", { d: "M8 0h12l-6 9z", class: "change-sign" }),
  };
  const drawn = (/** @type {string} */ form) => {
    const picture = svg("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" }, forms[form]());
    if (form === "point") picture.append(svg("rect", { x: 11, y: 1.5, width: 7, height: 7, class: "point" }));
    return picture;
  };
  return element("ul", { class: "graph-key" }, ...entries.map(([form, text]) => element("li", {}, drawn(form), text)));
}
