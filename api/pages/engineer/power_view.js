/** Power: voltage and power along the line in any second of a simulated day. */
import { bytesOf } from "../client.js";
import { element } from "../element.js";
import { clockText } from "../graph_labels.js";
import { downloadRows } from "../graph_tools.js";
import { formatTenth, formatWhole, t } from "../locale.js";
import { table } from "../plan_power.js";
import { problemView } from "../problem_view.js";
import { stepChart } from "../step_chart.js";
import { computedAt } from "./parts.js";
import { secondOf, spanOf, sumsOf, voltageAlong, windowAt } from "./power_window.js";
import { traceChoice } from "./trace_choice.js";

const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, PageDown: -60, PageUp: 60 });
const KEEP_MS = 250;

/** @param {import("./parts.js").Context} context */
export const powerView = (context) => traceChoice(context, (job) => traced(context, job));

/** @param {import("./parts.js").Context} context @param {any} job */
function traced(context, job) {
  const trace = job.result;
  const { first_s, last_s } = spanOf(trace.windows);
  const wanted = Number(context.state.t);
  let timeS = wanted >= first_s && wanted <= last_s ? wanted : busiest(trace);
  /** @type {Map<number, Promise<ArrayBuffer>>} */
  const loaded = new Map();
  const clock = element("output", { class: "clock", "aria-live": "polite" });
  const slider = /** @type {HTMLInputElement} */ (element("input", { type: "range", min: first_s, max: last_s, step: 1, "aria-label": t("engineer.second"), "aria-valuetext": clockText(timeS), oninput: () => go(Number(slider.value)), onkeydown: (/** @type {KeyboardEvent} */ event) => step(event) }));
  const typed = /** @type {HTMLInputElement} */ (element("input", { type: "text", size: 8, "aria-label": t("engineer.time"), onchange: () => typedTime() }));
  const picture = element("div", {});
  const tables = element("div", {});
  const details = element("details", { class: "graph-table", ontoggle: () => void draw() }, element("summary", {}, t("graph.table")), tables);
  let keeping = 0;
  const go = (/** @type {number} */ to) => {
    timeS = Math.min(last_s, Math.max(first_s, Math.round(to)));
    window.clearTimeout(keeping);
    keeping = window.setTimeout(() => context.keep({ t: timeS }), KEEP_MS);
    void draw();
  };
  const step = (/** @type {KeyboardEvent} */ event) => {
    const by = STEPS[event.key];
    if (!by) return;
    event.preventDefault();
    go(timeS + by * (event.shiftKey ? 10 : 1));
  };
  const typedTime = () => {
    const [hours, minutes, seconds = "0"] = typed.value.split(":");
    const found = 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
    if (Number.isFinite(found)) go(found);
    else typed.value = clockText(timeS);
  };
  const windowBytes = (/** @type {any} */ part) => {
    const known = loaded.get(part.at);
    if (known) return known;
    const asked = bytesOf(job.links.files[trace.power_file], part.at, part.bytes);
    loaded.set(part.at, asked);
    asked.catch(() => loaded.delete(part.at));
    return asked;
  };
  const draw = async () => {
    slider.value = String(timeS);
    slider.setAttribute("aria-valuetext", clockText(timeS));
    clock.textContent = clockText(timeS);
    if (document.activeElement !== typed) typed.value = clockText(timeS);
    const part = windowAt(trace.windows, timeS);
    const at = timeS;
    try {
      const state = secondOf(trace, part, await windowBytes(part), at);
      if (at !== timeS) return;
      picture.replaceChildren(...pictures(trace, state));
      tables.replaceChildren(...(/** @type {HTMLDetailsElement} */ (details).open ? tablesOf(trace, state) : []));
    } catch (problem) {
      picture.replaceChildren(problemView(problem));
    }
  };
  void draw();
  return element(
    "div", {}, computedAt(job), element("p", {}, t("power.day_text", { kwh: formatWhole(trace.energy_kwh), day: trace.seed === null ? t("trace.undisturbed") : t("trace.disturbed") })),
    overview(trace), element("h2", {}, t("power.second")),
    element("div", { class: "second" }, clock, slider, labelledTime(typed), element("p", { class: "quiet" }, t("power.keys"))), picture, details, dayTable(trace),
  ); // prettier-ignore
}

/** @param {HTMLElement} typed */
const labelledTime = (typed) => element("label", {}, element("span", {}, t("engineer.time")), typed);

/** The first second of the minute with the largest power. @param {any} trace */
function busiest(trace) {
  const { power_kw, from_s } = trace.minutes;
  return from_s[power_kw.indexOf(Math.max(...power_kw))];
}

/** The day by minutes: power of all substations, lowest voltage. @param {any} trace */
function overview(trace) {
  const { from_s, power_kw, lowest_v } = trace.minutes;
  const points = (/** @type {number[]} */ values) => from_s.map((/** @type {number} */ at, /** @type {number} */ k) => [at, values[k]]);
  const span = { from_s: from_s[0], to_s: from_s[from_s.length - 1] };
  const floor = Math.floor((Math.min(...lowest_v) - 10) / 50) * 50;
  return element(
    "section", { class: "two-charts" },
    stepChart({ title: t("power.minutes"), unit: "kW", ...span, file: `power-${trace.scenario}`, height: 180, series: [{ name: t("power.delivered_now"), form: "plan", points: points(power_kw) }] }),
    stepChart({ title: t("power.lowest_by_minute"), unit: "V", ...span, lowest: floor, file: `voltage-${trace.scenario}`, height: 180, series: [{ name: t("power.lowest"), form: "plan", points: points(lowest_v) }] }),
  ); // prettier-ignore
}

/** @param {any} trace @param {import("./power_window.js").SecondState} state */
function pictures(trace, state) {
  const sums = sumsOf(state);
  const stations = trace.stations;
  const span = { from_s: trace.low_m, to_s: trace.high_m };
  const across = { name: t("line.chainage"), text: (/** @type {number} */ value) => formatWhole(value), labels: stations.map((/** @type {any} */ one) => ({ at: one.chainage_m, text: one.title })) };
  const voltages = [...state.trains.map((one) => one.voltage_v), ...state.substations.map((one) => one.voltage_v).filter((one) => one > 0)];
  const lowest = Math.floor((Math.min(trace.no_load_v, ...voltages) - 5) / 20) * 20;
  const track = (/** @type {"up" | "down"} */ way) => ({ name: t(`room.${way}`), form: way === "up" ? "plan" : "today", isStep: false, points: voltageAlong(state, way, trace.low_m, trace.high_m) });
  const at = /** @type {(places: any[], field: string) => [number, number][]} */ ((places, field) => places.map((one) => [one.chainage_m, one[field]]));
  const live = state.substations.filter((one) => one.voltage_v > 0);
  const voltage = { title: t("power.voltage_along"), unit: "V", lowest, file: "", across, ...span, series: [track("up"), track("down"), { name: t("power.substation"), form: "late", isDotted: true, points: at(live, "voltage_v") }], limit: { value: trace.no_load_v, name: t("power.no_load") } };
  const power = { title: t("power.power_along"), unit: "kW", file: "", across, ...span, series: [{ name: t("power.substation"), form: "late", isStem: true, points: at(state.substations, "power_kw") }, { name: t("power.train"), form: "plan", isStem: true, points: at(state.trains, "power_kw") }] };
  const lowestText = sums.lowest ? t("power.lowest_at", { v: formatTenth(sums.lowest.voltage_v), m: formatWhole(sums.lowest.chainage_m), trip: sums.lowest.trip }) : "";
  return [
    element("p", { class: "sums" }, t("power.sums", { delivered: formatWhole(sums.delivered_kw), drawn: formatWhole(sums.drawn_kw), regenerated: formatWhole(sums.regenerated_kw), n: state.trains.length }), " ", lowestText),
    stepChart({ ...voltage, hasTable: false }),
    stepChart({ ...power, hasTable: false }),
  ];
}

/** @param {any} trace @param {import("./power_window.js").SecondState} state */
function tablesOf(trace, state) {
  const cell = (/** @type {string} */ text) => element("td", {}, text);
  const row = (/** @type {string} */ name, /** @type {string[]} */ cells) => element("tr", {}, element("th", { scope: "row" }, name), ...cells.map(cell));
  const stations = state.substations.map((one) => row(one.name, [formatWhole(one.chainage_m), formatWhole(one.power_kw), formatTenth(one.voltage_v)]));
  const trains = state.trains.map((one) => row(one.trip, [t(`room.${one.direction}`), formatWhole(one.chainage_m), formatWhole(one.power_kw), formatTenth(one.voltage_v)]));
  const stores = state.storages.map((one) => row(one.name, [formatWhole(one.chainage_m), formatWhole(one.power_kw), formatTenth(one.charge_percent)]));
  const csv = () => {
    const head = ["kind", "name", "direction", "chainage_m", "power_kw", "voltage_v", "charge_percent"];
    const rows = [...state.substations.map((one) => ["substation", one.name, "", one.chainage_m, one.power_kw, one.voltage_v, ""]), ...state.trains.map((one) => ["train", one.trip, one.direction, one.chainage_m, one.power_kw, one.voltage_v, ""]), ...state.storages.map((one) => ["storage", one.name, "", one.chainage_m, one.power_kw, "", one.charge_percent])];
    downloadRows([head, ...rows], `${trace.scenario}-${clockText(state.time_s).replaceAll(":", "")}.csv`);
  };
  return [
    element("p", {}, element("button", { type: "button", onclick: csv }, "CSV")),
    table([t("power.substation"), t("line.chainage"), "kW", "V"], stations, t("power.substations")),
    table([t("power.train"), t("service.direction"), t("line.chainage"), "kW", "V"], trains, t("power.trains")),
    ...(stores.length ? [table([t("power.storage"), t("line.chainage"), "kW", t("power.charge")], stores, t("power.storage"))] : []),
  ];
}

/** The day of each substation. @param {any} trace */
function dayTable(trace) {
  const names = ["delivered_kwh", "returned_kwh", "peak_1s_kw", "peak_15min_kw"];
  const rows = trace.figures.map((/** @type {any} */ one) => element("tr", {}, element("th", { scope: "row" }, one.name), ...names.map((name) => element("td", {}, formatWhole(one[name])))));
  return element("section", {}, element("h2", {}, t("power.day_of_substations")), table([t("power.substation"), t("power.delivered_kwh"), t("power.returned_kwh"), t("power.peak_1s"), t("power.peak_15min")], rows, t("power.day_of_substations")));
}
