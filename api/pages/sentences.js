/** Sentences of the service, which it writes in English, in the language of the page: a catalogue of sentences with values. */

/** @typedef {{ exact: Map<string, string>, patterns: { own: string[], find: RegExp, names: string[], say: string }[] }} Catalogue */

const ENDS = /** @type {Record<string, string>} */ ({ ".": "。", ";": "；", ":": "：", ",": "，" });
// A text is cut into sentences, then into parts, then into the items of a list; what stands in brackets stays together.
const CUTS = /** @type {[RegExp, string][]} */ ([[/(?<=[.!?]) (?=[A-Z`])/, ""], [/(?<=[;]) (?![^(]*\))/, ""], [/(?<=:) (?![^(]*\))/, ""]]);
const ITEMS = /, and (?![^(]*\))|, (?![^(]*\))/;
const LETTERS = /[A-Za-z]{2}/;
// What a value may be: by its name a number, a time of day or a direction, otherwise anything within a sentence.
const VALUE = "((?:(?!\\. [A-Z`]).)*?)";
const NUMBER = "([-+]?\\d[\\d.,]*)";
const VALUES = /** @type {Record<string, string>} */ ({ n: NUMBER, m: NUMBER, s: NUMBER, percent: NUMBER, margin: "([\\d.]+%)", fleet: NUMBER, spare: NUMBER, time: "([\\d:]+)", from_time: "([\\d:]+)", to_time: "([\\d:]+)", direction: "(up|down)", action: "([a-z]+)", days: "([^()]*)", model: "([^()]*)" });

/** @param {[string, string][]} pairs English and the other language, with values as `{name}`, without the last point @returns {Catalogue} */
export function catalogueOf(pairs) {
  /** @type {Catalogue} */
  const made = { exact: new Map(), patterns: [] };
  for (const [english, other] of pairs) {
    if (!english.includes("{")) made.exact.set(english.toLowerCase(), other);
    else {
      const parts = english.split(/\{(\w+)\}/);
      const source = parts.map((part, k) => (k % 2 ? (VALUES[part] ?? VALUE) : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("");
      made.patterns.push({ own: parts.filter((_, k) => k % 2 === 0).map((part) => part.toLowerCase()), find: new RegExp(`^${source}$`, "is"), names: parts.filter((_, k) => k % 2), say: other });
    }
  }
  // The sentence with the most letters of its own is the best one.
  const letters = (/** @type {{ own: string[] }} */ one) => one.own.join("").length;
  made.patterns.sort((one, next) => letters(next) - letters(one));
  return made;
}

/** A text in the other language; parts that the catalogue does not have stay as they are. Null if it has none of them.
 * @param {Catalogue} catalogue @param {string} text @returns {string | null} */
export function saidIn(catalogue, text) {
  const line = text.replace(/\s+/g, " ").trim();
  const [, core, end] = /** @type {RegExpMatchArray} */ (line.match(/^(.*?)([.;:,]?)$/s));
  const found = whole(catalogue, core);
  return found === null ? cut(catalogue, line) : found + (ENDS[end] ?? "");
}

/** @param {Catalogue} catalogue @param {string} core @returns {string | null} */
function whole(catalogue, core) {
  const found = catalogue.exact.get(core.toLowerCase());
  if (found !== undefined) return found;
  const small = core.toLowerCase();
  for (const { own, find, names, say } of catalogue.patterns) {
    // Looking for the words first is much quicker than a pattern that fails.
    const values = own.every((part) => small.includes(part)) ? core.match(find) : null;
    if (!values) continue;
    return say.replace(/\{(\w+)\}/g, (_, name) => valueIn(catalogue, values[1 + names.indexOf(name)]));
  }
  return null;
}

/** A value may be a text of the catalogue itself. @param {Catalogue} catalogue @param {string} value */
const valueIn = (catalogue, value) => (LETTERS.test(value) ? (saidIn(catalogue, value) ?? value) : value);

/** @param {Catalogue} catalogue @param {string} text @returns {string | null} */
function cut(catalogue, text) {
  const say = (/** @type {string} */ piece) => (LETTERS.test(piece) ? saidIn(catalogue, piece) : piece);
  for (const [where, between] of CUTS) {
    const pieces = text.split(where);
    const said = pieces.length < 2 ? [] : pieces.map(say);
    if (said.some((one, k) => one !== null && one !== pieces[k])) return said.map((one, k) => one ?? ` ${pieces[k]} `).join(between).trim();
  }
  const items = text.split(ITEMS);
  const last = items[items.length - 1];
  const at = items.length === 1 || say(last) === null ? last.lastIndexOf(" and ") : -1;
  if (at >= 0) items.splice(-1, 1, last.slice(0, at), last.slice(at + 5));
  const said = items.length < 2 ? [null] : items.map(say);
  return said.includes(null) ? null : said.join("、");
}
