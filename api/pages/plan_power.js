/** Power and savings of a plan: the day in quarter hours, each substation, each lever, and the limits. */
import { element } from "./element.js";
import { formatTenth, formatWhole, known, t } from "./locale.js";
import { daySpan } from "./plan_service.js";
import { saidOr } from "./said.js";
import { stepChart } from "./step_chart.js";

/** @param {any} plan @param {any | null} document */
export function powerView(plan, document) {
  const { result } = plan;
  const limit = result.options.peak_limit_kw;
  const chart = document?.power
    ? stepChart({
        title: t("power.day"), unit: t("unit.kw"), ...daySpan(document), file: `power-${plan.id}`, limit: limit ? { value: limit, name: t("power.limit", { kw: formatWhole(limit) }) } : null,
        series: [{ name: t("graph.layer.today"), form: "today", points: document.power.today }, { name: t("graph.layer.plan"), form: "plan", points: document.power.plan }],
      }) // prettier-ignore
    : null;
  return element("div", {}, leversView(result), chart, figuresView(result), substationsView(result));
}

/** The saving by lever as bars with their numbers. @param {any} result */
export function leversView(result) {
  if (!result.levers?.length) return null;
  const widest = Math.max(...result.levers.map((/** @type {any} */ one) => Math.abs(one.saving_kwh)), 1);
  const rows = result.levers.map((/** @type {any} */ one) => {
    const bar = share(one.saving_kwh, widest);
    return element("tr", {}, element("th", { scope: "row" }, known(`lever.${one.name}`, one.name)), element("td", {}, formatWhole(one.saving_kwh)), element("td", { class: "bar" }, bar));
  });
  return element("section", {}, element("h2", {}, t("power.levers")), element("p", { class: "quiet" }, t("power.levers_text")), element("div", { class: "wide" }, element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, t("power.lever")), element("th", { scope: "col" }, t("power.saving")), element("td", {}))), element("tbody", {}, ...rows))));
}

/** A bar to the right of zero for a saving, to the left and only outlined for the opposite. @param {number} value @param {number} widest */
function share(value, widest) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const length = (Math.abs(value) / widest) * 100;
  const parts = [
    ["line", { x1: 102, x2: 102, y1: 0, y2: 14, class: "zero" }],
    ["rect", { x: value < 0 ? 102 - length : 102, y: 2, width: length, height: 10, class: value < 0 ? "loss" : "saving" }],
  ];
  picture.setAttribute("viewBox", "0 0 204 14");
  picture.setAttribute("aria-hidden", "true");
  for (const [name, attributes] of parts) {
    const part = document.createElementNS("http://www.w3.org/2000/svg", String(name));
    for (const [key, number] of Object.entries(attributes)) part.setAttribute(key, String(number));
    picture.append(part);
  }
  return picture;
}

const FIGURES = /** @type {[string, number, boolean][]} */ ([
  ["energy_kwh", 0, true], ["utility_kwh", 0, true], ["peak_15min_kw", 0, true], ["regeneration_offered_kwh", 0, false], ["regeneration_used_kwh", 0, false], ["losses_kwh", 0, true],
  ["unserved_kwh", 1, true], ["mean_waiting_s", 1, true], ["cost", 0, true], ["co2_kg", 0, true], ["trips", 0, false], ["train_km", 0, false],
]); // prettier-ignore

/** @param {any} result */
function figuresView(result) {
  const rows = FIGURES.filter(([name]) => typeof result.plan[name] === "number" && typeof result.baseline[name] === "number").map(([name, digits]) => {
    const form = digits ? formatTenth : formatWhole;
    const change = result.plan[name] - result.baseline[name];
    const percent = result.baseline[name] && Math.abs(change) > 1e-9 ? `${change > 0 ? "+" : "−"}${formatTenth(Math.abs((100 * change) / result.baseline[name]))} %` : "";
    return element("tr", {}, element("th", { scope: "row" }, t(`figure.${name}`, { currency: result.currency ?? "" })), element("td", {}, form(result.baseline[name])), element("td", {}, form(result.plan[name])), element("td", {}, percent));
  });
  return element("section", {}, element("h2", {}, t("power.figures")), element("p", { class: "quiet" }, t("power.figures_text", { n: result.replications, point: saidOr(result.metering_point) })), table(["", t("graph.layer.today"), t("graph.layer.plan"), t("power.change")], rows, t("power.figures")));
}

/** @param {any} result */
function substationsView(result) {
  const before = new Map((result.baseline.substations ?? []).map((/** @type {any} */ one) => [one.name, one]));
  const rows = (result.plan.substations ?? []).map((/** @type {any} */ one) => {
    const was = before.get(one.name);
    const value = (/** @type {number | null | undefined} */ number) => element("td", {}, number === null || number === undefined ? "–" : formatWhole(number));
    return element("tr", {}, element("th", { scope: "row" }, one.name), value(was?.delivered_kwh), value(one.delivered_kwh), value(was?.peak_1min_kw), value(one.peak_1min_kw), value(was?.peak_2h_kw), value(one.peak_2h_kw), value(one.rated_power_kw));
  });
  if (!rows.length) return null;
  const both = [t("graph.layer.today"), t("graph.layer.plan")];
  const groups = element("tr", {}, element("td", {}), ...["power.delivered", "power.peak_minute", "power.peak_2h"].map((one) => element("th", { scope: "colgroup", colspan: 2 }, t(one))), element("th", { scope: "col" }, t("power.rated")));
  const head = element("tr", {}, element("th", { scope: "col" }, t("power.substation")), ...[...both, ...both, ...both].map((one) => element("th", { scope: "col" }, one)), element("td", {}));
  return element("section", {}, element("h2", {}, t("power.substations")), element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": t("power.substations") }, element("table", {}, element("thead", {}, groups, head), element("tbody", {}, ...rows))));
}

/** @param {string[]} head @param {HTMLElement[]} rows @param {string} name */
export function table(head, rows, name) {
  const titles = head.map((one) => (one ? element("th", { scope: "col" }, one) : element("td", {})));
  return element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": name }, element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)));
}
