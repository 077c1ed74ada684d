/** The handover of a shift as a sheet: what the next shift must know. The browser prints it or saves it as PDF. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { clockText } from "../graph_labels.js";
import { formatTenth, formatTime, formatWhole, known, language, switchLanguage, t, writeTexts } from "../locale.js";
import { saidOr } from "../said.js";
import { followTheme } from "../theme.js";
import { seconds } from "./address.js";
import { alarmWords } from "./alarm_view.js";

const given = new URLSearchParams(location.search);
const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const time = (/** @type {number} */ timeS) => clockText(timeS, false);
const list = (/** @type {string[]} */ names) => (names.length ? names.join(", ") : t("handover.none"));

/** What a user did, as a sentence for the log. @param {any} entry */
export function actionText(entry) {
  const { kind, object, value } = entry;
  const parts = {
    advice: () => [object, known(`room.${value.answer}`, value.answer).replace("{by}", "").trim(), value.reason],
    advising: () => [value.train_id ?? t("room.stop_line"), t(value.is_on ? "room.resume" : "room.stop"), value.reason],
    alarm: () => [object, t(value.action === "acknowledge" ? "room.acknowledge" : value.action === "shelve" ? "room.shelve" : "room.unshelve"), value.minutes && t("room.minutes", { n: value.minutes }), value.reason],
    incident: () => [known(`incident.${value.kind}`, value.kind), value.at],
    recovery: () => [known(`disruption.${value.kind}`, value.kind), value.at],
  }[/** @type {"advice"} */ (kind)]; // prettier-ignore
  return (parts ? parts() : [object]).filter(Boolean).join(" · ");
}

/** The name of an entry of the log. @param {any} entry */
export function entryName(entry) {
  if (entry.entry !== "action") return t(entry.entry === "alarm" ? "handover.alarm" : "handover.alarm_ended");
  const names = /** @type {Record<string, string>} */ ({ advice: "handover.advice", advising: "handover.advising", alarm: "handover.alarm_action", incident: "handover.incident", recovery: "handover.recovery" });
  return t(names[entry.kind] ?? "handover.entry");
}

const CLOCK = /^\d+:\d\d(:\d\d)?$/; // a time of day stays in one line

/** @param {string[]} head @param {(string | number)[][]} rows @param {number[]} numbers columns with numbers */
function table(head, rows, numbers = []) {
  if (!rows.length) return element("p", { class: "quiet" }, t("handover.none"));
  const form = (/** @type {number} */ column) => (numbers.includes(column) ? "number" : null);
  return element("div", { class: "sheet-table", role: "region", tabindex: 0, "aria-label": head.join(", ") }, element("table", {},
    element("thead", {}, element("tr", {}, ...head.map((text, column) => element("th", { scope: "col", class: form(column) }, text)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell, column) => element("td", { class: form(column) ?? (CLOCK.test(String(cell)) ? "time" : null) }, String(cell)))))))); // prettier-ignore
}

/** @param {string} key @param {...(HTMLElement | null)} children */
const section = (key, ...children) => element("section", {}, element("h2", {}, t(key)), ...children);
const whole = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "–" : formatWhole(value));

/** @param {any} sheet */
function stateNow(sheet) {
  const { plan, advising, service, energy } = sheet;
  const isOff = !advising.is_on ? t("handover.off") : advising.off_trains.length ? t("handover.off_trains", { trains: advising.off_trains.join(", ") }) : t("handover.on");
  const rows = [
    ["handover.plan", plan ? `${t("room.plan", { version: plan.id })} · ${t("room.approved", { by: plan.approved_by ?? t("room.unknown") })}` : t("room.todays")],
    ["handover.advising", isOff],
    ["handover.trains", t("handover.late", { trains: service.trains, late: service.late, most: formatWhole(service.most_s) })],
    ["handover.missing", list(sheet.missing_trains)],
    ["handover.energy", sheet.energy_of_shift_kwh === null ? "–" : `${formatWhole(sheet.energy_of_shift_kwh)} kWh`],
  ]; // prettier-ignore
  const saving = energy.saving_kwh === null || energy.saving_kwh === undefined ? [] : [element("dt", {}, t("handover.saving", { time: time(energy.since_s ?? 0) })), element("dd", {}, `${formatWhole(energy.saving_kwh)} kWh`)];
  return section("handover.now", element("dl", {}, ...rows.flatMap(([key, text]) => [element("dt", {}, t(key)), element("dd", {}, text)]), ...saving));
}

/** @param {any} sheet */
function inForce(sheet) {
  const { advising } = sheet;
  const shelved = sheet.alarms.filter((/** @type {any} */ one) => one.status === "shelved").map((/** @type {any} */ one) => t("handover.shelved", { time: time(one.until_s ?? 0), what: alarmWords(one, "what") }));
  const stopped = [...(advising.is_on ? [] : [t("room.advising_off")]), ...(advising.off_trains.length ? [t("room.advising_off_trains", { trains: advising.off_trains.join(", ") })] : [])];
  const out = sheet.substations.filter((/** @type {any} */ one) => one.is_out).map((/** @type {any} */ one) => t("handover.out", { name: one.substation_id }));
  const lines = [...stopped, ...shelved, ...out];
  return section("handover.fixes", lines.length ? element("ul", {}, ...lines.map((text) => element("li", {}, text))) : element("p", { class: "quiet" }, t("handover.none")));
}

/** @param {any} one a substation */
function meterRow(one) {
  const larger = Math.max(Math.abs(one.model_kw ?? 0), Math.abs(one.meter_kw ?? 0));
  const difference = one.model_kw === null || larger === 0 ? "–" : formatTenth((100 * (one.model_kw - one.meter_kw)) / larger);
  return [one.substation_id, whole(one.model_kw), whole(one.meter_kw), difference];
}

/** @param {any} sheet */
function show(sheet) {
  const range = { line: sheet.line_name, day: sheet.day, from: time(sheet.from_s), to: time(sheet.to_s) };
  document.title = `${t("handover.title")} ${sheet.line_name} ${sheet.day} ${range.to}`.replaceAll(":", "-");
  const warnings = [sheet.is_virtual ? "handover.virtual" : "", sheet.is_stale ? "handover.ended" : ""].filter(Boolean);
  const feeds = sheet.feeds.map((/** @type {any} */ one) => {
    const delay = sheet.delays[one.name];
    return [known(`feed.${one.name}`, one.name), whole(one.age_s), delay ? formatTenth(delay.median_s) : "–", delay ? formatTenth(Math.max(0, -delay.least_s)) : "–"];
  });
  const refused = Object.entries(sheet.refused).map(([why, count]) => `${why}: ${count}`);
  const alarms = sheet.alarms.filter((/** @type {any} */ one) => one.status !== "shelved");
  part("content").replaceChildren(
    element("p", {}, element("strong", {}, t("handover.line", range))),
    element("p", { class: "quiet" }, t("handover.written", { at: formatTime(sheet.written_at), time: clockText(sheet.time_s) })),
    ...warnings.map((key) => element("p", { class: "warning" }, t(key))),
    stateNow(sheet),
    section("handover.alarms", table(["room.priority_head", "room.time", "handover.alarm", "room.action", "room.state"].map((key) => t(key)),
      alarms.map((/** @type {any} */ one) => [one.priority, time(one.since_s), alarmWords(one, "what"), alarmWords(one, "action"), one.status === "open" ? t("room.open_state") : t("room.acknowledged", { by: one.by ?? "" })]))),
    inForce(sheet),
    section("handover.feeds", table(["handover.feed", "handover.age", "handover.delay", "handover.ahead"].map((key) => t(key)), feeds, [1, 2, 3]), element("p", { class: "quiet" }, `${t("handover.refused")}: ${list(refused)}`)),
    section("handover.meters", table(["room.substation", "room.model_kw", "room.meter_kw", "handover.difference"].map((key) => t(key)), sheet.substations.map(meterRow), [1, 2, 3])),
    section("handover.changes", table(["handover.at", "room.plan_head", "handover.step", "handover.by", "handover.note"].map((key) => t(key)),
      sheet.plan_changes.map((/** @type {any} */ one) => [formatTime(one.at), `${one.plan_id} (${one.version})`, `${known(`approval.${one.before}`, one.before)} → ${known(`approval.${one.after}`, one.after)}`, one.by, one.note]))),
    section("handover.log", table(["room.time", "handover.entry", "handover.note", "handover.by"].map((key) => t(key)),
      [...sheet.log].reverse().map((/** @type {any} */ one) => [clockText(one.time_s), entryName(one), one.entry === "action" ? actionText(one) : `${one.priority} · ${alarmWords(one, "what")}`, one.by ?? ""]))),
    element("div", { class: "signatures" }, element("p", {}, t("handover.signed")), element("p", {}, t("handover.taken"))),
  ); // prettier-ignore
}

async function read() {
  const line = given.get("line") || (await ask("/v1/live")).lines[0]?.line_id;
  const times = /** @type {HTMLFormElement} */ (part("times"));
  const query = new URLSearchParams();
  for (const name of ["from", "to"]) {
    const wanted = seconds(`${/** @type {HTMLInputElement} */ (times.elements.namedItem(name)).value}:00`);
    if (wanted !== null) query.set(`${name}_s`, String(wanted));
  }
  /** @type {HTMLAnchorElement} */ (part("room")).href = `/control-room/?line=${encodeURIComponent(line ?? "")}`;
  if (!line) throw { detail: t("room.empty") };
  show(await ask(`/v1/live/${encodeURIComponent(line)}/handover?${query}`));
}

async function readAgain() {
  const state = part("state");
  try {
    await read();
    state.hidden = true;
  } catch (problem) {
    state.hidden = false;
    state.textContent = t("handover.failed", { why: saidOr(/** @type {any} */ (problem).detail ?? "") });
  }
}

if (document.getElementById("sheet")) {
  writeTexts();
  followTheme(/** @type {HTMLSelectElement} */ (part("theme")), "headwatt.theme.handover", "light");
  const choice = /** @type {HTMLSelectElement} */ (part("language"));
  choice.value = language;
  choice.addEventListener("change", () => switchLanguage(choice.value));
  part("print").addEventListener("click", () => print());
  part("times").addEventListener("submit", (event) => {
    event.preventDefault();
    readAgain();
  });
  readAgain();
}
