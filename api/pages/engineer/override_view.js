/** The overrides of a scenario as differences: path, value before, value after. */
import { element } from "../element.js";
import { downloadRows } from "../graph_tools.js";
import { formatWhole, known, t } from "../locale.js";

const LONGEST = 120;

/** A value of a difference as text; a long list is counted. @param {any} value */
export function valueText(value) {
  if (value === null || value === undefined || (Array.isArray(value) && !value.length)) return t("form.not_given");
  if (typeof value === "object" && Object.keys(value).length === 1 && typeof value.count === "number") return t("override.rows", { n: formatWhole(value.count) });
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {{ name: string, changes: { path: string[], before: any, after: any }[] }[]} overrides @param {string} line */
export function overridesView(overrides, line) {
  const csv = () => downloadRows([["override", "path", "before", "after"], ...overrides.flatMap((one) => one.changes.map((change) => [one.name, change.path.join("."), valueText(change.before), valueText(change.after)]))], `overrides-${line}.csv`);
  const head = [t("engineer.override"), t("override.path"), t("override.before"), t("override.after")].map((one) => element("th", { scope: "col" }, one));
  const groups = overrides.map((one) => element("tbody", {}, ...one.changes.map((change, k) => changeRow(one, change, k))));
  const table = element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": t("override.title") }, element("table", {}, element("thead", {}, element("tr", {}, ...head)), ...groups));
  return element("section", { class: "overrides" }, element("h2", {}, t("override.title")), ...(overrides.length ? [element("p", {}, element("button", { type: "button", onclick: csv }, "CSV")), table] : [element("p", { class: "quiet" }, t("override.none"))]));
}

/** @param {{ name: string, changes: any[] }} override @param {{ path: string[], before: any, after: any }} change @param {number} k */
function changeRow(override, change, k) {
  const cell = (/** @type {"del" | "ins"} */ tag, /** @type {string} */ text) => element("td", {}, text.length > LONGEST ? element("details", {}, element("summary", {}, `${text.slice(0, 60)}…`), element(tag, {}, text)) : element(tag, {}, text));
  const name = k ? null : element("th", { scope: "rowgroup", rowspan: override.changes.length }, element("code", {}, override.name), element("small", {}, known(`change.${override.name}`, t("change.other"))));
  return element("tr", {}, name, element("td", {}, element("code", {}, change.path.join("."))), cell("del", valueText(change.before)), cell("ins", valueText(change.after)));
}
