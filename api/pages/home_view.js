/** The first view of the planner: line and day, the active plan with its saving, and what waits for an approval. */
import { ask } from "./client.js";
import { element } from "./element.js";
import { formatDay, formatTenth, formatTime, formatWhole, t } from "./locale.js";
import { addressOf } from "./plan_address.js";
import { optionsText, readable } from "./plan_words.js";
import { problemView } from "./problem_view.js";
import { saidOr } from "./said.js";

const MOST_WAITING = 5;

/** @typedef {{ line: any, changes: string[], plans: any[] }} Shown */

/** The active plan of a line with its result, as it was read last. @type {Map<string, { tag: string, plan: any | null }>} */
const kept = new Map();

/** The view; `show` draws what is known and reads the active plan. */
export function homeView() {
  const title = element("h1", {});
  const day = element("p", { class: "quiet" });
  const active = element("section", { class: "card" });
  const waiting = element("section", { class: "card" });
  const computing = element("p", { class: "quiet" });
  const view = element("div", { class: "home" }, title, day, element("div", { class: "cards" }, active, waiting), computing, element("p", { class: "quiet" }, t("welcome_text")));
  let drawn = "";
  let wanted = "";

  const show = async (/** @type {Shown} */ shown) => {
    const { line, changes, plans } = shown;
    if (!line) return;
    const own = plans.filter((one) => one.order.scenario.split("+")[0] === line.name);
    title.textContent = line.title;
    day.textContent = changes.length ? t("home.day_with", { changes: changes.map(readable).join(", ") }) : t("home.day");
    const judged = own.filter((one) => one.status === "succeeded" && one.approval.state === "judged");
    const atWork = own.filter((one) => ["queued", "running"].includes(one.status)).length;
    computing.textContent = atWork ? t("home.computing", { n: atWork }) : "";
    const text = JSON.stringify([line.name, judged.map((one) => [one.id, one.saving_percent])]);
    if (text !== drawn) waiting.replaceChildren(...waitingParts(judged));
    drawn = text;
    const tag = JSON.stringify([line.name, own.filter((one) => one.approval.state === "active").map((one) => [one.id, one.version, one.approval.active_from])]);
    if (tag === wanted) return;
    wanted = tag;
    const before = kept.get(line.name);
    active.replaceChildren(...(before ? activeParts(before.plan) : [element("h2", {}, t("home.active")), element("p", { class: "quiet" }, t("loading"))]));
    try {
      const { plan } = await ask(`/v1/lines/${line.name}/plan`);
      const whole = plan ? await ask(`/v1/plans/${plan.id}`) : null;
      kept.set(line.name, { tag, plan: whole });
      if (wanted === tag) active.replaceChildren(...activeParts(whole));
    } catch (problem) {
      if (wanted === tag) active.replaceChildren(element("h2", {}, t("home.active")), problemView(problem));
      wanted = "";
    }
  };
  return { view, show };
}

/** @param {any | null} plan the active plan with its result */
function activeParts(plan) {
  const head = element("h2", {}, t("home.active"));
  if (!plan) return [head, element("p", {}, t("home.none_active"))];
  const result = plan.result;
  const isQuoted = plan.saving_percent !== null && result;
  const [low, high] = isQuoted ? result.saving_ci95_percent.map(formatTenth) : [];
  return [
    head,
    element("p", { class: "figure" }, element("strong", {}, isQuoted ? `${formatTenth(plan.saving_percent)} %` : "–"), " ", isQuoted ? t("home.saving", { low, high, n: formatWhole(result.replications), point: saidOr(result.metering_point) }) : t("no_saving")),
    element("p", { class: "quiet" }, [t("home.version", { n: plan.version }), plan.approval.active_from ? t("approval.from", { day: formatDay(plan.approval.active_from) }) : null, optionsText(plan.order)].filter(Boolean).join(" · ")),
    element("p", { class: "links" }, element("a", { href: addressOf(plan.id, "result") }, t("home.open")), element("a", { href: addressOf(plan.id, "graph") }, t("graph.title"))),
  ];
}

/** @param {any[]} judged the plans that wait, newest first */
function waitingParts(judged) {
  const rows = judged.slice(0, MOST_WAITING).map((plan) =>
    element("li", {}, element("a", { href: addressOf(plan.id, "approval") }, plan.saving_percent === null ? t("no_saving") : t("saved", { percent: formatTenth(plan.saving_percent) })), element("small", {}, t("ordered", { when: formatTime(plan.created_at), who: plan.ordered_by }))),
  );
  const rest = judged.length - rows.length;
  return [
    element("h2", {}, t("home.waiting", { n: judged.length })),
    rows.length ? element("ul", {}, ...rows) : element("p", { class: "quiet" }, t("home.none_waiting")),
    rest > 0 ? element("p", { class: "quiet" }, t("home.more_waiting", { n: rest })) : "",
  ];
}
