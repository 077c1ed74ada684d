/** A problem of the service: its title with every fault, in the language of the page. What exists in English only is marked as English. */
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { formatTenth, known, language, t } from "./locale.js";
import { saidHere } from "./said.js";

/** The sentence of a fault; the reasons of a wish that cannot be met have no field. @param {{ field?: string, detail: string }} fault */
export function faultText(fault) {
  return fault.field && !fault.detail.includes(fault.field) ? `${fault.field}: ${fault.detail}` : fault.detail;
}

/** Words of the service in the language of the page, or in English. @param {string} words @param {string} [tag] */
export function serviceWords(words, tag = "span") {
  const said = saidHere(words);
  return element(tag, { lang: said === null ? "en" : null }, said ?? words);
}

/** A violation of a rule in the language of the page: the service's sentence, or in another language the rule with its train, place, time and amount.
 * @param {{ rule: string, sentence: string, trip?: string, train_number?: string, place?: string, time_s?: number | null, amount?: number | null, unit?: string }} one @returns {string} */
export function violationText(one) {
  if (language === "en" || known(`rule.${one.rule}`, "") === "") return one.sentence;
  const name = one.train_number || one.trip;
  const where = [name ? t("rule.train", { name }) : null, one.place || null, one.time_s == null ? null : clockText(one.time_s)].filter(Boolean).join(" ");
  const unit = known(`rule.unit.${one.unit ?? "s"}`, one.unit ?? "");
  const amount = one.amount ? ` ${t("rule.amount", { n: formatTenth(one.amount).replace(/\.0$/, ""), unit })}` : "";
  return t("rule.told", { rule: t(`rule.${one.rule}`), where, amount });
}

/** @param {any} fault */
function faultWords(fault) {
  if (fault.rule && fault.sentence) return violationText({ ...fault, time_s: numberOf(fault.time_s), amount: numberOf(fault.amount) });
  return serviceWords(faultText(fault));
}

/** @param {unknown} value */
const numberOf = (value) => (value === "" || value === null || value === undefined ? null : Number(value));

/** @param {any} problem */
export function problemView(problem) {
  const faults = (problem.errors ?? []).map((/** @type {any} */ one) => element("li", {}, faultWords(one)));
  const title = known(`problem.${problem.code}`, problem.title ?? t("failed"));
  const view = element("div", { class: "problem" }, element("strong", {}, title));
  const detail = problem.detail ?? String(problem);
  view.append(faults.length ? element("ul", {}, ...faults) : problem.code ? serviceWords(detail, "div") : element("div", {}, detail));
  return view;
}
