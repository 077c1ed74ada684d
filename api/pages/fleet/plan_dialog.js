/** Order a plan with the present models: the vehicles with the versions of their models, and one button. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { formatDay, formatWhole, t } from "../locale.js";
import { problemView } from "../problem_view.js";
import { part } from "./parts.js";

/** The order of a plan with the models of some vehicles. @param {string} line @param {any[]} vehicles @param {string[]} chosen @param {string} effort @param {string} objective */
export function planOrder(line, vehicles, chosen, effort, objective) {
  const versions = Object.fromEntries(vehicles.filter((one) => chosen.includes(one.vehicle)).map((one) => [one.vehicle, one.model.version]));
  return { scenario: line, mode: "equal-service", objective, effort, fleet_versions: versions };
}

/** @param {any} fleet */
export function openPlanDialog(fleet) {
  const dialog = /** @type {HTMLDialogElement} */ (part("plan-dialog"));
  const told = element("div", { role: "status" });
  const left = new Set(fleet.left_out.map((/** @type {any} */ one) => one.vehicle));
  const usable = fleet.vehicles.filter((/** @type {any} */ one) => !left.has(one.vehicle));
  const boxes = usable.map((/** @type {any} */ one) => element("label", { class: "check" }, element("input", { type: "checkbox", name: "vehicle", value: one.vehicle, checked: true }), ` ${one.vehicle} · ${formatDay(one.model.day)} · `, element("code", {}, one.model.version.slice(0, 12))));
  const select = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ options) => element("label", {}, label, element("select", { name }, ...options.map(([value, text]) => element("option", { value }, text))));
  const accept = /** @type {HTMLButtonElement} */ (element("button", { type: "submit", class: "primary" }, t("fleet.order_plan")));
  const form = /** @type {HTMLFormElement} */ (
    element("form", {},
      element("h2", { id: "plan-dialog-title" }, t("fleet.use_models")),
      element("p", {}, t("fleet.use_models_text")),
      element("fieldset", { class: "versions" }, element("legend", {}, t("fleet.versions_n", { n: formatWhole(usable.length) })), ...boxes),
      select("objective", t("to_save"), ["energy", "cost", "co2"].map((one) => [one, t(`objective.${one}`)])),
      select("effort", t("effort"), ["quick", "standard", "thorough"].map((one) => [one, t(`effort.${one}`)])),
      told,
      element("div", { class: "buttons" }, accept, element("button", { type: "button", onclick: () => dialog.close() }, t("room.cancel"))))
  ); // prettier-ignore
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const order = planOrder(fleet.line, usable, given.getAll("vehicle").map(String), String(given.get("effort")), String(given.get("objective")));
    if (!Object.keys(order.fleet_versions).length) return told.replaceChildren(t("fleet.no_vehicle_chosen"));
    accept.disabled = true;
    told.replaceChildren(t("job.ordered"));
    try {
      const plan = await ask("/v1/plans", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
      const link = element("a", { href: `/#${plan.id}`, class: "primary" }, t("fleet.to_plan"));
      told.replaceChildren(element("p", {}, t("fleet.plan_ordered", { n: Object.keys(order.fleet_versions).length })), link);
      link.focus();
    } catch (problem) {
      accept.disabled = false;
      told.replaceChildren(problemView(problem));
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  accept.focus();
}
