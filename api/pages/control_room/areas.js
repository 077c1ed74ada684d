/** Closures and speed restrictions as areas of the train graph: planned ones, incidents, and a blocked section that is compared. */
import { formatWhole, t } from "../locale.js";

/** Half the length of a station on the graph, in m: a held station is an area around it. */
const STATION_M = 150;

/** @typedef {import("../graph_paint.js").Area} Area */
/** @param {any} timetable @param {any[]} incidents of a virtual line @param {any} compared a disruption whose recoveries are compared, null without one @returns {Area[]} */
export function areasOf(timetable, incidents, compared) {
  const { stations } = timetable;
  const at = (/** @type {string} */ id) => stations.findIndex((/** @type {any} */ one) => one.station_id === id);
  const speed = (timetable.restrictions ?? []).map((/** @type {any} */ one) => ({
    from_s: one.from_s, to_s: one.to_s, low_m: Math.min(one.from_m, one.to_m), high_m: Math.max(one.from_m, one.to_m), kind: "speed",
    label: t("area.speed", { limit: formatWhole(one.limit_kmh) }) + (one.direction === "both" ? "" : ` ${t(`room.${one.direction}`)}`),
  })); // prettier-ignore
  const held = incidents
    .filter((one) => one.kind === "hold station" && at(one.at) >= 0 && one.from_s !== null)
    .map((one) => ({ from_s: one.from_s, to_s: one.from_s + one.duration_s, low_m: stations[at(one.at)].chainage_m - STATION_M, high_m: stations[at(one.at)].chainage_m + STATION_M, kind: "closure", label: t("area.station") }));
  const blocked = [];
  const place = compared?.kind === "section blocked" ? at(compared.at) : -1;
  if (place >= 0 && place + 1 < stations.length && compared.to_s) {
    const ends = [stations[place].chainage_m, stations[place + 1].chainage_m];
    blocked.push({ from_s: compared.from_s, to_s: compared.to_s, low_m: Math.min(...ends), high_m: Math.max(...ends), kind: "closure", label: t("area.compared") });
  }
  return [...speed, ...held, ...blocked];
}
