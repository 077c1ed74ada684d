/** The report in the language of the reader: the page is written in English, and its texts are replaced. */
import { known, language } from "../pages/locale.js";
import { catalogueOf, saidIn } from "../pages/sentences.js";

const ATTRIBUTES = ["aria-label", "data-label", "title"];
const KEPT = "script, style, code, [lang=en], [lang=zh]";
const SHOWN = new Set(["name", "text", "x", "title", "ticktext", "hovertext", "hovertemplate", "group"]); // texts of a chart
const MANY = 200; // a longer list has places or trips, and no texts

const TOOLS = ["Zoom in", "Zoom out", "Autoscale", "Reset axes", "Zoom", "Pan", "Download plot as a PNG", "Share chart..."];

/** Replace every text of the page that the catalogue has, and return the charts with their texts replaced and the names of their tools.
 * @param {any} charts @returns {{ charts: any, locale: any }} */
export function sayReport(charts) {
  const other = /** @type {HTMLAnchorElement} */ (document.getElementById("other-language"));
  if (language === "en") return { charts, locale: {} };
  other.textContent = "English";
  other.lang = "en";
  other.href = "?lang=en";
  document.documentElement.lang = "zh-CN";
  const catalogue = catalogueOf(JSON.parse(document.getElementById("sentences")?.textContent ?? "[]"));
  const say = (/** @type {string} */ text) => (/[A-Za-z]{2}/.test(text) ? known(`rule.${text}`, saidIn(catalogue, text) ?? text) : text);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    if (!node.parentElement?.closest(KEPT)) node.textContent = say(node.textContent ?? "");
  }
  for (const one of document.querySelectorAll(ATTRIBUTES.map((name) => `[${name}]`).join())) {
    for (const name of ATTRIBUTES) if (one.hasAttribute(name)) one.setAttribute(name, say(one.getAttribute(name) ?? ""));
  }
  const title = document.title.split(": ");
  document.title = [say(title[0]), ...title.slice(1)].join("：");
  const dictionary = Object.fromEntries(TOOLS.map((name) => [name, say(name)]));
  return { charts: sayChart(charts, "", say), locale: { locale: "zh-CN", locales: { "zh-CN": { dictionary, format: {} } } } };
}

/** A text of a chart: what stands between its values and its marks. @param {string} text @param {(text: string) => string} say */
const sayMarked = (text, say) =>
  text
    .split(/(%\{[^}]*\}|<[^>]*>)/)
    .map((part, k) => (k % 2 ? part : part.replace(/\S.*\S/s, say)))
    .join("");

/** @param {any} value @param {string} key @param {(text: string) => string} say @returns {any} */
function sayChart(value, key, say) {
  if (typeof value === "string") return SHOWN.has(key) ? sayMarked(value, say) : value;
  if (Array.isArray(value)) return SHOWN.has(key) && value.length > MANY ? value : value.map((one) => sayChart(one, key, say));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, name === "train_graph" ? one : sayChart(one, name, say)]));
}
