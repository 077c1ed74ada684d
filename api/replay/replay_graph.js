/** The train graph of a replay: each trip as planned and as run, with the moment of the replay as a line. */
import { element } from "../pages/element.js";
import { graphTools } from "../pages/graph_tools.js";
import { t } from "../pages/locale.js";
import { TrainGraph } from "../pages/train_graph.js";

/** @typedef {import("../pages/graph_trips.js").Trip} Trip @typedef {import("../pages/graph_trips.js").Stop} Stop */
/** @typedef {{ title: string, scenario: string, start_s: number, low_m: number, span_m: number, stations: { name: string, at_m: number }[], vehicles: string[], trips: string[] }} Meta */
/** Calls are arrivals and departures in the order of time, runs have a value a second. Times are seconds of the replay.
 * @typedef {{ call_trip: Int32Array, call_station: Int32Array, call_departs: Int32Array, call_time: Float32Array, call_late: Float32Array, run_start: Int32Array, run_length: Int32Array, run_first: Int32Array, run_trip: Int32Array, run_vehicle: Int32Array, run_down: Int32Array, position: Uint16Array, power_kw: Int16Array }} Day */

const STEP_S = 5;
const FULL_POSITION = 65535;
const AROUND_S = 2700;
const FAR_M = 1e7; // the whole line, whatever its length

/** The trips as run, with points and power between the stops, and the same trips as planned. @param {Meta} meta @param {Day} day @returns {{ actual: Trip[], planned: Trip[] }} */
export function tripsOf(meta, day) {
  /** @typedef {{ stops: Map<number, Stop>, planned: Map<number, Stop>, points: [number, number, number][], vehicle: number, isDown: boolean }} Run */
  /** @type {Map<number, Run>} */
  const found = new Map();
  const tripAt = (/** @type {number} */ trip) => {
    /** @type {Run} */
    const one = found.get(trip) ?? { stops: new Map(), planned: new Map(), points: [], vehicle: -1, isDown: false };
    found.set(trip, one);
    return one;
  };
  for (let c = 0; c < day.call_trip.length; c += 1) {
    const one = tripAt(day.call_trip[c]);
    const [station, time_s] = [day.call_station[c], meta.start_s + day.call_time[c]];
    const place = 1 + day.call_departs[c];
    for (const [stops, at_s] of /** @type {[Map<number, Stop>, number][]} */ ([[one.stops, time_s], [one.planned, time_s - day.call_late[c]]])) {
      const stop = stops.get(station) ?? [station, null, null];
      stop[place] = Math.round(at_s);
      stops.set(station, stop);
    }
    one.points.push([time_s, meta.stations[station].at_m, 0]);
  }
  for (let r = 0; r < day.run_start.length; r += 1) {
    const one = tripAt(day.run_trip[r]);
    [one.vehicle, one.isDown] = [day.run_vehicle[r], day.run_down[r] === 1];
    for (let k = 0; k < day.run_length[r]; k += STEP_S) {
      const [from, to] = [day.run_first[r] + k, day.run_first[r] + Math.min(k + STEP_S, day.run_length[r])];
      const power = day.power_kw.subarray(from, to).reduce((sum, kw) => sum + kw, 0) / (to - from);
      one.points.push([meta.start_s + day.run_start[r] + k, meta.low_m + (day.position[from] / FULL_POSITION) * meta.span_m, power]);
    }
  }
  const [actual, planned] = [/** @type {Trip[]} */ ([]), /** @type {Trip[]} */ ([])];
  for (const [trip, { stops, planned: before, points, vehicle, isDown }] of found) {
    if (stops.size < 2) continue; // the window shows one end of the trip only
    points.sort((one, other) => one[0] - other[0]);
    const shared = { trip_id: meta.trips[trip], direction: /** @type {"up" | "down"} */ (isDown ? "down" : "up"), duty: meta.vehicles[vehicle] ?? null };
    const powers = points.slice(0, -1).filter((point, k) => points[k + 1][1] !== point[1]).map((point) => point[2]);
    actual.push({ ...shared, stops: [...stops.values()], points: points.map(([time_s, place_m]) => [time_s, place_m]), power_kw: powers });
    planned.push({ ...shared, stops: [...before.values()] });
  }
  return { actual, planned };
}

/** For each trip at a moment: how late its last call was, and the time since the train before departed from that station.
 * @param {Day} day @param {number} moment in seconds of the replay @param {number} trip @returns {{ late_s: number, headway_s: number | null } | null} */
export function punctuality(day, moment, trip) {
  let last = -1;
  for (let c = 0; c < day.call_trip.length && day.call_time[c] <= moment; c += 1) if (day.call_trip[c] === trip) last = c;
  if (last < 0) return null;
  const down = directions(day);
  const isBefore = (/** @type {number} */ c) => day.call_station[c] === day.call_station[last] && day.call_departs[c] === day.call_departs[last] && down.get(day.call_trip[c]) === down.get(trip);
  let before = last - 1;
  while (before >= 0 && !isBefore(before)) before -= 1;
  return { late_s: day.call_late[last], headway_s: before < 0 ? null : day.call_time[last] - day.call_time[before] };
}

/** @type {WeakMap<Day, Map<number, number>>} */
const known = new WeakMap();

/** The direction of each trip. @param {Day} day */
function directions(day) {
  const found = known.get(day) ?? new Map([...day.run_trip].map((trip, r) => [trip, day.run_down[r]]));
  known.set(day, found);
  return found;
}

/** Put the graph with its tools, its key and its table into a place of the page. @param {HTMLElement} place @param {Meta} meta @param {Day} day @param {number} moment seconds of the replay in the middle of the first view */
export function replayGraph(place, meta, day, moment) {
  const host = element("div", {});
  /** @type {ReturnType<typeof graphTools> | null} */
  let tools = null;
  const told = () => tools?.refresh();
  const graph = new TrainGraph(host, { label: t("graph.of", { line: meta.title }), onSelect: told, onView: told });
  const { actual, planned } = tripsOf(meta, day);
  graph.followsNow = true;
  graph.state = { view: { from_s: meta.start_s + moment - AROUND_S, to_s: meta.start_s + moment + AROUND_S, low_m: -FAR_M, high_m: FAR_M }, selected: null, hidden: [], colour: "plain" };
  graph.show(meta.stations.map(({ name, at_m }) => ({ name, chainage_m: at_m })), [{ name: "plan", form: "plan", trips: planned }, { name: "actual", form: "actual", trips: actual }]); // prettier-ignore
  tools = graphTools(graph, { file: `train-graph-${meta.scenario}`, title: () => meta.title, hasPower: true });
  place.append(tools.above, host, element("p", { class: "keys" }, t("graph.keys")), ...tools.below);
  return graph;
}
