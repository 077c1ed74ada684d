/** A chart of steps or lines over the day as SVG, with its key and its table. For few curves of some hundred points. */
import { element } from "./element.js";
import { clockText, timeTicks } from "./graph_labels.js";
import { downloadRows } from "./graph_tools.js";
import { formatWhole, t } from "./locale.js";

/** `form` names the colour token and the dashes of a curve. @typedef {{ name: string, form: string, points: [number, number][], isStep?: boolean }} Series */
/** @typedef {{ title: string, unit: string, series: Series[], from_s: number, to_s: number, limit?: { value: number, name: string } | null, file: string }} Chart */

const SIZE = { width: 960, height: 230, left: 62, right: 14, top: 12, bottom: 26 };
const DASHES = /** @type {Record<string, string>} */ ({ today: "3 3", plan: "", limit: "8 4" });

/** Round values of an axis from zero. @param {number} highest @param {number} [count] */
export function valueTicks(highest, count = 4) {
  const rough = Math.max(highest, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough - 1e-12) ?? 10) * power;
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, k) => k * step);
}

/** The path of a curve in pixels. @param {[number, number][]} points @param {(time_s: number) => number} x @param {(value: number) => number} y @param {boolean} isStep */
export function curvePath(points, x, y, isStep) {
  const parts = [];
  for (const [k, [time_s, value]] of points.entries()) {
    const [px, py] = [x(time_s).toFixed(1), y(value).toFixed(1)];
    if (k === 0) parts.push(`M${px} ${py}`);
    else if (isStep) parts.push(`H${px}V${py}`);
    else parts.push(`L${px} ${py}`);
  }
  return parts.join("");
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @param {Chart} chart */
export function stepChart(chart) {
  const { series, from_s, to_s, limit } = chart;
  const highest = Math.max(1, limit?.value ?? 0, ...series.flatMap((one) => one.points.map(([, value]) => value)));
  const ticks = valueTicks(highest * 1.05);
  const [plotWidth, plotHeight] = [SIZE.width - SIZE.left - SIZE.right, SIZE.height - SIZE.top - SIZE.bottom];
  const x = (/** @type {number} */ time_s) => SIZE.left + ((time_s - from_s) / (to_s - from_s)) * plotWidth;
  const y = (/** @type {number} */ value) => SIZE.top + (1 - value / ticks[ticks.length - 1]) * plotHeight;
  const picture = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": `${chart.title}, ${chart.unit}`, class: "chart" });
  for (const value of ticks) {
    picture.append(svg("line", { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(value), y2: y(value), class: "grid" }));
    picture.append(svg("text", { x: SIZE.left - 8, y: y(value), class: "value" }, formatWhole(value)));
  }
  for (const time_s of timeTicks({ from_s, to_s, low_m: 0, high_m: 1 }, plotWidth, 76).times_s) {
    picture.append(svg("text", { x: x(time_s), y: SIZE.height - 6, class: "time" }, clockText(time_s, false)));
  }
  for (const one of series) picture.append(svg("path", { d: curvePath(one.points, x, y, one.isStep ?? true), class: "curve", stroke: `var(--graph-${one.form})`, "stroke-dasharray": DASHES[one.form] ?? "" }));
  if (limit) picture.append(svg("line", { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(limit.value), y2: y(limit.value), class: "limit", "stroke-dasharray": DASHES.limit }));
  const keys = [...series.map((one) => keyEntry(one.form, one.name)), ...(limit ? [keyEntry("limit", limit.name)] : [])];
  return element("figure", { class: "chart-figure" }, element("figcaption", {}, element("strong", {}, chart.title), ` ${chart.unit}`, element("ul", { class: "graph-key" }, ...keys)), picture, chartTable(chart));
}

/** @param {string} form @param {string} name */
function keyEntry(form, name) {
  const line = svg("line", { x1: 0, x2: 28, y1: 5, y2: 5, stroke: form === "limit" ? "var(--bad)" : `var(--graph-${form})`, "stroke-width": 2, "stroke-dasharray": DASHES[form] ?? "" });
  return element("li", {}, svg("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" }, line), name);
}

/** The values of a chart as a table, made when it is opened. @param {Chart} chart */
function chartTable(chart) {
  const times = [...new Set(chart.series.flatMap((one) => one.points.map(([time_s]) => time_s)))].sort((a, b) => a - b);
  const values = chart.series.map((one) => new Map(one.points));
  const head = [t("chart.time"), ...chart.series.map((one) => `${one.name}, ${chart.unit}`)];
  const rows = () => times.map((time_s) => [clockText(time_s), ...values.map((one) => one.get(time_s) ?? null)]);
  const box = element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": chart.title });
  const fill = () => {
    if (!view.open || box.childElementCount) return;
    const cells = (/** @type {(string | number | null)[]} */ row) => row.map((cell) => element("td", {}, cell === null ? "" : typeof cell === "number" ? formatWhole(cell) : cell));
    box.append(element("table", {}, element("thead", {}, element("tr", {}, ...head.map((one) => element("th", { scope: "col" }, one)))), element("tbody", {}, ...rows().map((row) => element("tr", {}, ...cells(row))))));
  };
  const view = /** @type {HTMLDetailsElement} */ (
    element("details", { class: "graph-table", ontoggle: () => fill() }, element("summary", {}, t("graph.table")), element("p", {}, element("button", { type: "button", onclick: () => downloadRows([head, ...rows()], `${chart.file}.csv`) }, "CSV")), box)
  );
  return view;
}
