/** The replay of a traced day, in a frame of the service: its scripts cannot read anything of the service. */
import { element } from "../element.js";
import { t } from "../locale.js";
import { computedAt } from "./parts.js";
import { traceChoice } from "./trace_choice.js";

/** @param {import("./parts.js").Context} context */
export const replayView = (context) => traceChoice(context, (job) => {
  const page = job.links.files[job.result.replay_file];
  const name = t("replay.name", { line: job.result.title });
  return element("div", {}, computedAt(job), element("p", {}, element("a", { href: page, target: "_blank" }, t("replay.own_tab"))), element("iframe", { src: page, title: name, class: "replay" }));
}); // prettier-ignore
