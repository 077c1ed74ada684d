/** Studies: order simulations and sweeps, follow them, and read their results with 95 % intervals. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { downloadRows } from "../graph_tools.js";
import { jobOf } from "../job_follow.js";
import { formatTenth, formatTime, formatWhole, known, t } from "../locale.js";
import { table } from "../plan_power.js";
import { problemView } from "../problem_view.js";
import { saidOr } from "../said.js";
import { mayDo } from "../roles.js";
import { stepChart } from "../step_chart.js";
import { choice, labelled, overrideChoice } from "./parts.js";
import { caseOf, levelsOf, measuresOf, pointsOf } from "./study_rows.js";
import { planOptions } from "./trace_choice.js";

/** @typedef {import("./parts.js").Context} Context */

const POLL_MS = 3000;
const KINDS = /** @type {Record<string, string>} */ ({ simulate: "simulations", sweep: "sweeps" });

/** @param {Context} context @returns {HTMLElement} */
export function studyView(context) {
  const list = element("div", {});
  const result = element("div", { "aria-live": "polite" });
  const read = () => showList(context, list, result);
  void read();
  const may = mayDo(context.session, "study", context.line.name);
  const forms = [simulationForm(context, may, read), sweepForm(context, may, read)];
  return element("section", {}, may ? null : element("p", { class: "problem" }, t("engineer.may_not_study")), element("div", { class: "study-forms" }, ...forms), list, result);
}

/** @param {string} name @param {Record<string, any>} attributes */
const number = (name, attributes) => /** @type {HTMLInputElement} */ (element("input", { type: "number", name, required: true, ...attributes }));

/** What both forms share: days, seed, plan, and the place of progress. @param {Context} context @param {string} resource @param {HTMLElement[]} own @param {(values: any) => any} order @param {boolean} may @param {() => void} done */
function studyForm(context, resource, own, order, may, done) {
  const progress = element("div", {});
  const days = number("replications", { min: 2, max: 1000, value: 10 });
  const seed = number("seed", { min: 0, max: 2147483647, value: 0 });
  const plan = choice([["", t("study.no_plan")]], "", () => undefined);
  void planOptions(context.line).then((options) => plan.append(...options.map(([value, text]) => element("option", { value }, text))));
  const form = /** @type {HTMLFormElement} */ (
    element("form", { class: "study-form", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), void send()) },
      element("h2", {}, t(`study.${resource}`)), element("p", { class: "quiet" }, t(`study.${resource}_text`)), ...own,
      element("div", { class: "pair" }, labelled(t("days"), days), labelled(t("seed"), seed)), labelled(t("study.plan"), plan),
      element("button", { type: "submit", class: "primary", disabled: !may }, t(`study.order_${resource}`)), progress,
    )
  ); // prettier-ignore
  const send = async () => {
    let made;
    try {
      made = order({ days: Number(days.value), seed: Number(seed.value), plan: plan.value || null });
    } catch {
      return progress.replaceChildren(element("p", { class: "problem", role: "alert" }, t("study.bad_levels")));
    }
    const job = await jobOf(`/v1/${resource}`, made, progress);
    if (job) context.keep({ study: job.id });
    done();
  };
  return form;
}

/** @param {Context} context @param {boolean} may @param {() => void} done */
function simulationForm(context, may, done) {
  const override = overrideChoice(context.line, "", () => undefined);
  const controllers = choice(["none", "hold", "even", "track", "energy"].map((one) => [one, t(`controller.${one}`)]), "none", () => undefined); // prettier-ignore
  const order = (/** @type {any} */ { days, seed, plan }) => ({ scenario: context.line.name, overrides: override.value ? [override.value] : [], replications: days, seed, plan, controller: controllers.value });
  return studyForm(context, "simulations", [labelled(t("engineer.override"), override), labelled(t("study.controller"), controllers)], order, may, done);
}

/** @param {Context} context @param {boolean} may @param {() => void} done */
function sweepForm(context, may, done) {
  const factors = element("div", { class: "factors" });
  const add = (/** @type {string} */ path, /** @type {string} */ levels) => {
    const row = element(
      "div", { class: "factor" },
      labelled(t("study.factor"), element("input", { type: "text", class: "path", value: path, required: true, spellcheck: "false", list: "factor-paths", maxlength: 200 })),
      labelled(t("study.levels"), element("input", { type: "text", class: "levels", value: levels, required: true, spellcheck: "false" })),
      element("button", { type: "button", "aria-label": t("study.remove"), onclick: () => row.remove() }, "×"),
    ); // prettier-ignore
    factors.append(row);
  };
  add("disturbances.dwell_noise_s", "0, 3");
  const paths = ["demand.scale", "disturbances.dwell_noise_s", "outside_temperature_c", "supply.no_load_v", "overrides"];
  const order = (/** @type {any} */ { days, seed, plan }) => {
    const given = [...factors.querySelectorAll(".factor")].map((row) => [...row.querySelectorAll("input")].map((one) => one.value.trim()));
    const levels = Object.fromEntries(given.map(([path, text]) => [path, levelsOf(text)]));
    return { scenario: context.line.name, plan, study: { title: given.map(([path]) => path).join(", "), factors: levels, replications: days, seed, ...(plan ? { timetable: ["in_force", "plan"] } : {}) } };
  };
  const more = element("button", { type: "button", onclick: () => add("", "") }, t("study.add_factor"));
  const known = element("datalist", { id: "factor-paths" }, ...paths.map((one) => element("option", { value: one })));
  return studyForm(context, "sweeps", [factors, known, more], order, may, done);
}

/** @param {Context} context @param {HTMLElement} list @param {HTMLElement} result */
async function showList(context, list, result) {
  try {
    const pages = await Promise.all(Object.values(KINDS).map((one) => ask(`/v1/${one}?limit=100`)));
    const jobs = pages.flatMap((one) => one.jobs).filter((/** @type {any} */ one) => one.line === context.line.name).sort((/** @type {any} */ a, /** @type {any} */ b) => b.created_at.localeCompare(a.created_at)); // prettier-ignore
    const open = (/** @type {any} */ job) => {
      context.keep({ study: job.id });
      result.dataset.job = job.id;
      for (const row of list.querySelectorAll("tr[data-job]")) row.classList.toggle("chosen", /** @type {HTMLElement} */ (row).dataset.job === job.id);
      void showResult(job, result);
    };
    const rows = jobs.map((/** @type {any} */ job) =>
      element("tr", { "data-job": job.id }, element("th", { scope: "row" }, element("button", { type: "button", disabled: job.status !== "succeeded", onclick: () => open(job) }, titleOf(job))), element("td", {}, t(`study.kind_${job.kind}`)), element("td", {}, known(`status.${job.status}`, job.status)), element("td", {}, job.facts.energy_kwh ? formatWhole(job.facts.energy_kwh) : job.facts.cases ? t("study.cases", { n: job.facts.cases }) : ""), element("td", {}, formatTime(job.created_at))),
    );
    const body = jobs.length ? table([t("study.study"), t("study.kind"), t("study.status"), "kWh", t("scenario.when")], rows, t("study.list")) : element("p", { class: "quiet" }, t("study.none"));
    list.replaceChildren(element("h2", {}, t("study.list")), body);
    const chosen = jobs.find((/** @type {any} */ one) => one.id === context.state.study && one.status === "succeeded");
    if (chosen && result.dataset.job !== chosen.id) open(chosen);
    if (jobs.some((/** @type {any} */ one) => ["queued", "running"].includes(one.status))) window.setTimeout(() => list.isConnected && void showList(context, list, result), POLL_MS);
  } catch (problem) {
    list.replaceChildren(problemView(problem));
  }
}

/** @param {any} job */
function titleOf(job) {
  if (job.kind === "sweep") return job.order.study.title || Object.keys(job.order.study.factors ?? {}).join(", ");
  const parts = [t("study.days", { n: job.order.replications }), ...(job.order.overrides ?? []), ...(job.order.plan ? [t("study.with_plan")] : []), ...(job.order.controller === "none" ? [] : [t(`controller.${job.order.controller}`)])];
  return parts.join(", ");
}

/** @param {any} job @param {HTMLElement} place */
async function showResult(job, place) {
  try {
    const whole = await ask(job.links.self);
    place.replaceChildren(whole.kind === "sweep" ? sweepResult(whole) : simulationResult(whole));
  } catch (problem) {
    place.replaceChildren(problemView(problem));
  }
}

/** Mean, low and high as cells. @param {string} name @param {number} mean @param {[number, number]} interval */
const intervalRow = (name, mean, [low, high]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, formatTenth(mean)), element("td", {}, formatTenth(low)), element("td", {}, formatTenth(high)));

/** @param {any} job */
function simulationResult(job) {
  const found = job.result;
  const sides = found.baseline ? [["graph.layer.today", found.baseline], ["graph.layer.plan", found]] : [["graph.layer.today", found]];
  const rows = sides.map(([name, one]) => intervalRow(t("study.energy_of", { timetable: t(name) }), one.energy.mean_kwh, one.energy.ci95_kwh));
  if (found.saving_ci95_percent) rows.push(intervalRow(t("study.saving"), found.saving_percent, found.saving_ci95_percent));
  const days = sides.map(([name, one], k) => ({ name: t(name), form: k ? "plan" : "today", isDotted: true, points: one.energy.days_kwh.map((/** @type {number} */ kwh, /** @type {number} */ at) => [at + 1, kwh]) }));
  const values = days.flatMap((one) => one.points.map((/** @type {number[]} */ point) => point[1]));
  const single = ["utility_kwh", "regeneration_used_kwh", "line_losses_kwh", "peak_1s_kw", "peak_15min_sliding_kw", "minimum_voltage_v"];
  const means = single.map((name) => element("tr", {}, element("th", { scope: "row" }, t(`study.figure.${name}`)), ...sides.map(([, one]) => element("td", {}, formatWhole(one.energy[name])))));
  return element(
    "section", {}, element("h2", {}, titleOf(job)), element("p", { class: "quiet" }, t("study.simulated", { n: found.replications, point: saidOr(found.metering_point) })),
    table(["", t("study.mean"), t("study.low"), t("study.high")], rows, t("study.intervals")),
    stepChart({ title: t("study.each_day"), unit: "kWh", lowest: Math.min(...values) * 0.999, from_s: 0, to_s: found.replications + 1, across: { name: t("study.day"), text: (value) => formatWhole(value) }, series: days, file: `days-${job.id}` }),
    table(["", ...sides.map(([name]) => t(name))], means, t("study.means")),
  ); // prettier-ignore
}

/** @param {any} job */
function sweepResult(job) {
  const { rows, factors } = job.result;
  const measures = measuresOf(rows);
  let measure = measures.includes("saving_percent") ? "saving_percent" : measures[0];
  const box = element("div", {});
  const name = (/** @type {string} */ one) => known(`study.measure.${one}`, one);
  const timetable = (/** @type {string} */ one) => t(one === "plan" ? "graph.layer.plan" : "graph.layer.today");
  const draw = () => {
    const found = pointsOf(rows, factors, measure);
    const ends = found.series.flatMap((one) => one.points.flatMap((point) => [point.low, point.high, point.mean]));
    const places = found.series.flatMap((one) => one.points.map((point) => point.at));
    const room = (Math.max(...places) - Math.min(...places)) * 0.1 || 0.5;
    const across = found.isNumeric ? { name: factors[0], text: (/** @type {number} */ value) => formatTenth(value) } : { name: t("study.case"), text: (/** @type {number} */ value) => found.cases[value - 1] ?? "", labels: found.cases.map((text, k) => ({ at: k + 1, text: String(k + 1) })) };
    const series = found.series.map((one) => ({ name: timetable(one.timetable), form: one.timetable === "plan" ? "plan" : "today", isStep: false, points: one.points.map((point) => /** @type {[number, number]} */ ([point.at, point.mean])), intervals: one.points.map((point) => /** @type {[number, number, number]} */ ([point.at, point.low, point.high])) }));
    const span = Math.max(...ends) - Math.min(...ends) || Math.abs(ends[0]) * 0.01 || 1;
    box.replaceChildren(
      stepChart({ title: name(measure), unit: t("study.interval_text"), digits: 1, lowest: Math.min(...ends) - 0.05 * span, from_s: Math.min(...places) - room, to_s: Math.max(...places) + room, across, series, file: `${measure}-${job.id}` }),
      table([t("study.case"), t("trace.timetable"), t("study.mean"), t("study.low"), t("study.high")], rows.filter((/** @type {any} */ row) => typeof row[measure] === "number").map((/** @type {any} */ row) => element("tr", {}, element("th", { scope: "row" }, caseOf(row, factors)), element("td", {}, timetable(row.timetable)), ...["", "_low", "_high"].map((end) => element("td", {}, formatTenth(row[`${measure}${end}`]))))), name(measure)),
    ); // prettier-ignore
  };
  const select = choice(measures.map((one) => [one, name(one)]), measure, (one) => ((measure = one), draw())); // prettier-ignore
  const csv = () => downloadRows([Object.keys(rows[0]), ...rows.map((/** @type {any} */ row) => Object.values(row))], `sweep-${job.id}.csv`);
  if (measures.length) draw();
  return element("section", {}, element("h2", {}, titleOf(job)), element("div", { class: "graph-tools" }, labelled(t("study.measure"), select), element("button", { type: "button", onclick: csv }, "CSV"), element("a", { href: job.links.files["report.html"], target: "_blank" }, t("study.report"))), box);
}
