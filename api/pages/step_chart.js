/** A chart of steps or lines over the time of day, or over another quantity such as chainage, as SVG, with its key and its table.
 * For few curves of some hundred points. */
import { niceTicks } from "./canvas.js";
import { barPath, curvePath, labelsWithRoom, spanTicks, valueTicks } from "./chart_scales.js";
import { element } from "./element.js";
import { clockText, timeTicks } from "./graph_labels.js";
import { downloadRows } from "./graph_tools.js";
import { formatTenth, formatWhole, t } from "./locale.js";

/** `form` names the colour token and the dashes of a curve; `isStem` draws a line from zero to each point; an interval is place, low and high.
 * @typedef {{ name: string, form: string, points: [number, number][], isStep?: boolean, isStem?: boolean, isDotted?: boolean, intervals?: [number, number, number][] }} Series */
/** The axis across; without it, the axis has the time of day. `isFalling` draws the values from right to left.
 * @typedef {{ name: string, text: (value: number) => string, labels?: { at: number, text: string }[], isFalling?: boolean }} Across */
/** `lowest` is the lower end of the values, by default zero; `mark` a place that is marked by a line; without `hasTable`, the caller shows the values as a table.
 * @typedef {{ title: string, unit: string, series: Series[], from_s: number, to_s: number, limit?: { value: number, name: string } | null, file: string, across?: Across, lowest?: number, mark?: number | null, digits?: number, height?: number, hasTable?: boolean }} Chart */

const SIZE = { width: 960, least: 320, height: 230, left: 62, right: 14, top: 12, bottom: 26 };
const DASHES = /** @type {Record<string, string>} */ ({ today: "3 3", plan: "", limit: "8 4", early: "6 3", late: "2 2", added: "9 3 2 3" });

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @param {Chart} chart */
export function stepChart(chart) {
  const keys = [...chart.series.map((one) => keyEntry(one.form, one.name, one)), ...(chart.limit ? [keyEntry("limit", chart.limit.name)] : [])];
  return element("figure", { class: "chart-figure" }, element("figcaption", {}, element("strong", {}, chart.title), ` ${chart.unit}`, element("ul", { class: "graph-key" }, ...keys)), fittedPicture(chart), ...(chart.hasTable === false ? [] : [chartTable(chart)]));
}

/** The picture, drawn for the width of its place, so that its texts have their own size in a narrow place as well. @param {Chart} chart */
function fittedPicture(chart) {
  const place = element("div", {}, chartPicture(chart, SIZE.width));
  let drawn = SIZE.width;
  const observer = new ResizeObserver(([entry]) => {
    const width = Math.round(Math.max(SIZE.least, entry.contentRect.width));
    if (width === drawn || !entry.contentRect.width) return;
    drawn = width;
    place.replaceChildren(chartPicture(chart, width));
  });
  observer.observe(place);
  return place;
}

/** @param {Chart} chart @param {number} wide in pixels */
function chartPicture(chart, wide) {
  const { series, from_s, to_s, limit, across, mark } = chart;
  const height = chart.height ?? SIZE.height;
  const values = series.flatMap((one) => [...one.points.map(([, value]) => value), ...(one.intervals ?? []).flatMap(([, low, high]) => [low, high])]);
  const lowest = chart.lowest ?? Math.min(0, ...values);
  const highest = Math.max(chart.lowest === undefined ? 1 : lowest + 1e-6, limit?.value ?? lowest, ...values);
  const ticks = lowest === 0 ? valueTicks(highest * 1.05) : spanTicks(lowest, highest);
  const [bottom, top] = [ticks[0], ticks[ticks.length - 1]];
  const [plotWidth, plotHeight] = [wide - SIZE.left - SIZE.right, height - SIZE.top - SIZE.bottom];
  const share = (/** @type {number} */ at) => (at - from_s) / (to_s - from_s || 1);
  const x = (/** @type {number} */ at) => SIZE.left + (across?.isFalling ? 1 - share(at) : share(at)) * plotWidth;
  const y = (/** @type {number} */ value) => SIZE.top + (1 - (value - bottom) / (top - bottom)) * plotHeight;
  const picture = svg("svg", { viewBox: `0 0 ${wide} ${height}`, role: "img", "aria-label": `${chart.title}, ${chart.unit}`, class: "chart" });
  const form = ticks.every((one) => Math.abs(one - Math.round(one)) < 1e-9) ? formatWhole : formatTenth;
  for (const value of ticks) {
    picture.append(svg("line", { x1: SIZE.left, x2: wide - SIZE.right, y1: y(value), y2: y(value), class: value === 0 && bottom < 0 ? "zero" : "grid" }));
    picture.append(svg("text", { x: SIZE.left - 8, y: y(value), class: "value" }, form(value)));
  }
  for (const { at, text } of labelsOf(chart, plotWidth, x, wide - SIZE.right)) picture.append(svg("text", { x: x(at), y: height - 6, class: x(at) > wide - SIZE.right - 30 ? "last" : "time" }, text));
  for (const one of series) {
    const stroke = { class: "curve", stroke: `var(--graph-${one.form})` };
    if (one.isStem) picture.append(svg("path", { ...stroke, class: `stem-${one.form}`, d: barPath(one.points.map(([place, value]) => [place, 0, value]), x, y, 0) }));
    else if (!one.isDotted) picture.append(svg("path", { ...stroke, d: curvePath(one.points, x, y, one.isStep ?? true), "stroke-dasharray": DASHES[one.form] ?? "" }));
    if (one.intervals) picture.append(svg("path", { ...stroke, d: barPath(one.intervals, x, y, 5) }));
    if (one.isDotted || one.intervals) for (const [place, value] of one.points) picture.append(svg("circle", { cx: x(place), cy: y(value), r: 3.5, fill: `var(--graph-${one.form})` }));
  }
  if (limit) picture.append(svg("line", { x1: SIZE.left, x2: wide - SIZE.right, y1: y(limit.value), y2: y(limit.value), class: "limit", "stroke-dasharray": DASHES.limit }));
  if (mark !== null && mark !== undefined) picture.append(svg("line", { x1: x(mark), x2: x(mark), y1: SIZE.top, y2: height - SIZE.bottom, class: "mark" }));
  return picture;
}

/** The labels of the axis across that have room. @param {Chart} chart @param {number} plotWidth @param {(at: number) => number} x @param {number} right */
function labelsOf(chart, plotWidth, x, right) {
  const { from_s, to_s, across } = chart;
  if (!across) return timeTicks({ from_s, to_s, low_m: 0, high_m: 1 }, plotWidth, 76).times_s.map((at) => ({ at, text: clockText(at, false) }));
  if (across.labels) return labelsWithRoom(across.labels, x, right);
  const step = niceTicks(to_s - from_s, Math.max(2, plotWidth / 90))[1] ?? to_s - from_s;
  const first = Math.ceil(from_s / step - 1e-9);
  return Array.from({ length: Math.floor(to_s / step + 1e-9) - first + 1 }, (_, k) => ({ at: (first + k) * step, text: across.text((first + k) * step) }));
}

/** @param {string} form @param {string} name @param {Partial<Series>} [series] */
function keyEntry(form, name, series = {}) {
  const colour = form === "limit" ? "var(--bad)" : `var(--graph-${form})`;
  const line = series.isDotted ? svg("circle", { cx: 14, cy: 5, r: 3.5, fill: colour }) : series.isStem ? svg("line", { x1: 14, x2: 14, y1: 0, y2: 10, stroke: colour, class: `stem-${form}` }) : svg("line", { x1: 0, x2: 28, y1: 5, y2: 5, stroke: colour, "stroke-width": 2, "stroke-dasharray": DASHES[form] ?? "" });
  return element("li", {}, svg("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" }, line), name);
}

/** The values of a chart as a table, made when it is opened. @param {Chart} chart */
function chartTable(chart) {
  const { across } = chart;
  const places = [...new Set(chart.series.flatMap((one) => one.points.map(([place]) => place)))].sort((a, b) => a - b);
  const values = chart.series.flatMap((one) => [new Map(one.points), ...(one.intervals ? [1, 2].map((k) => new Map(/** @type {any} */ (one.intervals).map((/** @type {number[]} */ bar) => [bar[0], bar[k]]))) : [])]);
  const names = chart.series.flatMap((one) => [one.name, ...(one.intervals ? [t("chart.low", { name: one.name }), t("chart.high", { name: one.name })] : [])]);
  const head = [across?.name ?? t("chart.time"), ...names.map((one) => `${one}, ${chart.unit}`)];
  const text = across?.text ?? ((/** @type {number} */ time_s) => clockText(time_s));
  const rows = () => places.map((place) => [text(place), ...values.map((one) => one.get(place) ?? null)]);
  const number = chart.digits ? formatTenth : formatWhole;
  const box = element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": chart.title });
  const fill = () => {
    if (!view.open || box.childElementCount) return;
    const cells = (/** @type {(string | number | null)[]} */ row) => row.map((cell) => element("td", {}, cell === null ? "" : typeof cell === "number" ? number(cell) : cell));
    box.append(element("table", {}, element("thead", {}, element("tr", {}, ...head.map((one) => element("th", { scope: "col" }, one)))), element("tbody", {}, ...rows().map((row) => element("tr", {}, ...cells(row))))));
  };
  const view = /** @type {HTMLDetailsElement} */ (
    element("details", { class: "graph-table", ontoggle: () => fill() }, element("summary", {}, t("graph.table")), element("p", {}, element("button", { type: "button", onclick: () => downloadRows([head, ...rows()], `${chart.file}.csv`) }, "CSV")), box)
  );
  return view;
}
