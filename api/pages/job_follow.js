/** Order a job and wait for its end, with its progress shown in one place of the page. */
import { ask } from "./client.js";
import { element } from "./element.js";
import { formatWhole, known, t } from "./locale.js";
import { problemView } from "./problem_view.js";

const POLL_MS = 500;
const ENDED = new Set(["succeeded", "infeasible", "failed", "cancelled"]);
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Order a job; returns the job that succeeded, or null after a problem, which is shown in `place`.
 * @param {string} path @param {any} order @param {HTMLElement} place @param {Record<string, string>} [headers] @param {(problem: any) => void} [refused] gets the problem @returns {Promise<any | null>} */
export function jobOf(path, order, place, headers = {}, refused = () => undefined) {
  const isFile = order instanceof Blob;
  const type = isFile ? "application/octet-stream" : "application/json";
  return followed(() => ask(path, { method: "POST", headers: { "Content-Type": type, ...headers }, body: isFile ? order : JSON.stringify(order) }), place, refused);
}

/** Wait for the end of a job that somebody has ordered; as `jobOf`. @param {any} job @param {HTMLElement} place */
export const followJob = (job, place) => followed(async () => job, place);

/** Wait for the end of a job that `begin` orders or reads, as `jobOf`. @param {() => Promise<any>} begin @param {HTMLElement} place @param {(problem: any) => void} [refused] @returns {Promise<any | null>} */
export async function followed(begin, place, refused = () => undefined) {
  const told = element("p", { class: "quiet", role: "status" }, t("job.ordered"));
  const stop = /** @type {HTMLButtonElement} */ (element("button", { type: "button", hidden: true }, t("stop")));
  place.replaceChildren(told, stop);
  try {
    let job = await begin();
    stop.addEventListener("click", () => void ask(job.links.stop, { method: "POST" }).catch(() => null));
    while (!ENDED.has(job.status)) {
      stop.hidden = !job.links.stop;
      const stage = job.status === "queued" ? t("waiting_turn") : job.progress.stage ? known(`stage.${job.progress.stage}`, job.progress.stage) : t("starting");
      told.textContent = job.progress.share > 0 ? `${stage} · ${formatWhole(100 * job.progress.share)} %` : stage;
      await pause(POLL_MS);
      if (!place.isConnected) return null;
      job = await ask(job.links.self);
    }
    if (job.status === "succeeded") {
      place.replaceChildren();
      return job;
    }
    if (job.problem) refused(job.problem);
    place.replaceChildren(job.problem ? problemView(job.problem) : element("p", {}, t("stopped")));
  } catch (problem) {
    refused(problem);
    place.replaceChildren(problemView(problem));
  }
  return null;
}
