/** A problem of the service: its title with every fault. */
import { element } from "./element.js";
import { t } from "./locale.js";

/** The sentence of a fault; the reasons of a wish that cannot be met have no field. @param {{ field?: string, detail: string }} fault */
export function faultText(fault) {
  return fault.field && !fault.detail.includes(fault.field) ? `${fault.field}: ${fault.detail}` : fault.detail;
}

/** @param {any} problem */
export function problemView(problem) {
  const faults = (problem.errors ?? []).map((/** @type {any} */ one) => element("li", {}, faultText(one)));
  const view = element("div", { class: "problem" }, element("strong", {}, problem.title ?? t("failed")));
  view.append(faults.length ? element("ul", {}, ...faults) : element("div", {}, problem.detail ?? String(problem)));
  return view;
}
