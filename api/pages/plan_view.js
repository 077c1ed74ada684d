/** A plan: its progress while it is computed, its result or its problem afterwards. */
import { ask } from "./client.js";
import { element } from "./element.js";
import { formatTenth, formatWhole, known, language, t } from "./locale.js";
import { addressOf } from "./plan_address.js";
import { approvalView, stateLine } from "./plan_approval.js";
import { editView } from "./plan_edit.js";
import { planGraph } from "./plan_graph.js";
import { powerView } from "./plan_power.js";
import { secondsLeft } from "./plan_progress.js";
import { serviceView } from "./plan_service.js";
import { planTabs } from "./plan_tabs.js";
import { explainTrip, tripsView } from "./plan_trips.js";
import { durationText, optionsText, orderedText, title } from "./plan_words.js";
import { problemView, serviceWords } from "./problem_view.js";
import { mayDo } from "./roles.js";
import { saidOr } from "./said.js";
import { savingCurve } from "./saving_curve.js";
import { tradeView } from "./trade_view.js";

export const ENDED = new Set(["succeeded", "infeasible", "failed", "cancelled"]);

/** @typedef {{ place: (order: any, button: HTMLElement) => void, end: (link: string, button: HTMLButtonElement) => void, at: import("./plan_address.js").Place, opened: (view: import("./plan_address.js").ViewName) => void, reload: () => void, session: any, plans: () => any[] }} Actions */

/** The views of a plan that succeeded; those that need the train graph wait for it. @param {any} plan @param {any[]} lines @param {Actions} actions @returns {Record<import("./plan_address.js").ViewName, () => HTMLElement>} */
function finishedViews(plan, lines, actions) {
  const line = plan.order.scenario.split("+")[0];
  /** @type {Promise<any> | null} */
  let graph = null;
  const withGraph = (/** @type {(document: any) => HTMLElement} */ make, /** @type {(() => HTMLElement) | null} */ otherwise = null) => {
    const box = element("div", {}, element("p", { class: "quiet" }, t("loading")));
    if (!plan.links.train_graph) {
      box.replaceChildren(otherwise ? otherwise() : element("p", {}, t("graph.earlier_version")));
      return box;
    }
    graph ??= ask(plan.links.train_graph);
    graph.then((document) => box.replaceChildren(make(document)), (problem) => box.replaceChildren(problemView(problem)));
    return box;
  };
  const state = actions.at.view === "graph" ? actions.at.state : "";
  const kept = (/** @type {string} */ text) => history.replaceState(null, "", addressOf(plan.id, "graph", text));
  return {
    result: () => element("div", {}, stateLine(plan), ...resultView(plan), ...tradeView(plan, actions.place)),
    graph: () => withGraph((document) => planGraph(plan, document, { title: title(plan, lines), state, onState: kept, explain: (trip, place) => void explainTrip(plan, trip, place, document.stations) })),
    service: () => withGraph((document) => serviceView(plan, document)),
    power: () => withGraph((document) => powerView(plan, document), () => powerView(plan, null)),
    trips: () => withGraph((document) => tripsView(plan, actions.plans(), lines, document.stations), () => tripsView(plan, actions.plans(), lines, [])),
    edit: () => withGraph((document) => editView(plan, document, { may: mayDo(actions.session, "edit", line), changed: actions.reload })),
    approval: () => approvalView(plan, actions.session, actions.reload),
  };
}

/** @param {any} plan @param {any[]} lines @param {Actions} actions */
export function planView(plan, lines, actions) {
  const status = element("span", { class: `status ${plan.status}` }, t(`status.${plan.status}`));
  const head = [
    element("h1", {}, title(plan, lines)),
    element("p", { class: "quiet" }, status, ` · ${optionsText(plan.order)} · ${orderedText(plan)}`),
  ];
  if (plan.status === "succeeded" && plan.result) return [...head, ...planTabs(plan.id, actions.at.view, finishedViews(plan, lines, actions), actions.opened)];
  if (ENDED.has(plan.status)) return [...head, plan.problem ? problemView(plan.problem) : element("p", {}, t("stopped"))];
  const button = (/** @type {string} */ link, /** @type {string} */ text) => {
    const made = /** @type {HTMLButtonElement} */ (element("button", { type: "button", onclick: () => actions.end(link, made) }, text));
    return made;
  };
  const bar = element("progress", { max: 1, "aria-label": t("progress") });
  const buttons = element("p", { class: "buttons" }, plan.links.keep_best && button(plan.links.keep_best, t("keep_best")), button(plan.links.cancel, t("stop")));
  const curve = savingCurve();
  curves.set(curve.view, curve.show);
  return [...head, bar, element("p", { class: "quiet", id: "stage" }), curve.view, buttons];
}

/** What draws the best saving into a view. @type {WeakMap<Element, ReturnType<typeof savingCurve>["show"]>} */
const curves = new WeakMap();

/** Show the progress in the view of a plan that is not ended. @param {HTMLElement} main @param {any} plan @param {number} whole @param {number} nowMs */
export function showProgress(main, plan, whole, nowMs) {
  const bar = main.querySelector("progress");
  const told = main.querySelector("#stage");
  if (!bar || !told) return;
  if (plan.status === "running") bar.value = whole;
  const curve = main.querySelector(".best-saving");
  if (curve) curves.get(curve)?.(plan.progress.best);
  const stage = plan.status === "queued" ? t("waiting_turn") : plan.progress.stage ? known(`stage.${plan.progress.stage}`, plan.progress.stage) : t("starting");
  const leftS = plan.started_at ? secondsLeft(whole, (nowMs - Date.parse(plan.started_at)) / 1000) : null;
  const percent = plan.status === "running" ? `${formatWhole(100 * whole)} %` : null;
  const left = leftS === null ? null : t("left", { time: durationText(leftS) });
  told.textContent = [percent, stage, plan.is_ending ? t("ending") : left].filter(Boolean).join(" · ");
}

/** @param {any} plan */
function resultView(plan) {
  const { result, links } = plan;
  const [low, high] = result.saving_ci95_percent.map(formatTenth);
  const rules = result.checks.rules.length;
  const checks = result.checks.passed ? t("rules_hold", { n: rules }) : t("rules_broken", { n: result.checks.violations.length, all: rules });
  const isQuoted = !result.no_saving_because.length;
  const judged = t("judged", {
    point: saidOr(result.metering_point), n: result.replications, low, high,
    plan: formatWhole(result.plan.energy_kwh), today: formatWhole(result.baseline.energy_kwh),
  }); // prettier-ignore
  const reasons = isQuoted ? [judged, result.saving_caveat && serviceWords(result.saving_caveat), checks] : [...result.no_saving_because.map((/** @type {string} */ one) => serviceWords(one)), checks];
  const words = reasons.filter(Boolean).flatMap((one) => [" ", one]);
  return [
    element("p", { class: "verdict" }, element("strong", {}, isQuoted ? t("saved", { percent: formatTenth(result.saving_percent) }) : t("no_saving")), ...words),
    element("p", {}, element("a", { class: "primary", href: `${links.report}?lang=${language}`, target: "_blank" }, t("open_report"))),
    element("p", { class: "links" }, ...Object.entries(links.files).map(([name, path]) => element("a", { href: path, download: name }, name))),
    element("p", { class: "quiet" }, ...result.notes.flatMap((/** @type {string} */ one) => [serviceWords(one), " "])),
  ];
}
