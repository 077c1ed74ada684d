/** What the views of the engineer's page share: choices, overrides of a line, results of jobs that exist, files of jobs. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { followed, jobOf } from "../job_follow.js";
import { formatTime, t } from "../locale.js";
import { problemView } from "../problem_view.js";
import { mayDo } from "../roles.js";

/** What a view gets: its line, the session, its part of the address, and a way to change this part.
 * @typedef {{ lines: any[], line: any, session: any, state: Record<string, string>, keep: (state: Record<string, string | number | null>) => void, changed: () => Promise<void> }} Context */

/** @param {[string, string][]} options value and text @param {string} chosen @param {(value: string) => void} changed @param {Record<string, any>} [attributes] */
export function choice(options, chosen, changed, attributes = {}) {
  const select = /** @type {HTMLSelectElement} */ (element("select", { ...attributes, onchange: () => changed(select.value) }, ...options.map(([value, text]) => element("option", { value }, text))));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
  return select;
}

/** @param {string} text @param {HTMLElement} control */
export const labelled = (text, control) => element("label", {}, element("span", {}, text), control);

/** A choice of one override, or none. @param {any} line @param {string} chosen @param {(name: string) => void} changed */
export const overrideChoice = (line, chosen, changed) => choice([["", t("engineer.no_override")], ...line.overrides.map((/** @type {string} */ one) => /** @type {[string, string]} */ ([one, one]))], chosen, changed);

/** Whether a job has the newest version of a line; the order of a bundled line has no version, and the hash of the scenario decides. @param {any} job @param {any} line */
const isOfLine = (job, line) => job.line === line.name && [null, undefined, line.version].includes(job.order.version) && (job.order.overrides?.length > 0 || job.facts.scenario_hash === line.hash);

/** The newest job with an order that succeeded, or that is at work; null if there is none.
 * @param {string} resource @param {any} line @param {(order: any) => boolean} fits @returns {Promise<any | null>} */
export async function newestJob(resource, line, fits) {
  const { jobs } = await ask(`/v1/${resource}?limit=200`);
  const fitting = jobs.filter((/** @type {any} */ job) => job.line === line.name && fits(job.order));
  return fitting.find((/** @type {any} */ job) => job.status === "succeeded" && isOfLine(job, line)) ?? fitting.find((/** @type {any} */ job) => ["queued", "running"].includes(job.status)) ?? null;
}

/** A result that a job computes: shown if it exists, otherwise with a button that orders the job.
 * @param {Context} context @param {{ resource: string, order: any, fits: (order: any) => boolean, text: string }} wanted @param {(job: any) => HTMLElement} show @returns {HTMLElement} */
export function computed(context, wanted, show) {
  const place = element("div", { class: "computed" });
  const open = async (/** @type {any} */ job) => {
    try {
      place.replaceChildren(show(await ask(job.links.self)));
    } catch (problem) {
      place.replaceChildren(problemView(problem));
    }
  };
  const offer = (/** @type {any} */ atWork = null) => {
    const box = element("div", {});
    const may = mayDo(context.session, "study", context.line.name);
    const follow = async (/** @type {Promise<any | null>} */ ending) => {
      button.disabled = true;
      const job = await ending;
      button.disabled = !may;
      if (job && place.isConnected) await open(job);
    };
    const order = () => follow(jobOf(`/v1/${wanted.resource}`, wanted.order, box));
    const button = /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: "primary", onclick: () => void order(), disabled: !may }, t("engineer.compute")));
    place.replaceChildren(element("div", { class: "empty" }, element("p", {}, wanted.text), may ? null : element("p", { class: "problem" }, t("engineer.may_not_study")), button, box));
    if (atWork) void follow(followed(() => ask(atWork.links.self), box));
  };
  const look = async () => {
    place.replaceChildren(element("p", { class: "quiet", role: "status" }, t("engineer.reading")));
    try {
      const job = await newestJob(wanted.resource, context.line, wanted.fits);
      if (job?.status === "succeeded") await open(job);
      else offer(job);
    } catch (problem) {
      place.replaceChildren(problemView(problem));
    }
  };
  void look();
  return place;
}

/** When a result was computed. @param {any} job */
export const computedAt = (job) => element("p", { class: "quiet" }, t("engineer.computed", { when: formatTime(job.ended_at) }));

/** @param {any} one @param {any} other */
export const isSame = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
