/** Small parts of the fleet page: tables with a caption and a CSV, sections, and what changed for screen readers. */
import { element } from "../element.js";
import { downloadRows } from "../graph_tools.js";
import { known, t } from "../locale.js";

/** @param {string} id @returns {any} */
export const part = (id) => document.getElementById(id);

/** Tell screen readers what changed. @param {string} text */
export function tell(text) {
  part("news").textContent = text;
}

/** The name of a parameter in the language of the page. @param {string} name */
export const parameterName = (name) => known(`parameter.${name}`, name);

/** A button that saves rows as CSV. @param {string} file @param {() => (string | number | null)[][]} rows */
export const csvButton = (file, rows) => element("button", { type: "button", class: "small", "data-key": `csv-${file}`, onclick: () => downloadRows(rows(), `${file}.csv`) }, t("fleet.csv"));

/** A table that scrolls by itself on narrow screens. @param {string} label @param {(string | Node)[]} head @param {HTMLElement[]} rows @param {string} [kind] */
export function table(label, head, rows, kind = "") {
  const titles = head.map((one) => element("th", { scope: "col" }, one));
  const box = element("div", { class: `wide ${kind}`, role: "region", tabindex: 0, "aria-label": label });
  box.append(element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)));
  return box;
}

/** @param {string} title @param {(Node | null)[]} tools @param {...(Node | string | null)} children */
export function section(title, tools, ...children) {
  return element("section", {}, element("header", { class: "with-tools" }, element("h2", {}, title), element("div", { class: "buttons" }, ...tools)), ...children);
}

/** A difference with its sign. @param {number} value @param {(value: number) => string} format */
export const signed = (value, format) => `${value < 0 ? "−" : "+"}${format(Math.abs(value))}`;

/** Replace the children of a place and keep the focus where it was, by the key of the focused element.
 * @param {HTMLElement} place @param {...(Node | null)} children */
export function replaceKept(place, ...children) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const key = focused && place.contains(focused) ? focused.dataset.key : undefined;
  const at = focused instanceof HTMLInputElement && focused.type === "search" ? focused.selectionStart : null;
  const scrolled = new Map([...place.querySelectorAll("[data-scroll]")].map((one) => [/** @type {HTMLElement} */ (one).dataset.scroll, [one.scrollLeft, one.scrollTop]]));
  place.replaceChildren(...children.filter((one) => one !== null));
  for (const one of place.querySelectorAll("[data-scroll]")) [one.scrollLeft, one.scrollTop] = scrolled.get(/** @type {HTMLElement} */ (one).dataset.scroll) ?? [0, 0];
  const again = key === undefined ? null : /** @type {HTMLElement | null} */ (place.querySelector(`[data-key="${CSS.escape(key)}"]`));
  again?.focus({ preventScroll: true });
  if (at !== null && again instanceof HTMLInputElement) again.setSelectionRange(at, at);
}
