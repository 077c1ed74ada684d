/** One vehicle: its parameters against the scenario, the history of each over the models, and its versions. */
import { element } from "../element.js";
import { formatDay, formatDigits, formatTenth, formatTime, t } from "../locale.js";
import { problemView } from "../problem_view.js";
import { ENERGY } from "./address.js";
import { apart, figures, rangeOf, within } from "./estimates.js";
import { changeText, sinceText, sureText } from "./findings_view.js";
import { estimateText, historyChart, intervalAxis, intervalRow, keyOf } from "./interval_chart.js";
import { csvButton, parameterName, section, signed, table } from "./parts.js";

/** @typedef {import("./state.js").Page} Page */

/** A value with four significant figures. @param {number} value */
const formatFigures = (value) => formatDigits(value, figures(value));
/** The axis of the differences from the scenario goes no further. */
const MOST_APART_PERCENT = 60;

/** @param {any} history of the vehicle, null while it is read @param {any} problem @param {Page} page */
export function vehicleView(history, problem, page) {
  const { vehicle } = page.view;
  if (!vehicle) return element("section", { class: "vehicle" }, element("p", { class: "quiet" }, t("fleet.choose_vehicle")));
  if (problem) return element("section", { class: "vehicle" }, element("h2", {}, vehicle), problemView(problem));
  if (!history || history.vehicle !== vehicle) return element("section", { class: "vehicle" }, element("h2", {}, vehicle), element("p", { class: "quiet", role: "status" }, t("fleet.reading")));
  const model = history.models[history.models.length - 1];
  return element(
    "section",
    { class: "vehicle", "aria-label": vehicle },
    element("h2", {}, vehicle, element("small", { class: "quiet" }, ` ${model.train_type} · ${t("fleet.of_day", { day: formatDay(model.day) })} · `, element("code", {}, model.version.slice(0, 12)))),
    parametersOf(history, model, page),
    historyOf(history, page),
    versionsOf(history),
  );
}

/** @param {any} history @param {any} model @param {Page} page */
function parametersOf(history, model, page) {
  const names = Object.keys(model.parameters);
  const differences = names.map((name) => apart(model.parameters[name]));
  const range = within(rangeOf(differences, [0]), MOST_APART_PERCENT);
  const head = [t("fleet.parameter"), t("fleet.estimate"), element("span", {}, t("fleet.from_scenario"), intervalAxis(range, 0))];
  const choose = (/** @type {string} */ name) =>
    element("button", { type: "button", class: "link", "aria-pressed": String(page.view.parameter === name), "data-key": `parameter-${name}`, onclick: () => page.look({ parameter: name }) }, parameterName(name), history.findings.some((/** @type {any} */ one) => one.parameter === name) ? ` ▲` : "");
  const rows = names.map((name, k) => {
    const one = model.parameters[name];
    return element("tr", { class: page.view.parameter === name ? "chosen" : null }, element("th", { scope: "row" }, choose(name)), element("td", { class: "two" }, element("span", {}, `${estimateText(one)} ${unitOf(one.unit)}`), one.scenario_value === null ? null : element("small", { class: "quiet" }, t("fleet.scenario_value", { value: formatFigures(one.scenario_value) }))), element("td", { class: "drawn" }, intervalRow(range, differences[k], { reference: 0 })));
  });
  if (model.normalised) rows.push(element("tr", { class: page.view.parameter === ENERGY ? "chosen" : null }, element("th", { scope: "row" }, choose(ENERGY)), element("td", { class: "number" }, `${estimateText(model.normalised)} ${model.normalised.unit}`), element("td", {})));
  const held = Object.entries(model.held).map(([name, value]) => element("li", {}, t("fleet.held", { name: parameterName(name), value: formatDigits(Number(value), 3) })));
  const missing = Object.entries(model.not_estimated).map(([name, reason]) => element("li", {}, `${parameterName(name)}: `, element("span", { lang: "en" }, String(reason))));
  const remarks = model.remarks.map((/** @type {string} */ one) => element("li", { lang: "en" }, one));
  const more = [...held, ...missing, ...remarks];
  const csv = () => [["parameter", "value", "lower", "upper", "unit", "scenario_value"], ...[...names.map((name) => [name, model.parameters[name]]), ...(model.normalised ? [[ENERGY, model.normalised]] : [])].map(([name, one]) => [name, one.value, one.lower, one.upper, one.unit, one.scenario_value])]; // prettier-ignore
  return element("div", {},
    element("header", { class: "with-tools" }, element("h3", {}, t("fleet.parameters")), csvButton(`model-${history.vehicle}-${model.day}`, csv)),
    table(t("fleet.parameters"), head, rows, "parameters"),
    keyOf([["point", t("fleet.key.interval")], ["reference", t("fleet.key.scenario")]]),
    model.intervals_widened_by > 1.0005 ? element("p", { class: "quiet" }, t("fleet.widened", { factor: formatDigits(model.intervals_widened_by, 2) })) : null,
    more.length ? element("details", {}, element("summary", { "data-key": "remarks" }, t("fleet.remarks", { n: more.length })), element("ul", {}, ...more)) : null,
  ); // prettier-ignore
}

/** The history of the chosen parameter. @param {any} history @param {Page} page */
function historyOf(history, page) {
  const name = page.view.parameter;
  const of = (/** @type {any} */ model) => (name === ENERGY ? model.normalised : model.parameters[name]);
  const models = newestOfDays(history.models).filter(of);
  const title = parameterName(name);
  const names = [...new Set([ENERGY, ...history.models.flatMap((/** @type {any} */ one) => Object.keys(one.parameters))])];
  const choice = element("select", { "data-key": "parameter", "aria-label": t("fleet.parameter"), onchange: (/** @type {any} */ event) => page.look({ parameter: event.target.value }) }, ...names.map((one) => element("option", { value: one, selected: one === name }, parameterName(one))));
  const header = (/** @type {(Node | null)[]} */ ...tools) => element("header", { class: "with-tools" }, element("h3", {}, t("fleet.history", { name: title })), element("div", { class: "buttons" }, choice, ...tools));
  if (!models.length) return element("div", {}, header(), element("p", { class: "quiet" }, t("fleet.no_history")));
  const points = models.map((/** @type {any} */ one) => ({ day: one.day, ...of(one) }));
  const latest = points[points.length - 1];
  const changes = history.findings.filter((/** @type {any} */ one) => one.parameter === name);
  const reference = latest.scenario_value ?? null;
  const unit = unitOf(latest.unit);
  const csv = () => [["day", "version", "value", "lower", "upper", "unit"], ...models.map((/** @type {any} */ one) => [one.day, one.version, of(one).value, of(one).lower, of(one).upper, of(one).unit])];
  const rows = points.map((one, k) => element("tr", {}, element("th", { scope: "row" }, formatDay(one.day)), element("td", { class: "number" }, `${estimateText(one)} ${unit}`), element("td", {}, element("code", {}, models[k].version.slice(0, 12)))));
  const keys = /** @type {[string, string][]} */ ([["point", t("fleet.key.interval")], ...(reference === null ? [] : [["across", t("fleet.key.scenario")]]), ...(changes.some((/** @type {any} */ one) => one.kind === "step") ? [["change", t("fleet.key.change")]] : [])]);
  return element("div", { class: "history" },
    header(csvButton(`history-${history.vehicle}-${name}`, csv)),
    ...changes.map((/** @type {any} */ one) => element("p", { class: "notice" }, `${one.kwh_a_day > 0 ? "▲" : "▽"} ${t(`fleet.change.${one.kind}`, { change: changeText(one), since: sinceText(one) })} ${t("fleet.sure", { percent: sureText(one.chance) })} ${t("fleet.kwh_a_day", { kwh: signed(one.kwh_a_day, formatTenth) })}`)),
    element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": t("fleet.history", { name: title }) }, historyChart({ title, unit, points, reference, changes })),
    keyOf(keys),
    element("details", { class: "graph-table" }, element("summary", { "data-key": "history-table" }, t("graph.table")), table(t("fleet.history", { name: title }), [t("fleet.day"), t("fleet.estimate"), t("fleet.version")], rows)),
  ); // prettier-ignore
}

/** The model of each day that was made last. @param {any[]} models in the order of their days and of their making */
export const newestOfDays = (models) => models.filter((one, k) => models[k + 1]?.day !== one.day);

/** @param {any} history */
function versionsOf(history) {
  const rows = [...history.models].reverse().map((/** @type {any} */ one) => element("tr", {}, element("th", { scope: "row" }, formatDay(one.day)), element("td", {}, element("a", { href: one.links.content, download: `${history.vehicle}_${one.day}.json` }, element("code", {}, one.version.slice(0, 12)))), element("td", {}, formatTime(one.calibrated_at)), element("td", {}, one.calibrated_by), element("td", { class: "number" }, formatTenth(one.hours_used))));
  return element("details", {}, element("summary", { "data-key": "versions" }, t("fleet.versions", { n: history.models.length })), table(t("fleet.versions", { n: history.models.length }), [t("fleet.day"), t("fleet.version"), t("fleet.calibrated_at"), t("fleet.by"), t("fleet.hours_used")], rows));
}

/** @param {string} unit */
const unitOf = (unit) => (unit === "share" ? "" : unit);
