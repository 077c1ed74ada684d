/** Sentences of the service, which it writes in English, in the language of the page: a catalogue of sentences with values. */

/** @typedef {{ exact: Map<string, string>, patterns: { find: RegExp, names: string[], say: string }[] }} Catalogue */

const ENDS = /** @type {Record<string, string>} */ ({ ".": "。", ";": "；", ":": "：", ",": "，" });
const CUTS = [/(?<=[.!?]) (?=\S)/, /; /, /: /, /, and |, | and /]; // a text is cut into sentences, then into their parts
const LETTERS = /[A-Za-z]{2}/;

/** @param {[string, string][]} pairs English and the other language, with values as `{name}`, without the last point @returns {Catalogue} */
export function catalogueOf(pairs) {
  /** @type {Catalogue} */
  const made = { exact: new Map(), patterns: [] };
  for (const [english, other] of pairs) {
    if (!english.includes("{")) made.exact.set(english.toLowerCase(), other);
    else {
      const parts = english.split(/\{(\w+)\}/);
      const source = parts.map((part, k) => (k % 2 ? "(.*?)" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("");
      made.patterns.push({ find: new RegExp(`^${source}$`, "is"), names: parts.filter((_, k) => k % 2), say: other });
    }
  }
  // The sentence with the most letters of its own is the best one.
  const own = (/** @type {{ find: RegExp, names: string[] }} */ one) => one.find.source.length - 5 * one.names.length;
  made.patterns.sort((one, next) => own(next) - own(one));
  return made;
}

/** A text in the other language; parts that the catalogue does not have stay as they are. Null if it has none of them.
 * @param {Catalogue} catalogue @param {string} text @returns {string | null} */
export function saidIn(catalogue, text) {
  const [, core, end] = /** @type {RegExpMatchArray} */ (text.replace(/\s+/g, " ").trim().match(/^(.*?)([.;:,]?)$/s));
  const found = whole(catalogue, core) ?? cut(catalogue, core);
  return found === null ? null : found + (ENDS[end] ?? "");
}

/** @param {Catalogue} catalogue @param {string} core @returns {string | null} */
function whole(catalogue, core) {
  const found = catalogue.exact.get(core.toLowerCase());
  if (found !== undefined) return found;
  for (const { find, names, say } of catalogue.patterns) {
    const values = core.match(find);
    if (!values) continue;
    return say.replace(/\{(\w+)\}/g, (_, name) => valueIn(catalogue, values[1 + names.indexOf(name)]));
  }
  return null;
}

/** A value may be a text of the catalogue itself. @param {Catalogue} catalogue @param {string} value */
const valueIn = (catalogue, value) => (LETTERS.test(value) ? (saidIn(catalogue, value) ?? value) : value);

/** @param {Catalogue} catalogue @param {string} core @returns {string | null} */
function cut(catalogue, core) {
  for (const [level, where] of CUTS.entries()) {
    const pieces = core.split(where);
    if (pieces.length < 2) continue;
    const said = pieces.map((piece) => (LETTERS.test(piece) ? saidIn(catalogue, piece) : piece));
    const isList = level === CUTS.length - 1;
    if (isList ? said.includes(null) : said.every((one, k) => one === null || one === pieces[k])) continue;
    return said.map((one, k) => one ?? pieces[k]).join(["", "；", "：", "、"][level]);
  }
  return null;
}
