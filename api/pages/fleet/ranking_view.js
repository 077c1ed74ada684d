/** The vehicles with their present models, ranked by normalised energy: each with its interval on a common axis. */
import { element } from "../element.js";
import { formatDay, formatTenth, formatWhole, t } from "../locale.js";
import { orderedVehicles, rangeOf, rangeTicks, digitsFor } from "./estimates.js";
import { ORDERS } from "./address.js";
import { estimateText, intervalAxis, intervalRow, keyOf } from "./interval_chart.js";
import { csvButton, section, signed, table } from "./parts.js";

/** @typedef {import("./state.js").Page} Page */

/** @param {any} fleet @param {Page} page */
export function rankingView(fleet, page) {
  const { view } = page;
  const shown = orderedVehicles([...fleet.vehicles], view.order, view.words);
  const energies = fleet.vehicles.map((/** @type {any} */ one) => one.rank?.pooled ?? one.model.normalised);
  const range = rangeOf(energies, fleet.vehicles.flatMap((/** @type {any} */ one) => (one.rank ? [one.rank.own.value] : [])));
  const ticks = rangeTicks(range.low, range.high, 3);
  const axis = intervalAxis(range, ticks.length > 1 ? digitsFor((ticks[1] - ticks[0]) * 5) : 1);
  const types = new Set(fleet.vehicles.map((/** @type {any} */ one) => one.model.train_type));
  const head = [t("fleet.rank"), t("fleet.vehicle"), element("span", {}, t("fleet.energy"), axis), t("fleet.kwh_km"), t("fleet.model"), t("fleet.alarm_column")];
  const rows = shown.map((one) => rowOf(one, range, types.size > 1, page));
  const order = element("select", { "data-key": "order", onchange: (/** @type {any} */ event) => page.look({ order: event.target.value }) }, ...ORDERS.map((name) => element("option", { value: name, selected: name === view.order }, t(`fleet.order.${name}`))));
  const words = element("input", { type: "search", "data-key": "words", value: view.words, maxlength: 80, oninput: (/** @type {any} */ event) => page.look({ words: event.target.value }) });
  const csv = () => [
    ["rank", "rank_from", "rank_to", "vehicle", "train_type", "day", "version", "own_kwh_km", "own_lower", "own_upper", "pooled_kwh_km", "pooled_lower", "pooled_upper", "weight", "models", "findings"],
    ...shown.map((one) => [one.rank?.rank ?? null, one.rank?.rank_from ?? null, one.rank?.rank_to ?? null, one.vehicle, one.model.train_type, one.model.day, one.model.version, ...estimateCells(one.rank?.own ?? one.model.normalised), ...estimateCells(one.rank?.pooled), one.rank?.weight ?? null, one.models, one.findings.length]),
  ]; // prettier-ignore
  return section(
    t("fleet.ranking"),
    [csvButton(`ranking-${fleet.line}`, csv)],
    element("p", { class: "quiet" }, t("fleet.ranking_text")),
    fleet.is_ranking_current ? null : element("p", { class: "notice" }, `▲ ${t("fleet.old_ranking")}`),
    element("div", { class: "filters" }, element("label", {}, t("fleet.find"), words), element("label", {}, t("fleet.order"), order)),
    shown.length ? table(t("fleet.ranking"), head, rows, "ranking") : element("p", { class: "quiet", role: "status" }, t("fleet.no_vehicle_fits")),
    keyOf([["point", t("fleet.key.pooled")], ["own", t("fleet.key.own")]]), // prettier-ignore
    fleet.left_out.length ? element("ul", { class: "quiet" }, ...fleet.left_out.map((/** @type {any} */ one) => element("li", {}, t("fleet.left_out", { vehicle: one.vehicle, reason: one.reason })))) : null,
  );
}

/** @param {any} one @param {import("./interval_chart.js").Range} range @param {boolean} hasTypes @param {Page} page */
function rowOf(one, range, hasTypes, page) {
  const { rank, model } = one;
  const energy = rank?.pooled ?? model.normalised;
  const place = !rank ? t("fleet.not_ranked") : rank.rank_from === rank.rank_to ? formatWhole(rank.rank) : t("fleet.rank_range", { rank: rank.rank, from: rank.rank_from, to: rank.rank_to });
  const isShown = page.view.vehicle === one.vehicle;
  const link = element("a", { href: page.address({ vehicle: one.vehicle }), "aria-current": isShown && "true", "data-key": `vehicle-${one.vehicle}`, onclick: page.follow({ vehicle: one.vehicle }) }, one.vehicle);
  const cost = Math.max(...one.findings.map((/** @type {any} */ found) => found.kwh_a_day));
  const alarm = one.findings.length ? `${cost > 0 ? "▲" : "▽"}${one.findings.length > 1 ? ` ${formatWhole(one.findings.length)} ·` : ""} ${signed(cost, formatTenth)}` : "";
  return element(
    "tr",
    { class: isShown ? "chosen" : null },
    element("td", {}, place),
    element("th", { scope: "row" }, link, hasTypes ? element("small", {}, ` ${model.train_type}`) : null),
    element("td", { class: "drawn" }, intervalRow(range, energy, { own: rank?.own ?? null })),
    element("td", { class: "number" }, energy ? estimateText(energy) : ""),
    element("td", { class: "two" }, element("span", {}, formatDay(model.day)), element("code", { class: "quiet" }, model.version.slice(0, 12))),
    element("td", { class: "number" }, alarm),
  );
}

/** @param {any} one */
export const estimateCells = (one) => (one ? [one.value, one.lower, one.upper] : [null, null, null]);
