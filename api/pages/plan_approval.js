/** The approval of a plan: its state among all states, who took which step, and the steps that may follow. */
import { ask, exchange } from "./client.js";
import { element } from "./element.js";
import { formatDay, formatTime, t } from "./locale.js";
import { table } from "./plan_power.js";
import { problemView } from "./problem_view.js";
import { saidOr } from "./said.js";
import { ALLOWED, mayDo } from "./roles.js";

export const STATES = /** @type {const} */ (["draft", "checked", "judged", "approved", "active", "superseded"]);
/** The steps of each state, with the action that a role must allow. @type {Record<string, [string, string][]>} */
const STEPS = { draft: [["archive", "approve"]], checked: [["archive", "approve"]], archived: [["restore", "approve"]], judged: [["approve", "approve"], ["archive", "approve"]], approved: [["activate", "approve"], ["withdraw", "approve"]], active: [["roll-back", "roll_back"]] };

/** The states in their order, with the present one. @param {any} plan */
export function stateLine(plan) {
  const { state, active_from } = plan.approval;
  const place = STATES.indexOf(state);
  const names = place < 0 ? [...STATES, state] : STATES;
  const items = names.map((one, k) => element("li", { class: k < place ? "past" : null, "aria-current": one === state ? "step" : null }, t(`approval.${one}`)));
  return element("ol", { class: "states", "aria-label": t("approval.title") }, ...items, active_from ? element("li", { class: "from" }, t("approval.from", { day: formatDay(active_from) })) : null);
}

/** @param {any} plan @param {any} session @param {() => void} changed */
export function approvalView(plan, session, changed) {
  const line = plan.order.scenario.split("+")[0];
  const told = element("div", { role: "alert" });
  const history = element("div", {}, element("p", { class: "quiet" }, t("loading")));
  const note = /** @type {HTMLTextAreaElement} */ (element("textarea", { rows: 2, maxlength: 2000 }));
  const day = /** @type {HTMLInputElement} */ (element("input", { type: "date" }));
  const steps = STEPS[plan.approval.state] ?? [];
  const take = async (/** @type {string} */ step, /** @type {HTMLButtonElement} */ button) => {
    button.disabled = true;
    told.replaceChildren();
    try {
      const json = { "Content-Type": "application/json" };
      if (step === "roll-back") await ask(`/v1/lines/${line}/roll-back`, { method: "POST", headers: json, body: JSON.stringify({ note: note.value }) });
      else {
        const { body, tag } = await exchange(`/v1/plans/${plan.id}`);
        // The step holds for the plan that is in view, not for one that changed meanwhile.
        if (body.version !== plan.version || body.approval.state !== plan.approval.state) throw { title: t("approval.changed"), detail: t("approval.changed_text") };
        const order = { step, note: note.value, active_from: step === "activate" && day.value ? day.value : null };
        await ask(`/v1/plans/${plan.id}/approval`, { method: "POST", headers: { ...json, "If-Match": tag ?? "" }, body: JSON.stringify(order) });
      }
      changed();
    } catch (problem) {
      told.replaceChildren(problemView(problem));
      button.disabled = false;
    }
  };
  const buttons = steps.map(([step, action], k) => {
    const may = mayDo(session, action, line);
    const button = /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: k === 0 && step !== "archive" ? "primary" : null, disabled: !may, onclick: () => take(step, button) }, t(`approval.do.${step}`)));
    return may ? button : element("span", {}, button, element("small", { class: "quiet" }, t("approval.may_not", { roles: ALLOWED[action].map((one) => t(`role.${one}`)).join(", ") })));
  });
  const hasDay = steps.some(([step]) => step === "activate");
  void fill(plan.id, history);
  return element(
    "section", { class: "approval" }, stateLine(plan), element("p", {}, t(`approval.text.${plan.approval.state}`)), element("p", { class: "quiet" }, t("approval.ordered_by", { who: plan.ordered_by })),
    ...(steps.length ? [element("label", {}, t("approval.note"), note)] : []), hasDay ? element("label", {}, t("approval.day"), day) : null,
    steps.length ? element("p", { class: "buttons" }, ...buttons) : null, told, element("h2", {}, t("approval.history")), history,
  ); // prettier-ignore
}

/** @param {string} id @param {HTMLElement} place */
async function fill(id, place) {
  try {
    const { steps } = await ask(`/v1/plans/${id}/approval`);
    const rows = steps.map((/** @type {any} */ one) => element("tr", {}, ...[formatTime(one.at), t(`approval.${one.before}`), t(`approval.${one.after}`), one.active_from ? formatDay(one.active_from) : "", one.by, saidOr(one.note)].map((text) => element("td", {}, text))));
    const head = ["when", "before", "after", "from_day", "by", "note"].map((one) => t(`approval.column.${one}`));
    place.replaceChildren(rows.length ? table(head, rows, t("approval.history")) : element("p", { class: "quiet" }, t("approval.no_steps")));
  } catch (problem) {
    place.replaceChildren(problemView(problem));
  }
}
