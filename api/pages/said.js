/** What the service says, in the language of the page. The catalogue is read for a page that is not in English. */
import { language } from "./locale.js";
import { catalogueOf, saidIn } from "./sentences.js";

const CATALOGUE = "/pages/sentences.zh.json";

/** @type {import("./sentences.js").Catalogue | null} */
let catalogue = null;
if (language === "zh" && globalThis.document) {
  try {
    const answer = await fetch(CATALOGUE);
    if (answer.ok) catalogue = catalogueOf(await answer.json());
  } catch {
    // The sentences stay in English.
  }
}

/** A sentence of the service in the language of the page; null if it exists in English only. @param {string} text @returns {string | null} */
export const saidHere = (text) => (language === "en" ? text : catalogue && saidIn(catalogue, text));

/** The same, with the English sentence where there is no other. @param {string} text */
export const saidOr = (text) => saidHere(text) ?? text;
