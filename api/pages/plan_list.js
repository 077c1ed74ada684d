/** The list of plans. Entries change in place, so that scroll position and focus stay. */
import { element } from "./element.js";
import { t } from "./locale.js";
import { optionsText, orderedText, statusText, title } from "./plan_words.js";

/** @param {HTMLElement} list @param {any[]} plans @param {any[]} lines @param {string | null} shown the id of the plan in view */
export function drawList(list, plans, lines, shown) {
  const kept = new Map([...list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.plan, /** @type {HTMLElement} */ (item)]));
  plans.forEach((plan, place) => {
    const item = kept.get(plan.id) ?? element("li", { "data-plan": plan.id }, element("a", { href: `#${plan.id}` }));
    kept.delete(plan.id);
    drawEntry(/** @type {HTMLElement} */ (item.firstElementChild), plan, lines, shown);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  for (const gone of kept.values()) gone.remove();
}

/** What an entry says of its plan; a search looks for words in it. @param {any} plan @param {any[]} lines */
export const planTexts = (plan, lines) => {
  const isShown = plan.status === "succeeded" && plan.approval.state !== "draft";
  const status = [statusText(plan), isShown ? t(`approval.${plan.approval.state}`) : null].filter(Boolean).join(" · ");
  return [title(plan, lines), status, optionsText(plan.order), orderedText(plan)];
};

/** @param {HTMLElement} link @param {any} plan @param {any[]} lines @param {string | null} shown */
function drawEntry(link, plan, lines, shown) {
  if (plan.id === shown) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  const texts = planTexts(plan, lines);
  if (link.dataset.drawn === JSON.stringify(texts)) return;
  link.dataset.drawn = JSON.stringify(texts);
  const status = element("small", {}, element("span", { class: `status ${plan.status}` }, texts[1]));
  link.replaceChildren(texts[0], status, element("small", {}, texts[2]), element("small", {}, texts[3]));
}
