/** The headways that could be had; each of them can be planned with a click. */
import { element } from "./element.js";
import { formatTenth, formatWhole, t } from "./locale.js";

/** @param {any} plan @param {(order: any, button: HTMLElement) => void} place */
export function tradeView(plan, place) {
  const { result, order } = plan;
  if (!result.pareto.length) return [];
  const head = ["", "kWh", t("trade.waiting"), t("trade.fullest"), t("trade.trips"), t("trade.trains"), result.currency ?? t("trade.cost"), t("trade.co2"), ""];
  const rows = result.pareto.map((/** @type {any} */ row) => {
    const name = row.number === 0 ? t("trade.today") : row.number === null ? t("trade.asked") : String(row.number);
    const cells = [name, formatWhole(row.energy_kwh), formatTenth(row.mean_waiting_s), formatWhole(100 * row.fullest_train_share), row.trips, row.vehicles, formatWhole(row.cost), formatTenth(row.co2_kg / 1000)];
    const button = element("button", { type: "button", onclick: () => place({ ...order, mean_waiting_s: null, pick: row.number }, button) }, t("trade.plan"));
    const last = row.chosen ? t("trade.this") : row.number ? button : "";
    return element("tr", { class: row.chosen ? "chosen" : null }, ...cells.map((cell) => element("td", {}, String(cell))), element("td", {}, last));
  });
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))), element("tbody", {}, ...rows));
  return [
    element("h2", {}, t("headways_title")),
    element("p", { class: "quiet" }, t("headways_text")),
    element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": t("headways_title") }, table),
  ];
}
