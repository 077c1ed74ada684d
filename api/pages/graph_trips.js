/** The trips of one layer of a train graph as arrays, and what is found in them: pure functions. */
import { across, down } from "./graph_view.js";

/** A stop: index of the station, arrival and departure in seconds of the service day; null where there is none (yet). @typedef {[number, number | null, number | null]} Stop */
/** `power_kw` has the mean power of each run, from stop to stop. With `points` (time and place), the line follows these points in place
 * of the stops, and `power_kw` has the mean power between each two points at different places.
 * @typedef {{ trip_id: string, number?: string | null, direction: "up" | "down", duty?: string | null, stops: Stop[], points?: [number, number][], power_kw?: (number | null)[] | null }} Trip */
/** Points of trip `i` are those from `first[i]` to before `first[i + 1]`; trips are in the order of their starts.
 * @typedef {{ trips: Trip[], time_s: Float64Array, place_m: Float64Array, first: Int32Array, start_s: Float64Array, end_s: Float64Array, longest_s: number, last_s: number, index: Map<string, number> }} TripSet */

/** @param {Trip[]} trips @param {{ chainage_m: number }[]} stations @returns {TripSet} */
export function tripSet(trips, stations) {
  const kept = trips.map((trip) => {
    let [count, start_s] = [0, 0];
    eachPoint(trip, stations, (time_s) => {
      if (count === 0) start_s = time_s;
      count += 1;
    });
    return { trip, count, start_s };
  }).filter((one) => one.count > 1); // prettier-ignore
  kept.sort((one, other) => one.start_s - other.start_s);
  const count = kept.reduce((sum, one) => sum + one.count, 0);
  const set = {
    trips: kept.map((one) => one.trip), time_s: new Float64Array(count), place_m: new Float64Array(count), first: new Int32Array(kept.length + 1),
    start_s: new Float64Array(kept.length), end_s: new Float64Array(kept.length), longest_s: 0, last_s: 0, index: new Map(kept.map((one, i) => [one.trip.trip_id, i])),
  }; // prettier-ignore
  let at = 0;
  kept.forEach((one, i) => {
    eachPoint(one.trip, stations, (time_s, place_m) => {
      set.time_s[at] = time_s;
      set.place_m[at] = place_m;
      at += 1;
    });
    set.first[i + 1] = at;
    set.start_s[i] = one.start_s;
    set.end_s[i] = set.time_s[at - 1];
    set.longest_s = Math.max(set.longest_s, set.end_s[i] - set.start_s[i]);
    set.last_s = Math.max(set.last_s, set.end_s[i]);
  });
  return set;
}

/** @param {Trip} trip @param {{ chainage_m: number }[]} stations @param {(time_s: number, place_m: number) => void} take */
function eachPoint(trip, stations, take) {
  if (trip.points) {
    for (const point of trip.points) take(point[0], point[1]);
    return;
  }
  for (const stop of trip.stops) {
    const place_m = stations[stop[0]]?.chainage_m;
    if (place_m === undefined) continue;
    if (stop[1] !== null) take(stop[1], place_m);
    if (stop[2] !== null && stop[2] !== stop[1]) take(stop[2], place_m);
  }
}

/** Index of the first value that is not below a limit. @param {Float64Array} values @param {number} limit */
function lowerBound(values, limit) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The trips that may run between two times: `[first, end)`. A trip in it may have ended before. @param {TripSet} set @param {number} from_s @param {number} to_s @returns {[number, number]} */
export function inWindow(set, from_s, to_s) {
  return [lowerBound(set.start_s, from_s - set.longest_s), lowerBound(set.start_s, to_s + 1e-9)];
}

/** The trip whose line is nearest to a point; null beyond `reach` pixels. @param {TripSet} set @param {import("./graph_view.js").View} view @param {import("./graph_view.js").Plot} plot @param {number} x @param {number} y @param {number} reach @returns {{ index: number, distance: number } | null} */
export function nearest(set, view, plot, x, y, reach) {
  const perSecond = plot.width / (view.to_s - view.from_s);
  const time_s = view.from_s + (x - plot.left) / perSecond;
  const [begin, end] = inWindow(set, time_s - reach / perSecond, time_s + reach / perSecond);
  let found = null;
  for (let i = begin; i < end; i += 1) {
    if (set.end_s[i] < time_s - reach / perSecond) continue;
    for (let k = set.first[i]; k < set.first[i + 1] - 1; k += 1) {
      if (set.time_s[k + 1] < time_s - reach / perSecond || set.time_s[k] > time_s + reach / perSecond) continue;
      const distance = toSegment(x, y, across(view, plot, set.time_s[k]), down(view, plot, set.place_m[k]), across(view, plot, set.time_s[k + 1]), down(view, plot, set.place_m[k + 1]));
      if (distance <= reach && (found === null || distance < found.distance)) found = { index: i, distance };
    }
  }
  return found;
}

/** @param {number} x @param {number} y @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function toSegment(x, y, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - part * dx, y - y0 - part * dy);
}

/** Where a trip is at a time; null before its start and after its end. @param {TripSet} set @param {number} index @param {number} time_s */
export function placeOf(set, index, time_s) {
  for (let k = set.first[index]; k < set.first[index + 1] - 1; k += 1) {
    const [from, to] = [set.time_s[k], set.time_s[k + 1]];
    if (time_s < from || time_s > to) continue;
    const part = to === from ? 0 : (time_s - from) / (to - from);
    return set.place_m[k] + part * (set.place_m[k + 1] - set.place_m[k]);
  }
  return null;
}

/** For each trip of a layer the mean seconds by which its times at the stations are later than in another layer; NaN for a trip that the other layer does not have.
 * @param {TripSet} set @param {TripSet} other */
export function shifts(set, other) {
  return Float64Array.from(set.trips, (trip) => {
    const before = other.index.get(trip.trip_id);
    if (before === undefined) return NaN;
    const sum = sameStopsSum(trip.stops, other.trips[before].stops);
    if (sum !== null) return sum / (2 * trip.stops.length);
    const times = new Map(other.trips[before].stops.map(([station, arrival, departure]) => [station, [arrival, departure]]));
    const moved = trip.stops.flatMap(([station, arrival, departure]) => {
      const [arrivalBefore, departureBefore] = times.get(station) ?? [null, null];
      return [[arrival, arrivalBefore], [departure, departureBefore]].filter((pair) => pair[0] !== null && pair[1] !== null).map((pair) => Number(pair[0]) - Number(pair[1])); // prettier-ignore
    });
    return moved.length ? moved.reduce((sum, one) => sum + one, 0) / moved.length : NaN;
  });
}

/** The sum of all moves of two trips that have the same stops and all times; null otherwise. @param {Stop[]} stops @param {Stop[]} before */
function sameStopsSum(stops, before) {
  if (stops.length !== before.length) return null;
  let sum = 0;
  for (let k = 0; k < stops.length; k += 1) {
    const [station, arrival, departure] = stops[k];
    const [stationBefore, arrivalBefore, departureBefore] = before[k];
    if (station !== stationBefore || arrival === null || departure === null || arrivalBefore === null || departureBefore === null) return null;
    sum += arrival - arrivalBefore + departure - departureBefore;
  }
  return sum;
}

/** Indices of the trips whose number, identifier or duty contains the words. @param {TripSet} set @param {string} words */
export function found(set, words) {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return [];
  const exact = [];
  const others = [];
  for (const [i, trip] of set.trips.entries()) {
    const names = [trip.number, trip.trip_id, trip.duty].filter(Boolean).map((one) => String(one).toLowerCase());
    if (names.includes(wanted)) exact.push(i);
    else if (names.some((one) => one.includes(wanted))) others.push(i);
  }
  return [...exact, ...others];
}

/** The name by which people know a trip. @param {Trip} trip */
export const tripName = (trip) => trip.number || trip.trip_id;

/** The span of a length with the most departures. @param {Trip[]} trips @param {number} length_s */
export function busiest(trips, length_s) {
  const starts = trips.map((trip) => trip.stops[0]?.[2] ?? trip.stops[0]?.[1] ?? 0).sort((a, b) => a - b);
  let [best, most] = [starts[0] ?? 0, 0];
  for (let [from, to] = [0, 0]; from < starts.length; from += 1) {
    while (to < starts.length && starts[to] < starts[from] + length_s) to += 1;
    if (to - from > most) [best, most] = [starts[from], to - from];
  }
  return { from_s: best, to_s: best + length_s };
}
