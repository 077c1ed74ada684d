/** Explain, compare, judge again and export: jobs about a plan, each with its answer below its button. */
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { downloadRows } from "./graph_tools.js";
import { jobOf } from "./job_follow.js";
import { formatTenth, formatWhole, t } from "./locale.js";
import { leversView, table } from "./plan_power.js";
import { saidOr } from "./said.js";
import { optionsText, orderedText, title } from "./plan_words.js";

const MOST_ROWS = 60;
const signed = (/** @type {number} */ value) => (value > 0 ? `+${value}` : String(value).replace("-", "−"));
const row = (/** @type {(string | number)[]} */ cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, typeof cell === "number" ? formatWhole(cell) : cell)));

/** Explain one trip: what it saves, and with which trains it exchanges energy. @param {any} plan @param {string} trip @param {HTMLElement} place @param {{ station_id: string, name: string }[]} stations */
export async function explainTrip(plan, trip, place, stations) {
  const answer = element("div", { "aria-live": "polite" });
  place.querySelector(".explained")?.remove();
  answer.className = "explained";
  place.append(answer);
  const job = await jobOf(`/v1/plans/${plan.id}/explanations`, { trip }, answer);
  if (!job) return;
  const { trip: change, sections, levers, metering_point } = job.result;
  const nameOf = new Map(stations.map((one) => [one.station_id, one.name]));
  const partners = (/** @type {any[]} */ list) => list.map((one) => t("explain.partner", { train: one.trip_id, kwh: formatTenth(one.energy_kwh), doing: saidOr(one.doing), station: nameOf.get(one.station) ?? one.station })).join("; ");
  const rows = sections.map((/** @type {any} */ one) =>
    row([`${nameOf.get(one.from_station) ?? one.from_station} – ${nameOf.get(one.to_station) ?? one.to_station}`, clockText(one.departure_s), formatTenth(one.drawn_kwh), formatTenth(one.from_substations_kwh), partners(one.fed_by), formatTenth(one.offered_kwh), formatTenth(one.burnt_kwh), partners(one.feeds)]),
  );
  const moved = [["departure", change.departure_change_s], ["running", change.running_change_s], ["dwell", change.dwell_change_s]].map(([name, by_s]) => t(`explain.${name}`, { n: signed(Number(by_s)) }));
  answer.replaceChildren(
    element("h3", {}, t("explain.title", { name: trip })),
    element("p", {}, t("explain.saving", { kwh: formatTenth(change.saving_kwh), point: saidOr(metering_point) }), " ", moved.join(", "), "."),
    leversView({ levers }) ?? "",
    table(["section", "start", "drawn", "substations", "fed_by", "offered", "burnt", "feeds"].map((one) => t(`explain.column.${one}`)), rows, t("explain.title", { name: trip })),
  );
}

/** @param {any} plan @param {any[]} plans @param {any[]} lines @param {{ station_id: string, name: string }[]} stations */
export function tripsView(plan, plans, lines, stations) {
  return element("div", {}, explainPart(plan), comparePart(plan, plans, lines, stations), judgePart(plan), exportPart(plan));
}

/** @param {string} name @param {(HTMLElement | null)[]} fields @param {(answer: HTMLElement, button: HTMLButtonElement) => Promise<void>} call */
function part(name, fields, call) {
  const answer = element("div", { "aria-live": "polite" });
  const button = /** @type {HTMLButtonElement} */ (
    element("button", {
      type: "button",
      onclick: async () => {
        button.disabled = true;
        await call(answer, button);
        button.disabled = false;
      },
    }, t(`study.${name}.do`))
  ); // prettier-ignore
  return element("section", { class: "study" }, element("h2", {}, t(`study.${name}`)), element("p", { class: "quiet" }, t(`study.${name}.text`)), element("div", { class: "graph-tools" }, ...fields, button), answer);
}

/** @param {any} plan */
function explainPart(plan) {
  return part("explain", [], async (answer) => {
    const job = await jobOf(`/v1/plans/${plan.id}/explanations`, {}, answer);
    if (!job) return;
    const { trips, before_kwh, plan_kwh } = job.result;
    const cells = (/** @type {any} */ one) => [one.train_number || one.trip_id, clockText(one.departure_s), formatTenth(one.saving_kwh), signed(one.departure_change_s), signed(one.running_change_s), signed(one.dwell_change_s)];
    const head = ["train", "start", "saving", "departure_s", "running_s", "dwell_s"].map((one) => t(`explain.column.${one}`));
    answer.replaceChildren(
      element("p", {}, t("explain.day", { before: formatWhole(before_kwh), plan: formatWhole(plan_kwh) })),
      leversView(job.result) ?? "",
      element("h3", {}, t("explain.trips", { n: Math.min(MOST_ROWS, trips.length), all: trips.length })),
      element("p", {}, element("button", { type: "button", onclick: () => downloadRows([head, ...trips.map(cells)], `trips-${plan.id}.csv`) }, "CSV")),
      table(head, trips.slice(0, MOST_ROWS).map((/** @type {any} */ one) => row(cells(one))), t("study.explain")),
    );
  });
}

const TOTALS = ["energy_kwh", "peak_15min_kw", "used_share", "mean_waiting_s", "cost", "co2_kg", "trips", "train_km", "vehicles", "unserved_kwh"];

/** @param {any} plan @param {any[]} plans @param {any[]} lines @param {{ station_id: string, name: string }[]} stations */
function comparePart(plan, plans, lines, stations) {
  const others = plans.filter((one) => one.status === "succeeded" && one.id !== plan.id && one.order.scenario === plan.order.scenario);
  const other = /** @type {HTMLSelectElement} */ (element("select", {}, element("option", { value: "" }, t("start_today")), ...others.map((one) => element("option", { value: one.id }, `${title(one, lines)}, ${optionsText(one.order)}, ${orderedText(one)}`))));
  const endOf = (/** @type {string} */ direction) => stations[direction === "up" ? stations.length - 1 : 0]?.name ?? direction;
  return part("compare", [element("label", {}, t("study.compare.with"), other)], async (answer) => {
    const job = await jobOf(`/v1/plans/${plan.id}/comparisons`, { other: other.value || null }, answer);
    if (!job) return;
    // The plan comes first in a comparison with another plan, and second in one with today.
    const sides = job.result.plans.map((/** @type {string} */ one) => (one === plan.id ? t("study.compare.this") : one === "today" ? t("graph.layer.today") : t("study.compare.other")));
    const [first, second] = job.result.totals;
    const totals = TOTALS.map((name) => row([t(`figure.${name}`, { currency: plan.result.currency ?? "" }), formatTenth(first[name]), formatTenth(second[name]), signed(Math.round(10 * (second[name] - first[name])) / 10)]));
    const headways = job.result.headways.map((/** @type {any} */ one) => row([t("service.to", { station: endOf(one.direction) }), `${clockText(one.from_s, false)}–${clockText(one.to_s, false)}`, ...one.headway_s.map((/** @type {number | null} */ value) => (value === null ? "–" : formatTenth(value))), ...one.trips]));
    const changed = job.result.trips.filter((/** @type {any} */ one) => one.largest_move_s !== 0).slice(0, MOST_ROWS);
    const trips = changed.map((/** @type {any} */ one) => row([one.trip_id, ...one.departure_s.map((/** @type {number | null} */ value) => (value === null ? "–" : clockText(value))), signed(one.departure_change_s), one.largest_move_s === null ? "–" : String(one.largest_move_s)]));
    answer.replaceChildren(
      table([t("study.figure"), ...sides, t("study.compare.change")], totals, t("study.compare")),
      element("h3", {}, t("service.headways")),
      table([t("service.direction"), t("chart.time"), ...sides.map((/** @type {string} */ one) => `${t("unit.s")}, ${one}`), ...sides.map((/** @type {string} */ one) => `${t("service.trips")}, ${one}`)], headways, t("service.headways")),
      element("h3", {}, t("study.compare.trips", { n: job.result.trips_changed })),
      table([t("graph.column.train"), ...sides, t("explain.column.departure_s"), t("study.compare.move")], trips, t("study.compare.trips", { n: job.result.trips_changed })),
    );
  });
}

/** @param {any} plan */
function judgePart(plan) {
  const days = /** @type {HTMLInputElement} */ (element("input", { type: "number", min: 2, max: 1000, value: String(plan.order.replications) }));
  const seed = /** @type {HTMLInputElement} */ (element("input", { type: "number", min: 0, max: 2147483647, value: String(plan.order.seed + 1) }));
  return part("judge", [element("label", {}, t("days"), days), element("label", {}, t("seed"), seed)], async (answer) => {
    const job = await jobOf(`/v1/plans/${plan.id}/judgements`, { replications: Number(days.value), seed: Number(seed.value) }, answer);
    if (!job) return;
    answer.replaceChildren(element("p", {}, element("strong", {}, t("saved", { percent: formatTenth(job.facts.saving_percent) })), ` · ${job.facts.verdict}`), files(job));
  });
}

/** @param {any} plan */
function exportPart(plan) {
  const format = /** @type {HTMLSelectElement} */ (element("select", {}, ...["xlsx", "gtfs", "csv", "json"].map((one) => element("option", { value: one }, one.toUpperCase()))));
  const zone = /** @type {HTMLInputElement} */ (element("input", { type: "text", value: Intl.DateTimeFormat().resolvedOptions().timeZone, spellcheck: "false" }));
  return part("export", [element("label", {}, t("study.export.format"), format), element("label", {}, t("study.export.zone"), zone)], async (answer) => {
    const job = await jobOf(`/v1/plans/${plan.id}/exports`, { format: format.value, ...(format.value === "gtfs" ? { timezone: zone.value } : {}) }, answer);
    if (job) answer.replaceChildren(files(job));
  });
}

/** The files that a job made. @param {any} job */
export function files(job) {
  return element("p", { class: "links" }, ...Object.entries(job.links.files).filter(([name]) => name !== "result.json").map(([name, path]) => element("a", { href: path, download: name }, name)));
}
