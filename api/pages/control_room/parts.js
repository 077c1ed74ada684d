/** Small parts of the page: elements by id, lists that keep their rows, the one dialog, and the tools of a panel. */
import { element } from "../element.js";
import { t } from "../locale.js";

const SHOWN_MS = 6000;

/** @param {string} id @returns {any} */
export const part = (id) => document.getElementById(id);

/** Write a text only where it changed. @param {HTMLElement} target @param {string} text */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Bring the children of a list in line with items: rows stay, move, or are made anew where their signature changed.
 * @template T @param {HTMLElement} list @param {T[]} items @param {{ key: (item: T) => string, signature: (item: T) => string, make: (item: T) => HTMLElement }} by */
export function keepRows(list, items, by) {
  const rows = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.key, /** @type {HTMLElement} */ (row)]));
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const focusedKey = focused && list.contains(focused) ? /** @type {HTMLElement | null} */ (focused.closest("[data-key]"))?.dataset.key : null;
  const focusedAction = focused?.dataset.action;
  items.forEach((item, index) => {
    const [key, signature] = [by.key(item), by.signature(item)];
    let row = rows.get(key);
    rows.delete(key);
    if (row?.dataset.signature !== signature) {
      const made = by.make(item);
      made.dataset.key = key;
      made.dataset.signature = signature;
      row?.replaceWith(made);
      row = made;
    }
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  for (const row of rows.values()) row.remove();
  if (!focusedKey || (focused && list.contains(focused))) return;
  const again = [...list.children].find((row) => /** @type {HTMLElement} */ (row).dataset.key === focusedKey);
  /** @type {HTMLElement | null} */ (again?.querySelector(`[data-action="${focusedAction}"]`) ?? again?.querySelector("button") ?? list.querySelector("button"))?.focus();
}

/** Open the dialog with a title, a text and fields; resolves with the values by name, or null if it is closed without them.
 * @param {{ title: string, text?: string, fields?: HTMLElement[], confirm?: string | null, isQuick?: boolean }} asked `isQuick`: Enter confirms at once @returns {Promise<Record<string, string> | null>} */
export function openDialog({ title, text = "", fields = [], confirm = t("room.confirm"), isQuick = false }) {
  const dialog = /** @type {HTMLDialogElement} */ (part("dialog"));
  const accept = confirm === null ? null : element("button", { value: "yes", class: "primary" }, confirm);
  const form = /** @type {HTMLFormElement} */ (
    element("form", { method: "dialog" }, element("h2", { id: "dialog-title" }, title), text ? element("p", {}, text) : null, ...fields,
      element("div", { class: "buttons" }, accept, element("button", { value: "no", formnovalidate: true }, t(confirm === null ? "room.close" : "room.cancel"))))
  ); // prettier-ignore
  if (dialog.open) dialog.close("no");
  dialog.replaceChildren(form);
  dialog.returnValue = "no";
  dialog.showModal();
  (isQuick ? accept : /** @type {HTMLElement | null} */ (form.querySelector("input, select")) ?? accept)?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))) : null), { once: true });
  });
}

/** A choice with a label. @param {string} name @param {string} label @param {[string, string][]} options value and text */
export function choice(name, label, options) {
  return element("label", {}, label, element("select", { name }, ...options.map(([value, text]) => element("option", { value }, text))));
}

/** A text field with a label. @param {string} name @param {string} label @param {Record<string, any>} attributes */
export const field = (name, label, attributes = {}) => element("label", {}, label, element("input", { name, maxlength: 200, autocomplete: "off", ...attributes }));

/** @typedef {{ head: string[], rows: (string | number)[][] }} Rows */

/** A table with the values of a drawing, and buttons for CSV and PNG. Returns a function that updates the open table.
 * @param {HTMLElement} panel @param {{ name: string, rows: () => Rows, png: () => HTMLCanvasElement | null }} twin */
export function panelTools(panel, twin) {
  const drawing = /** @type {HTMLElement} */ (panel.querySelector(".drawing, .ends"));
  const label = panel.querySelector("h2")?.textContent ?? "";
  const table = element("div", { class: "twin", role: "region", tabindex: 0, "aria-label": `${label}, ${t("room.table")}`, hidden: true });
  drawing.after(table);
  const toggle = element("button", { type: "button", "aria-pressed": "false" }, t("room.table"));
  const refresh = () => {
    if (!table.hidden) keepTable(table, twin.rows());
  };
  toggle.addEventListener("click", () => {
    table.hidden = !table.hidden;
    drawing.hidden = !table.hidden;
    toggle.setAttribute("aria-pressed", String(!table.hidden));
    csv.hidden = png.hidden = table.hidden;
    refresh();
  });
  const csv = element("button", { type: "button", hidden: true, onclick: () => download(new Blob([csvText(twin.rows())], { type: "text/csv" }), `${twin.name}.csv`) }, t("room.csv"));
  const png = element("button", { type: "button", hidden: true, onclick: () => twin.png()?.toBlob((blob) => blob && download(blob, `${twin.name}.png`)) }, t("room.png"));
  panel.querySelector(".tools")?.append(png, csv, toggle);
  return refresh;
}

/** @param {HTMLElement} target @param {Rows} rows */
function keepTable(target, { head, rows }) {
  const table = target.querySelector("table") ?? element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))), element("tbody"));
  if (!table.parentElement) target.replaceChildren(table);
  const body = /** @type {HTMLElement} */ (table.querySelector("tbody"));
  while (body.children.length > rows.length) body.lastElementChild?.remove();
  rows.forEach((row, index) => {
    const line = body.children[index] ?? body.appendChild(element("tr", {}, ...row.map((_, column) => element(column ? "td" : "th", column ? {} : { scope: "row" }))));
    row.forEach((cell, column) => write(/** @type {HTMLElement} */ (line.children[column]), String(cell)));
  });
}

/** A table as CSV (RFC 4180); cells that a spreadsheet would take for a formula begin with an apostrophe. @param {Rows} table */
export function csvText({ head, rows }) {
  const cell = (/** @type {string | number} */ value) => {
    const text = typeof value === "string" && /^[=+\-@]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

let hiding = 0;

/** Tell screen readers what changed; what came of an order is also shown for some seconds. @param {string} text @param {boolean} isShown */
export function tell(text, isShown = true) {
  const target = part("news");
  target.textContent = text;
  target.classList.toggle("unseen", !isShown);
  clearTimeout(hiding);
  hiding = window.setTimeout(() => target.classList.add("unseen"), SHOWN_MS);
}
