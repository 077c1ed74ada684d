/** Alarms of the fleet: changes of parameters, the most expensive first, with since when, how sure, and what they cost. */
import { element } from "../element.js";
import { formatDay, formatDigits, formatTenth, t } from "../locale.js";
import { digitsFor } from "./estimates.js";
import { csvButton, parameterName, section, signed } from "./parts.js";

/** @typedef {import("./state.js").Page} Page */

/** How sure a finding is: the probability that it is no chance. @param {number} chance */
export const sureText = (chance) => (chance < 1e-4 ? `> ${formatDigits(99.99, 2)} %` : `${formatDigits(100 * (1 - chance), 2)} %`);

/** The change of a parameter with its interval and unit. @param {any} one */
export function changeText(one) {
  const half = (one.change_upper - one.change_lower) / 2;
  const digits = digitsFor(half);
  const unit = one.unit === "share" ? "" : ` ${one.unit}`;
  return `${signed(one.change, (value) => formatDigits(value, digits))} ± ${formatDigits(half, digits)}${unit}`;
}

/** @param {any} one */
export function sinceText(one) {
  if (one.kind === "drift") return t("fleet.drift_since", { day: formatDay(one.since) });
  return one.since_from === one.since_to ? formatDay(one.since) : t("fleet.since_range", { day: formatDay(one.since), from: formatDay(one.since_from, "short"), to: formatDay(one.since_to, "short") });
}

/** @param {any} fleet @param {Page} page */
export function findingsView(fleet, page) {
  const { findings } = fleet;
  const rows = () => [
    ["vehicle", "parameter", "kind", "change", "change_lower", "change_upper", "unit", "since", "since_from", "since_to", "chance", "kwh_a_day"],
    ...findings.map((/** @type {any} */ one) => [one.vehicle, one.parameter, one.kind, one.change, one.change_lower, one.change_upper, one.unit, one.since, one.since_from, one.since_to, one.chance, one.kwh_a_day]),
  ]; // prettier-ignore
  if (!findings.length) return section(t("fleet.alarms"), [], element("p", { class: "quiet" }, t(enoughDays(fleet) ? "fleet.no_alarms" : "fleet.few_days")));
  const items = findings.map((/** @type {any} */ one) => {
    const isWorse = one.kwh_a_day > 0;
    const link = element("a", { href: page.address({ vehicle: one.vehicle, parameter: one.parameter }), "data-key": `alarm-${one.vehicle}-${one.parameter}`, onclick: page.follow({ vehicle: one.vehicle, parameter: one.parameter }) }, `${one.vehicle}: ${parameterName(one.parameter)}`);
    return element(
      "li",
      { class: isWorse ? "worse" : "better" },
      element("span", { class: "sign", "aria-hidden": "true" }, isWorse ? "▲" : "▽"),
      element("div", {}, link, element("p", {}, t(`fleet.change.${one.kind}`, { change: changeText(one), since: sinceText(one) })), element("p", { class: "quiet" }, t("fleet.sure", { percent: sureText(one.chance) }))),
      element("strong", { class: "cost" }, t("fleet.kwh_a_day", { kwh: signed(one.kwh_a_day, formatTenth) })),
    );
  });
  return section(t("fleet.alarms_n", { n: findings.length }), [csvButton(`alarms-${fleet.line}`, rows)], element("ol", { class: "alarms" }, ...items));
}

/** Whether a vehicle has models of enough days for a change to be found. @param {any} fleet */
export const enoughDays = (fleet) => fleet.vehicles.some((/** @type {any} */ one) => one.models >= 5);
