/** Compared recoveries as a table: pure functions. */
import { clockText } from "../graph_labels.js";
import { formatTenth, formatWhole, known, t } from "../locale.js";

/** Kinds of disruptions, with the field that names where. @type {Record<string, "train_id" | "station_id" | "substation_id">} */
export const DISRUPTIONS = { "train failed": "train_id", "section blocked": "station_id", "late pull-out": "train_id", "substation out": "substation_id" };

/** @typedef {{ longest_gap: { station: string, direction: string, gap_s: number, planned_s: number } | null, wide_gaps: number, waiting_passenger_h: number, late_until_s: number | null, energy_kwh: number, train_km: number, peak_15min_kw: number, lowest_voltage_v: number | null, lowest_voltage_at_m: number | null, unserved_kwh: number }} Figures */

/** A figure with its difference to that without the disruption. @param {number} value @param {number} before @param {(value: number) => string} format */
export function withDifference(value, before, format) {
  const difference = value - before;
  const shown = format(Math.abs(difference));
  if (shown === format(0)) return `${format(value)} (±0)`;
  return `${format(value)} (${difference > 0 ? "+" : "−"}${shown})`;
}

/** The name of a recovery. @param {string} name */
export const recoveryName = (name) => known(`recovery.${name}`, name);

/** The row of figures beside those without the disruption (null: these are they).
 * @param {Figures} one @param {Figures | null} before @param {(id: string) => string} nameOf the name of a station */
export function figureCells(one, before, nameOf) {
  const gap = one.longest_gap;
  const compared = (/** @type {"waiting_passenger_h" | "energy_kwh" | "train_km" | "peak_15min_kw"} */ key, /** @type {(value: number) => string} */ format) => (before ? withDifference(one[key], before[key], format) : format(one[key]));
  return [
    gap ? t("recovery.gap", { gap: formatWhole(gap.gap_s), planned: formatWhole(gap.planned_s), station: nameOf(gap.station), direction: t(`room.${gap.direction}`) }) : "–",
    formatWhole(one.wide_gaps),
    compared("waiting_passenger_h", formatTenth),
    one.late_until_s === null ? t("recovery.on_time") : clockText(one.late_until_s, false),
    compared("energy_kwh", formatWhole),
    compared("train_km", formatTenth),
    compared("peak_15min_kw", formatWhole),
    one.lowest_voltage_v === null ? "–" : t("recovery.voltage", { v: formatWhole(one.lowest_voltage_v), km: formatTenth((one.lowest_voltage_at_m ?? 0) / 1000) }),
    formatTenth(one.unserved_kwh),
  ]; // prettier-ignore
}

export const COLUMNS = ["recovery", "longest_gap", "wide_gaps", "waiting", "late_until", "energy", "train_km", "peak", "lowest_voltage", "unserved"];

/** The table of an answer as far as it is computed. @param {any} answer @param {(id: string) => string} nameOf @returns {import("./parts.js").Rows} */
export function comparisonRows(answer, nameOf) {
  const rows = [];
  if (answer.without) rows.push([t("recovery.without"), ...figureCells(answer.without, null, nameOf)]);
  for (const one of answer.recoveries ?? []) {
    const mark = one.name === answer.recommended ? "► " : "";
    rows.push([mark + recoveryName(one.name), ...figureCells(one, answer.without, nameOf)]);
  }
  return { head: COLUMNS.map((key) => t(`recovery.col_${key}`)), rows };
}

/** What happened, in one sentence. @param {any} answer @param {(id: string) => string} nameOf */
export function disruptionText(answer, nameOf) {
  const direction = answer.kind !== "section blocked" ? "" : answer.direction ? ` (${t(`room.${answer.direction}`)})` : ` (${t("recovery.both")})`;
  return `${known(`disruption.${answer.kind}`, answer.kind)}: ${nameOf(answer.at)}${direction}, ${clockText(answer.from_s, false)}–${clockText(answer.to_s, false)}`;
}
