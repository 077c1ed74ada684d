/** The overrides of a scenario as differences: path, value before, value after. */
import { element } from "../element.js";
import { downloadRows } from "../graph_tools.js";
import { formatWhole, known, t } from "../locale.js";
import { table } from "../plan_power.js";

const LONGEST = 160;

/** A value of a difference as text; a long list is counted. @param {any} value */
export function valueText(value) {
  if (value === null || value === undefined) return t("form.not_given");
  if (typeof value === "object" && Object.keys(value).length === 1 && typeof value.count === "number") return t("override.rows", { n: formatWhole(value.count) });
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {{ name: string, changes: { path: string[], before: any, after: any }[] }[]} overrides @param {string} line */
export function overridesView(overrides, line) {
  const csv = () => downloadRows([["override", "path", "before", "after"], ...overrides.flatMap((one) => one.changes.map((change) => [one.name, change.path.join("."), valueText(change.before), valueText(change.after)]))], `overrides-${line}.csv`);
  const views = overrides.map((one) => element("details", { class: "override", open: one.changes.length <= 3 }, element("summary", {}, element("code", {}, one.name), " ", element("small", {}, t("override.count", { n: one.changes.length }))), element("p", { class: "quiet" }, known(`change.${one.name}`, t("change.other"))), table([t("override.path"), t("override.before"), t("override.after")], one.changes.map(changeRow), one.name)));
  return element("section", { class: "overrides" }, element("h2", {}, t("override.title")), overrides.length ? element("p", {}, element("button", { type: "button", onclick: csv }, "CSV")) : element("p", { class: "quiet" }, t("override.none")), ...views);
}

/** @param {{ path: string[], before: any, after: any }} change */
function changeRow(change) {
  const [before, after] = [valueText(change.before), valueText(change.after)];
  const cell = (/** @type {"del" | "ins"} */ tag, /** @type {string} */ text) => element("td", {}, text.length > LONGEST ? element("details", {}, element("summary", {}, `${text.slice(0, 60)}…`), element(tag, {}, text)) : element(tag, {}, text));
  return element("tr", {}, element("th", { scope: "row" }, element("code", {}, change.path.join("."))), cell("del", before), cell("ins", after));
}
