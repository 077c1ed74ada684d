/** What the page shows while a line has no models or no check of its telemetry: how telemetry gets in, step by step. */
import { element } from "../element.js";
import { t } from "../locale.js";

const GUIDE = "docs/own-telemetry.md";
const STEPS = /** @type {[string, string][]} */ ([
  ["fleet.step.map", "headwatt telemetry map recording.csv --line {line} --out recorder.yaml"],
  ["fleet.step.serve", "headwatt serve --telemetry store/ --mapping recorder.yaml"],
  ["fleet.step.send", "curl -X POST {origin}/v1/telemetry --data-binary @recording.csv"],
]);
const TRY = "headwatt telemetry generate {line} --out recording.csv";

/** @param {string} line @param {boolean} hasStore */
export function emptyView(line, hasStore) {
  const command = (/** @type {string} */ text) => element("pre", { tabindex: 0 }, text.replace("{line}", line).replace("{origin}", location.origin));
  const steps = STEPS.map(([key, text]) => element("li", {}, t(key), command(text)));
  steps.push(element("li", {}, t("fleet.step.check")), element("li", {}, t("fleet.step.calibrate")));
  return element(
    "section",
    { class: "empty" },
    element("h2", {}, t(hasStore ? "fleet.empty" : "fleet.no_store")),
    element("p", {}, t(hasStore ? "fleet.empty_text" : "fleet.no_store_text")),
    element("ol", { class: "steps" }, ...steps),
    element("p", {}, t("fleet.try_text"), command(TRY)),
    element("p", { class: "quiet" }, t("fleet.guide"), " ", element("code", {}, GUIDE)),
  );
}

/** Nothing of the telemetry was checked yet. */
export const uncheckedView = () => element("section", { class: "empty" }, element("h2", {}, t("quality.unchecked")), element("p", {}, t("quality.unchecked_text")));
