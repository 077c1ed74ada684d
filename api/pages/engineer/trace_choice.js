/** Which day is traced: the timetable in force or a plan, an override, with or without disturbances. Shared by power and replay. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { formatTime, t } from "../locale.js";
import { choice, computed, isSame, labelled, overrideChoice } from "./parts.js";

/** @param {import("./parts.js").Context} context @param {(job: any) => HTMLElement} show @returns {HTMLElement} */
export function traceChoice(context, show) {
  const { line, state } = context;
  const box = element("div", {});
  const tools = element("div", { class: "graph-tools" });
  const wanted = { override: state.override ?? "", plan: state.plan ?? "", seed: state.seed ?? "" };
  const change = (/** @type {Partial<typeof wanted>} */ changed) => {
    Object.assign(wanted, changed);
    context.keep({ ...wanted, t: null });
    draw();
  };
  const draw = () => {
    const order = { scenario: line.name, overrides: wanted.override ? [wanted.override] : [], plan: wanted.plan || null, seed: wanted.seed === "" ? null : Number(wanted.seed) };
    const fits = (/** @type {any} */ one) => isSame([one.overrides, one.plan, one.seed], [order.overrides, order.plan, order.seed]);
    box.replaceChildren(computed(context, { resource: "day-traces", order, fits, text: t("trace.none") }, show));
  };
  const plans = choice([["", t("trace.in_force")]], "", (plan) => change({ plan }));
  const seed = choice([["", t("trace.undisturbed")], ["0", t("trace.disturbed")]], wanted.seed, (one) => change({ seed: one })); // prettier-ignore
  tools.append(labelled(t("trace.timetable"), plans), labelled(t("engineer.override"), overrideChoice(line, wanted.override, (override) => change({ override }))), labelled(t("trace.day"), seed));
  void planOptions(line).then((options) => {
    plans.append(...options.map(([value, text]) => element("option", { value }, text)));
    plans.value = wanted.plan;
  });
  draw();
  return element("section", {}, tools, box);
}

/** The plans of a line that succeeded. @param {any} line @returns {Promise<[string, string][]>} */
export async function planOptions(line) {
  try {
    const { plans } = await ask("/v1/plans?limit=200");
    const found = plans.filter((/** @type {any} */ one) => one.status === "succeeded" && (one.order?.scenario ?? one.scenario) === line.name);
    return found.map((/** @type {any} */ one) => [one.id, t("trace.plan", { when: formatTime(one.created_at) })]);
  } catch {
    return [];
  }
}
