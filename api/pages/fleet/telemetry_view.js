/** The quality of the telemetry as a calendar of vehicles and days, with the reasons of the chosen day, and the quarantine. */
import { element } from "../element.js";
import { formatDay, formatDigits, formatTenth, formatWhole, known, t } from "../locale.js";
import { figures } from "./estimates.js";
import { csvButton, section, table } from "./parts.js";
import { calendarOf, cellKey, counted, qualityOf, SIGNS } from "./quality.js";

/** @typedef {import("./state.js").Page} Page */

/** @param {any} quality @param {any} fleet @param {Page} page */
export function telemetryView(quality, fleet, page) {
  return element("div", { class: "telemetry" }, calendarView(quality, fleet, page), element("div", {}, dayView(quality, fleet, page), quarantineView(quality)));
}

/** @param {any} quality @param {any} fleet @param {Page} page */
function calendarView(quality, fleet, page) {
  const { vehicles, days, cells } = calendarOf(quality.days, quality.first_day, quality.last_day);
  const count = counted(quality.days);
  const refused = new Set(fleet.refused.map((/** @type {any} */ one) => cellKey(one.vehicle, one.day)));
  const chosen = chosenCell(vehicles, days, page);
  const csv = () => [
    ["vehicle", "day", "rows", "flagged", "hours", "missing_share", "step_s", "clock_compared", "findings"],
    ...quality.days.map((/** @type {any} */ one) => [one.vehicle, one.day, one.rows, one.flagged, one.hours, one.missing_share, one.step_s, String(one.is_clock_compared), one.findings.map((/** @type {any} */ found) => found.words).join("; ")]),
  ];
  const head = element("tr", {}, element("th", { scope: "col" }, t("fleet.vehicle")), ...days.map((day) => element("th", { scope: "col" }, element("span", { class: "day" }, formatDay(day, "short")))));
  const rows = vehicles.map((vehicle) => element("tr", {}, element("th", { scope: "row" }, vehicle), ...days.map((day) => cellOf(vehicle, day, cells.get(cellKey(vehicle, day)), refused.has(cellKey(vehicle, day)), chosen, page))));
  const grid = element("table", { class: "calendar", onkeydown: (/** @type {KeyboardEvent} */ event) => move(event, vehicles, days, page) }, element("thead", {}, head), element("tbody", {}, ...rows));
  const legend = ["good", "gaps", "wrong", "none"].map((name) => element("li", {}, element("span", { class: `sign ${name}`, "aria-hidden": "true" }, SIGNS[/** @type {import("./quality.js").Quality} */ (name)]), t(`quality.${name}`)));
  return section(
    t("quality.title"),
    [csvButton(`telemetry-${quality.line}`, csv)],
    element("p", { class: "quiet" }, t("quality.counted", { ...count, days: quality.days.length })),
    element("div", { class: "wide", role: "region", "aria-label": t("quality.title"), tabindex: 0, "data-scroll": "calendar" }, grid),
    element("ul", { class: "legend" }, ...legend, element("li", {}, element("span", { class: "sign", "aria-hidden": "true" }, "✕"), t("quality.refused"))),
  );
}

/** The chosen vehicle and day: without a choice the first vehicle on the last day. @param {string[]} vehicles @param {string[]} days @param {Page} page */
const chosenCell = (vehicles, days, page) => page.view.cell ?? { vehicle: vehicles[0], day: days[days.length - 1] };

/** @param {string} vehicle @param {string} day @param {any} found @param {boolean} isRefused @param {{ vehicle: string, day: string }} chosen @param {Page} page */
function cellOf(vehicle, day, found, isRefused, chosen, page) {
  const quality = qualityOf(found);
  const isChosen = chosen.vehicle === vehicle && chosen.day === day;
  const count = found?.findings.length ?? 0;
  const words = [vehicle, formatDay(day), t(`quality.${quality}`), count ? t("quality.findings_n", { n: count }) : "", isRefused ? t("quality.refused") : ""].filter(Boolean).join(", ");
  const text = `${SIGNS[quality]}${count > 1 ? count : ""}${isRefused ? "✕" : ""}`;
  return element("td", { class: quality }, element("button", { type: "button", "aria-label": words, "aria-pressed": String(isChosen), tabindex: isChosen ? 0 : -1, "data-key": `cell-${cellKey(vehicle, day)}`, onclick: () => page.look({ cell: { vehicle, day } }) }, text));
}

/** The arrow keys, Home and End move the chosen day. The state is read at the key press, because a second key may come
 * before the page is drawn. @param {KeyboardEvent} event @param {string[]} vehicles @param {string[]} days @param {Page} page */
function move(event, vehicles, days, page) {
  const chosen = chosenCell(vehicles, days, page);
  const [row, column] = [vehicles.indexOf(chosen.vehicle), days.indexOf(chosen.day)];
  /** @type {Record<string, [number, number]>} */
  const places = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], Home: [row, 0], End: [row, days.length - 1] };
  const to = places[event.key];
  if (!to || !vehicles[to[0]] || !days[to[1]]) return;
  event.preventDefault();
  const cell = { vehicle: vehicles[to[0]], day: days[to[1]] };
  page.look({ cell }, `cell-${cellKey(cell.vehicle, cell.day)}`);
}

/** What is known of the chosen vehicle and day. @param {any} quality @param {any} fleet @param {Page} page */
function dayView(quality, fleet, page) {
  const { vehicles, days, cells } = calendarOf(quality.days, quality.first_day, quality.last_day);
  const { vehicle, day } = chosenCell(vehicles, days, page);
  if (!vehicle || !day) return null;
  const one = cells.get(cellKey(vehicle, day));
  const refused = fleet.refused.filter((/** @type {any} */ found) => found.vehicle === vehicle && found.day === day);
  const facts = one
    ? [
        [t("quality.rows"), formatWhole(one.rows)],
        [t("quality.hours"), formatTenth(one.hours)],
        [t("quality.every"), `${formatDigits(one.step_s, one.step_s % 1 ? 1 : 0)} s`],
        [t("quality.missing"), `${formatTenth(100 * one.missing_share)} %`],
        [t("quality.flagged"), formatWhole(one.flagged)],
        [t("quality.clock"), t(one.is_clock_compared ? "quality.clock_yes" : "quality.clock_no")],
      ]
    : [];
  const findings = (one?.findings ?? []).map((/** @type {any} */ found) => findingView(found));
  const reasons = refused.flatMap((/** @type {any} */ found) => found.reasons.map((/** @type {string} */ reason) => element("li", { lang: "en" }, reason)));
  return element(
    "section",
    { class: "day-view", "aria-live": "polite" },
    element("h2", {}, `${vehicle}, ${formatDay(day)}`),
    one ? null : element("p", {}, t("quality.no_rows")),
    findings.length ? element("ul", { class: "findings" }, ...findings) : one ? element("p", {}, `${SIGNS[qualityOf(one)]} ${t(`quality.${qualityOf(one)}`)}`) : null,
    facts.length ? element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])) : null,
    reasons.length ? element("div", {}, element("h3", {}, `✕ ${t("quality.refused_why")}`), element("ul", {}, ...reasons)) : null,
    fleet.vehicles.some((/** @type {any} */ found) => found.vehicle === vehicle) ? element("p", {}, element("a", { href: page.address({ view: "vehicles", vehicle }), "data-key": "to-vehicle", onclick: page.follow({ view: "vehicles", vehicle }) }, t("quality.to_model", { vehicle }))) : null,
  );
}

/** @param {any} found */
function findingView(found) {
  const signal = found.signal ? `${known(`signal.${found.signal}`, found.signal)}: ` : "";
  const unit = found.unit ? ` ${found.unit}` : "";
  return element("li", {}, element("strong", {}, `▲ ${signal}${known(`finding.${found.kind}`, found.kind)}`), ` ${formatAmount(found.amount)}${unit}`, found.detail ? element("small", { class: "quiet", lang: "en" }, ` ${found.detail}`) : null);
}

/** A size with four significant digits. @param {number} value */
const formatAmount = (value) => formatDigits(value, Number.isInteger(value) ? 0 : figures(value));

/** @param {any} quality */
function quarantineView(quality) {
  const { rows, reasons } = quality.quarantine;
  const lines = Object.entries(reasons).map(([reason, count]) => element("tr", {}, element("td", { class: "number" }, formatWhole(Number(count))), element("td", { lang: "en" }, reason)));
  const csv = () => [["rows", "reason"], .../** @type {[string, number][]} */ (Object.entries(reasons)).map(([reason, count]) => [count, reason])];
  return section(
    t("quality.quarantine"),
    rows ? [csvButton(`quarantine-${quality.line}`, csv)] : [],
    element("p", {}, rows ? t("quality.quarantine_n", { rows: formatWhole(rows) }) : t("quality.quarantine_none")),
    rows ? table(t("quality.quarantine"), [t("quality.rows"), t("quality.reason")], lines, "quarantine") : null,
    rows ? element("p", { class: "quiet" }, t("quality.quarantine_text"), " ", element("code", {}, "headwatt telemetry quarantine")) : null,
  );
}
