/** The quality of the telemetry by vehicle and day as a calendar. Without drawing. */

/** Share of missing rows from which a day has gaps. */
export const GAPS_FROM = 0.05;

/** @typedef {"none" | "good" | "gaps" | "wrong"} Quality */
/** The sign of each quality: its form says it without a colour. @type {Record<Quality, string>} */
export const SIGNS = { none: "–", good: "✓", gaps: "◐", wrong: "▲" };

/** @param {any | undefined} day @returns {Quality} */
export function qualityOf(day) {
  if (!day) return "none";
  if (day.findings.length) return "wrong";
  return day.missing_share > GAPS_FROM ? "gaps" : "good";
}

/** The days of the calendar with the vehicles, and what is known of each vehicle and day: key `vehicle` and day.
 * @param {any[]} days @param {string | null} first @param {string | null} last */
export function calendarOf(days, first, last) {
  const vehicles = [...new Set(days.map((one) => one.vehicle))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const known = days.map((one) => one.day).sort();
  const from = known[0] ?? first;
  const to = last ?? known[known.length - 1];
  const cells = new Map(days.map((one) => [cellKey(one.vehicle, one.day), one]));
  return { vehicles, days: from && to ? daysBetween(from, to) : [], cells };
}

/** @param {string} vehicle @param {string} day */
export const cellKey = (vehicle, day) => `${day} ${vehicle}`;

/** Every day from one to another. @param {string} first @param {string} last ISO 8601 @returns {string[]} */
export function daysBetween(first, last) {
  const found = [];
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`) && found.length < 400; at += 86_400_000) found.push(new Date(at).toISOString().slice(0, 10));
  return found;
}

/** Number of vehicle-days by quality. @param {any[]} days */
export function counted(days) {
  const found = { good: 0, gaps: 0, wrong: 0, none: 0 };
  for (const one of days) found[qualityOf(one)] += 1;
  return found;
}
