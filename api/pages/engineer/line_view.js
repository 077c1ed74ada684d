/** The line: gradient, limits, speed and power over chainage for a section and a running time, and the table of running times. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { downloadRows } from "../graph_tools.js";
import { formatTenth, formatWhole, known, t } from "../locale.js";
import { table } from "../plan_power.js";
import { problemView } from "../problem_view.js";
import { stepChart } from "../step_chart.js";
import { choice, computed, computedAt, isSame, labelled, overrideChoice } from "./parts.js";
import { energyPoints, profileSeries, runNear, stepPoints } from "./profiles.js";

/** @typedef {import("./parts.js").Context} Context */

const PASSENGERS = 0;

/** @param {Context} context @returns {HTMLElement} */
export function lineView(context) {
  const { line, state } = context;
  const box = element("div", {});
  let override = state.override ?? "";
  let passengers = Number(state.passengers ?? PASSENGERS) || 0;
  const draw = () => {
    const order = { scenario: line.name, overrides: override ? [override] : [], passengers };
    const fits = (/** @type {any} */ one) => isSame(one.overrides, order.overrides) && one.passengers === passengers;
    box.replaceChildren(computed(context, { resource: "line-descriptions", order, fits, text: t("line.none") }, (job) => described(context, job)));
  };
  const load = /** @type {HTMLInputElement} */ (
    element("input", { type: "number", min: 0, max: 10000, step: 1, value: String(passengers), onchange: () => ((passengers = Math.max(0, Number(load.value) || 0)), context.keep({ passengers: passengers || null }), draw()) })
  );
  const changes = overrideChoice(line, override, (name) => ((override = name), context.keep({ override: name }), draw()));
  draw();
  return element("section", {}, element("div", { class: "graph-tools" }, labelled(t("engineer.override"), changes), labelled(t("line.passengers"), load)), box);
}

/** @param {Context} context @param {any} job */
function described(context, job) {
  const found = job.result;
  const { state } = context;
  const names = new Map(found.stations.map((/** @type {any} */ one) => [one.id, one.name]));
  const ways = [...new Set(found.sections.map((/** @type {any} */ one) => one.direction))];
  const sectionText = (/** @type {any} */ one) => `${names.get(one.from)} – ${names.get(one.to)}`;
  let way = ways.includes(state.direction) ? state.direction : String(ways[0]);
  let at = found.sections.filter((/** @type {any} */ one) => one.direction === way)[Number(state.section)] ? Number(state.section) : 0;
  const drawing = element("div", {});
  const tools = element("div", { class: "graph-tools" });
  const ofWay = () => found.sections.filter((/** @type {any} */ one) => one.direction === way);
  const draw = async () => {
    const section = ofWay()[at];
    try {
      const profiles = await ask(job.links.files[section.profiles]);
      if (section === ofWay()[at]) drawing.replaceChildren(sectionView(context, found, section, profiles, sectionText(section)));
    } catch (problem) {
      drawing.replaceChildren(problemView(problem));
    }
  };
  const fill = () => {
    const stations = found.stations;
    const end = (/** @type {string} */ one) => stations[one === "up" ? stations.length - 1 : 0].name;
    const directions = choice(ways.map((one) => [String(one), t("service.to", { station: end(String(one)) })]), way, (one) => ((way = one), (at = 0), keep(), fill())); // prettier-ignore
    const sections = choice(ofWay().map((/** @type {any} */ one, /** @type {number} */ k) => [String(k), sectionText(one)]), String(at), (one) => ((at = Number(one)), keep(), void draw())); // prettier-ignore
    tools.replaceChildren(labelled(t("service.direction"), directions), labelled(t("line.section"), sections));
    void draw();
  };
  const keep = () => context.keep({ direction: way, section: at, run: null });
  fill();
  return element("div", {}, computedAt(job), trackView(found), element("h2", {}, t("line.section_title")), tools, drawing, runningTimes(found, sectionText));
}

/** Height and limits of the whole line. @param {any} found */
function trackView(found) {
  const { stations } = found;
  const [from_s, to_s] = [stations[0].chainage_m, stations[stations.length - 1].chainage_m];
  const across = { name: t("line.chainage"), text: (/** @type {number} */ value) => formatWhole(value), labels: stations.map((/** @type {any} */ one) => ({ at: one.chainage_m, text: one.name })) };
  const limits = ["up", "down"].map((way) => ({ name: t(`room.${way}`), form: way === "up" ? "plan" : "today", points: stepPoints(found.speed_limits.filter((/** @type {any} */ one) => [way, "both"].includes(one.direction)), "limit_kmh", from_s, to_s) }));
  const rows = found.gradients.map((/** @type {any} */ one) => element("tr", {}, element("td", {}, `${formatWhole(one.from_m)}–${formatWhole(one.to_m)}`), element("td", {}, formatTenth(one.permil)), element("td", {}, known(`room.${one.direction}`, t("line.both")))));
  return element(
    "section", {}, element("h2", {}, t("line.track")),
    stepChart({ title: t("line.height"), unit: "m", digits: 1, from_s, to_s, across, file: `height-${found.scenario}`, height: 150, series: [{ name: t("line.height"), form: "plan", isStep: false, points: found.heights }] }),
    stepChart({ title: t("line.limits"), unit: "km/h", from_s, to_s, across, file: `limits-${found.scenario}`, height: 150, series: limits }),
    element("details", {}, element("summary", {}, t("line.gradients")), table([t("line.stretch"), "‰", t("service.direction")], rows, t("line.gradients"))),
  ); // prettier-ignore
}

/** @param {Context} context @param {any} found @param {any} section @param {any} profiles @param {string} name */
function sectionView(context, found, section, profiles, name) {
  const wanted = context.state.run === undefined ? section.in_force_s : Number(context.state.run);
  let shown = runNear(profiles.runs, wanted);
  const charts = element("div", {});
  const times = profiles.runs.map((/** @type {any} */ run, /** @type {number} */ k) => /** @type {[string, string]} */ ([String(k), t("line.run", { strategy: known(`strategy.${run.strategy}`, run.strategy), s: formatTenth(run.running_time_s) })]));
  const runs = choice(times, String(shown), (one) => ((shown = Number(one)), context.keep({ run: profiles.runs[shown].running_time_s }), draw()));
  const draw = () => {
    const run = profiles.runs[shown];
    const other = profiles.runs.find((/** @type {any} */ one) => one.strategy === "flat_out" && one !== run);
    const [first, last] = [profiles.boundary_chainage_m[0], profiles.boundary_chainage_m[profiles.boundary_chainage_m.length - 1]];
    const axis = { name: t("line.chainage"), text: (/** @type {number} */ value) => formatWhole(value), isFalling: last < first };
    const common = { from_s: Math.min(first, last), to_s: Math.max(first, last), across: axis };
    const strategy = (/** @type {any} */ one) => t("line.run", { strategy: known(`strategy.${one.strategy}`, one.strategy), s: formatTenth(one.running_time_s) });
    const pair = (/** @type {string} */ field) => [...(other ? [{ name: strategy(other), form: "today", isStep: false, points: profileSeries(other, field) }] : []), { name: strategy(run), form: "plan", isStep: false, points: profileSeries(run, field) }];
    const limit = { name: t("line.limit"), form: "late", points: edges(profiles.boundary_chainage_m, profiles.limit_kmh) };
    const slope = { name: t("line.gradient"), form: "plan", points: edges(profiles.boundary_chainage_m, profiles.slope_permil) };
    charts.replaceChildren(
      stepChart({ title: t("line.speed"), unit: "km/h", digits: 1, ...common, file: `speed-${section.from}-${section.to}`, series: [limit, ...pair("speed_kmh")] }),
      stepChart({ title: t("line.power"), unit: "kW", ...common, file: `power-${section.from}-${section.to}`, series: pair("power_kw") }),
      stepChart({ title: t("line.slope"), unit: "‰", digits: 1, ...common, height: 130, file: `gradient-${section.from}-${section.to}`, series: [slope] }),
      figures(run, other, strategy),
    ); // prettier-ignore
  };
  draw();
  const energy = stepChart({
    title: t("line.energy_by_time"), unit: "kWh", digits: 1, ...energyPoints(profiles.runs), file: `energy-${section.from}-${section.to}`, mark: section.in_force_s, lowest: 0,
    across: { name: t("line.running_time"), text: (value) => formatWhole(value) }, series: [{ name: t("line.net"), form: "plan", isStep: false, points: profiles.runs.filter((/** @type {any} */ one) => one.strategy === "optimal").map((/** @type {any} */ one) => [one.running_time_s, one.net_kwh]) }],
  }); // prettier-ignore
  return element("section", { "aria-label": name }, element("p", {}, t("line.section_text", { length: formatWhole(section.length_m), shortest: formatTenth(section.minimum_s), today: formatWhole(section.in_force_s) })), element("div", { class: "graph-tools" }, labelled(t("line.driving"), runs)), charts, energy);
}

/** Steps at the borders of a section, from its beginning to its end. @param {number[]} borders @param {number[]} values @returns {[number, number][]} */
const edges = (borders, values) => borders.map((at, k) => [at, values[Math.min(k, values.length - 1)]]);

/** @param {any} run @param {any | undefined} other @param {(run: any) => string} name */
function figures(run, other, name) {
  const row = (/** @type {any} */ one) => element("tr", {}, element("th", { scope: "row" }, name(one)), ...["drawn_kwh", "regenerated_kwh", "net_kwh", "highest_speed_kmh"].map((field) => element("td", {}, formatTenth(one[field]))));
  return table(["", t("line.drawn"), t("line.regenerated"), t("line.net"), t("line.highest")], [run, ...(other ? [other] : [])].map(row), t("line.figures"));
}

/** The running-time table of the line: each section, with the energy of each running time. @param {any} found @param {(section: any) => string} sectionText */
function runningTimes(found, sectionText) {
  const head = [t("line.section"), t("service.direction"), t("line.length"), t("line.shortest"), t("line.in_force"), t("line.energies")];
  const optimal = (/** @type {any} */ one) => one.runs.filter((/** @type {any} */ run) => run.strategy === "optimal");
  const rows = found.sections.map((/** @type {any} */ one) =>
    element(
      "tr", {}, element("th", { scope: "row" }, sectionText(one)), element("td", {}, t(`room.${one.direction}`)), element("td", {}, formatWhole(one.length_m)), element("td", {}, formatTenth(one.minimum_s)), element("td", {}, formatWhole(one.in_force_s)),
      element("td", { class: "energies" }, optimal(one).map((/** @type {any} */ run) => `${formatWhole(run.running_time_s)} s ${formatTenth(run.net_kwh)}`).join(" · ")),
    )); // prettier-ignore
  const csv = () => {
    const names = ["direction", "from", "to", "length_m", "minimum_s", "in_force_s", "strategy", "running_time_s", "drawn_kwh", "regenerated_kwh", "net_kwh", "highest_speed_kmh"];
    const lines = found.sections.flatMap((/** @type {any} */ one) => one.runs.map((/** @type {any} */ run) => names.map((name) => one[name] ?? run[name])));
    downloadRows([names, ...lines], `running-times-${found.scenario}.csv`);
  };
  return element("section", {}, element("h2", {}, t("line.running_times")), element("p", { class: "quiet" }, t("line.running_times_text", { passengers: formatWhole(found.passengers), train: found.train.type })), element("p", {}, element("button", { type: "button", onclick: csv }, "CSV")), table(head, rows, t("line.running_times")));
}
