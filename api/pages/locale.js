/** The language of the page, and numbers and times in it. */
import { STRINGS } from "./strings.js";

const KEPT = "headwatt.language";
/** @type {"en" | "zh"} */
export const language = languageOfFile() ?? chosenLanguage(localStorage.getItem(KEPT), navigator.language);
const tag = language === "zh" ? "zh-CN" : "en-GB";
const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

/** The language of a page that is a file, such as a report, which may have no storage of its own: the one language in which it
 * was written, or of several (`data-languages`) that of the address (`?lang=zh`) or of the browser. */
function languageOfFile() {
  const root = globalThis.document?.documentElement?.dataset;
  if (root?.languages) return chosenLanguage(new URLSearchParams(location.search).get("lang"), navigator.language);
  return root?.language === "en" || root?.language === "zh" ? root.language : null;
}

/** @param {string | null} kept @param {string} ofBrowser @returns {"en" | "zh"} */
export function chosenLanguage(kept, ofBrowser) {
  if (kept === "en" || kept === "zh") return kept;
  return ofBrowser.startsWith("zh") ? "zh" : "en";
}

/** Keep a language and load the page anew in it. @param {string} wanted */
export function switchLanguage(wanted) {
  localStorage.setItem(KEPT, wanted);
  location.reload();
}

/** The text of a key. @param {string} key @param {Record<string, string | number>} values */
export function t(key, values = {}) {
  const text = STRINGS[key][language === "zh" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The text of a key, or `otherwise` for a key that the catalogue does not have. @param {string} key @param {string} otherwise */
export const known = (key, otherwise) => (key in STRINGS ? t(key) : otherwise);
/** @param {number} value */
export const formatWhole = (value) => whole.format(Math.round(value) || 0);
/** @param {number} value */
export const formatTenth = (value) => tenth.format(value);
/** @param {string} time ISO 8601 */
export const formatTime = (time) => moment.format(new Date(time));

/** @type {Map<number, Intl.NumberFormat>} */
const withDigits = new Map();

/** A number with so many digits after the point. @param {number} value @param {number} digits */
export function formatDigits(value, digits) {
  if (!withDigits.has(digits)) withDigits.set(digits, new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return /** @type {Intl.NumberFormat} */ (withDigits.get(digits)).format(value || 0);
}

const day = { medium: new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: "UTC" }), short: new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", timeZone: "UTC" }) };
/** @param {string} date ISO 8601 without a time @param {"medium" | "short"} [form] short: without the year */
export const formatDay = (date, form = "medium") => day[form].format(new Date(`${date}T00:00:00Z`));

/** Write the texts of the catalogue into the page: `data-t` is the text, `data-t-label` the name of an element. */
export function writeTexts() {
  document.documentElement.lang = tag;
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(/** @type {HTMLElement} */ (one).dataset.t ?? "");
  for (const one of document.querySelectorAll("[data-t-label]")) one.setAttribute("aria-label", t(/** @type {HTMLElement} */ (one).dataset.tLabel ?? ""));
  for (const one of document.querySelectorAll("[data-t-hint]")) one.setAttribute("placeholder", t(/** @type {HTMLElement} */ (one).dataset.tHint ?? ""));
}
