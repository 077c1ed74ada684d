/** The views of a plan that succeeded, as tabs; each is made when it is opened first. */
import { element } from "./element.js";
import { t } from "./locale.js";
import { addressOf, VIEWS } from "./plan_address.js";

/** @typedef {import("./plan_address.js").ViewName} ViewName */

/** Tabs of a plan. @param {string} id @param {ViewName} first @param {Record<ViewName, () => HTMLElement>} makers @param {(view: ViewName) => void} opened @returns {HTMLElement[]} */
export function planTabs(id, first, makers, opened) {
  /** @type {Map<ViewName, HTMLElement>} */
  const made = new Map();
  const panel = element("div", { role: "tabpanel", id: "plan-panel", "aria-labelledby": `tab-${first}` });
  const tabs = VIEWS.map((view) => element("button", { type: "button", role: "tab", id: `tab-${view}`, "aria-controls": "plan-panel", onclick: () => open(view, true), onkeydown: (/** @type {KeyboardEvent} */ event) => step(event, view) }, t(`view.${view}`)));
  const open = (/** @type {ViewName} */ view, /** @type {boolean} */ isChosen) => {
    for (const [place, name] of VIEWS.entries()) {
      tabs[place].setAttribute("aria-selected", String(name === view));
      tabs[place].tabIndex = name === view ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${view}`);
    let content = made.get(view);
    if (!content) made.set(view, (content = makers[view]()));
    panel.replaceChildren(content);
    if (isChosen) history.replaceState(null, "", addressOf(id, view));
    opened(view);
  };
  const step = (/** @type {KeyboardEvent} */ event, /** @type {ViewName} */ view) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -VIEWS.indexOf(view), End: VIEWS.length - 1 - VIEWS.indexOf(view) }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = (VIEWS.indexOf(view) + by + VIEWS.length) % VIEWS.length;
    open(VIEWS[next], true);
    tabs[next].focus();
  };
  open(first, false);
  return [element("div", { role: "tablist", class: "tabs", "aria-label": t("view.all") }, ...tabs), panel];
}
