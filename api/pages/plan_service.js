/** Headways and loads over the day, before and after: computed from the trips of the train graph. */
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { formatTenth, formatWhole, t } from "./locale.js";
import { stepChart } from "./step_chart.js";

/** @typedef {{ trip_id: string, direction: "up" | "down", stops: [number, number, number][], passengers: number[] }} Trip */

/** Departure and seconds since the departure before at a station, in one direction. @param {Trip[]} trips @param {"up" | "down"} direction @param {number} station @returns {[number, number][]} */
export function headwaysAt(trips, direction, station) {
  const times = trips.filter((trip) => trip.direction === direction).flatMap((trip) => trip.stops.slice(0, -1).filter(([place]) => place === station).map(([, , departure_s]) => departure_s)).sort((a, b) => a - b); // prettier-ignore
  return times.slice(1).map((time_s, k) => [time_s, time_s - times[k]]);
}

/** Departure and load of the fullest section of each trip. @param {Trip[]} trips @param {"up" | "down"} direction @returns {[number, number][]} */
export function fullestLoads(trips, direction) {
  return trips.filter((trip) => trip.direction === direction && trip.passengers.length).map((trip) => /** @type {[number, number]} */ ([trip.stops[0][2], Math.max(...trip.passengers)])).sort((a, b) => a[0] - b[0]); // prettier-ignore
}

/** By hour: trips, mean headway, fullest train. @param {Trip[]} trips @param {"up" | "down"} direction @param {number} station */
export function byHour(trips, direction, station) {
  const gaps = headwaysAt(trips, direction, station);
  const loads = fullestLoads(trips, direction);
  /** @type {Map<number, { trips: number, headway_s: number | null, fullest: number }>} */
  const hours = new Map();
  for (const [time_s, load] of loads) {
    const hour = Math.floor(time_s / 3600);
    const before = hours.get(hour) ?? { trips: 0, headway_s: null, fullest: 0 };
    hours.set(hour, { ...before, trips: before.trips + 1, fullest: Math.max(before.fullest, load) });
  }
  for (const [hour, row] of hours) {
    const inHour = gaps.filter(([time_s]) => Math.floor(time_s / 3600) === hour).map(([, gap_s]) => gap_s);
    if (inHour.length) row.headway_s = inHour.reduce((sum, one) => sum + one, 0) / inHour.length;
  }
  return hours;
}

/** @param {any} plan @param {any} document */
export function serviceView(plan, document) {
  const directions = /** @type {const} */ (["up", "down"]);
  const end = (/** @type {string} */ direction) => document.stations[direction === "up" ? document.stations.length - 1 : 0].name;
  const direction = /** @type {HTMLSelectElement} */ (element("select", { onchange: () => draw() }, ...directions.map((one) => element("option", { value: one }, t("service.to", { station: end(one) })))));
  const station = /** @type {HTMLSelectElement} */ (element("select", { onchange: () => draw() }, ...document.stations.map((/** @type {any} */ one, /** @type {number} */ k) => element("option", { value: k }, one.name))));
  direction.addEventListener("change", () => {
    station.value = direction.value === "up" ? "0" : String(document.stations.length - 1);
    draw();
  });
  const box = element("div", {});
  const draw = () => {
    const way = direction.value === "down" ? "down" : "up";
    const at = Number(station.value);
    const span = daySpan(document);
    const pair = (/** @type {(trips: Trip[]) => [number, number][]} */ of) => [
      { name: t("graph.layer.today"), form: "today", points: of(document.today) },
      { name: t("graph.layer.plan"), form: "plan", points: of(document.trips) },
    ];
    const limit = document.capacity * document.load_limit_share;
    box.replaceChildren(
      stepChart({ title: t("service.headways"), unit: t("unit.s"), series: pair((trips) => headwaysAt(trips, way, at)), ...span, file: `headways-${plan.id}` }),
      stepChart({ title: t("service.loads"), unit: t("unit.passengers"), series: pair((trips) => fullestLoads(trips, way)), ...span, limit: { value: limit, name: t("service.limit", { n: formatWhole(limit), percent: formatWhole(100 * document.load_limit_share) }) }, file: `loads-${plan.id}` }),
      hourTable(document, way, at),
    );
  };
  draw();
  return element("div", {}, element("div", { class: "graph-tools" }, element("label", {}, t("service.direction"), direction), element("label", {}, t("service.station"), station)), box);
}

/** First and last second of the day in both timetables. @param {any} document */
export function daySpan(document) {
  const trips = [...document.today, ...document.trips];
  return { from_s: Math.min(...trips.map((one) => one.stops[0][2])), to_s: Math.max(...trips.map((one) => one.stops[one.stops.length - 1][1])) };
}

/** @param {any} document @param {"up" | "down"} direction @param {number} station */
function hourTable(document, direction, station) {
  const [today, plan] = [byHour(document.today, direction, station), byHour(document.trips, direction, station)];
  const hours = [...new Set([...today.keys(), ...plan.keys()])].sort((a, b) => a - b);
  const groups = [t("service.trips"), t("service.mean_headway"), t("service.fullest")];
  const cell = (/** @type {number | null | undefined} */ value, /** @type {(value: number) => string} */ form) => element("td", {}, value === null || value === undefined ? "–" : form(value));
  const rows = hours.map((hour) => {
    const [a, b] = [today.get(hour), plan.get(hour)];
    return element("tr", {}, element("th", { scope: "row" }, `${clockText(3600 * hour, false)}–${clockText(3600 * (hour + 1), false)}`), cell(a?.trips, formatWhole), cell(b?.trips, formatWhole), cell(a?.headway_s, formatTenth), cell(b?.headway_s, formatTenth), cell(a?.fullest, formatWhole), cell(b?.fullest, formatWhole));
  });
  const sides = groups.flatMap(() => [t("graph.layer.today"), t("graph.layer.plan")]);
  return element(
    "section", {}, element("h2", {}, t("service.by_hour")),
    element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": t("service.by_hour") }, element("table", {}, element("thead", {}, element("tr", {}, element("td", {}), ...groups.map((one) => element("th", { scope: "colgroup", colspan: 2 }, one))), element("tr", {}, element("th", { scope: "col" }, t("chart.time")), ...sides.map((one) => element("th", { scope: "col" }, one)))), element("tbody", {}, ...rows))),
  ); // prettier-ignore
}
