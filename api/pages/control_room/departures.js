/** Departures as the plan has them, as they happened, and as they are expected; headways at a station, their regularity. */

/** @typedef {{ trip_id: string, direction: "up" | "down", duty: number | string | null, stops: [number, number, number][] }} Trip stops: station, arrival and departure in s */
/** @typedef {{ tripId: string, trainId: string | null, timeS: number, kind: "actual" | "expected", plannedS: number }} Departure */
/** @typedef {{ tripId: string, trainId: string | null, timeS: number, gapS: number, plannedGapS: number | null, kind: "actual" | "expected" }} Gap */

/** What happened to a trip at each station: [arrival, departure] in s by index of the station. @typedef {Map<string, { trainId: string, times: Map<number, [number | null, number | null]> }>} Events */

/** Add events in place; returns whether one of them is new. @param {Events} events @param {[string, string, number, string, number][]} rows */
export function addEvents(events, rows) {
  let isNew = false;
  for (const [trainId, tripId, station, kind, timeS] of rows) {
    const trip = events.get(tripId) ?? { trainId, times: new Map() };
    const times = trip.times.get(station) ?? [null, null];
    const place = kind === "arrived" ? 0 : 1;
    isNew ||= times[place] !== timeS;
    times[place] = timeS;
    trip.times.set(station, times);
    events.set(tripId, trip);
  }
  return isNew;
}

/** Departures of a direction at a station within a window: those that happened, then those that are expected from the plan
 * and the lateness of the trip now; at the last station arrivals take the place of departures.
 * @param {Trip[]} trips @param {Events} events @param {Map<string, number>} latenessS by trip @param {{ station: number, direction: string, fromS: number, toS: number, nowS: number }} wanted
 * @returns {Departure[]} */
export function departures(trips, events, latenessS, wanted) {
  const found = [];
  for (const trip of trips) {
    if (trip.direction !== wanted.direction) continue;
    const position = trip.stops.findIndex((stop) => stop[0] === wanted.station);
    if (position < 0) continue;
    const [, arrivalS, departureS] = trip.stops[position];
    const isLast = position === trip.stops.length - 1;
    const plannedS = isLast ? arrivalS : departureS;
    const happened = events.get(trip.trip_id)?.times.get(wanted.station)?.[isLast ? 0 : 1] ?? null;
    const timeS = happened ?? Math.max(plannedS + (latenessS.get(trip.trip_id) ?? 0), wanted.nowS);
    if (timeS < wanted.fromS || timeS > wanted.toS) continue;
    if (happened === null && plannedS < wanted.nowS && !latenessS.has(trip.trip_id)) continue;
    found.push({ tripId: trip.trip_id, trainId: events.get(trip.trip_id)?.trainId ?? null, timeS, kind: /** @type {"actual" | "expected"} */ (happened === null ? "expected" : "actual"), plannedS });
  }
  return found.sort((one, other) => one.timeS - other.timeS);
}

/** The gap before each departure but the first, with the gap that the plan has there. @param {Departure[]} list @returns {Gap[]} */
export function gaps(list) {
  return list.slice(1).map((one, index) => {
    const planned = one.plannedS - list[index].plannedS;
    return { tripId: one.tripId, trainId: one.trainId, timeS: one.timeS, gapS: one.timeS - list[index].timeS, plannedGapS: planned > 0 ? planned : null, kind: one.kind };
  });
}

/** Standard deviation of the deviations of headways over the mean planned headway (Transit Capacity and Quality of Service
 * Manual, coefficient of variation of headways); null with fewer than two gaps. @param {Gap[]} list */
export function headwayVariation(list) {
  const known = list.filter((gap) => gap.plannedGapS !== null);
  if (known.length < 2) return null;
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviations = known.map((gap) => gap.gapS - Number(gap.plannedGapS));
  const middle = mean(deviations);
  const variance = mean(deviations.map((value) => (value - middle) ** 2));
  return Math.sqrt(variance) / mean(known.map((gap) => Number(gap.plannedGapS)));
}

/** The next departures of trips that begin at a station. @param {Trip[]} trips @param {number} station @param {Events} events @param {number} nowS @param {number} count */
export function nextFromTerminal(trips, station, events, nowS, count) {
  return trips
    .filter((trip) => trip.stops[0][0] === station && !events.get(trip.trip_id)?.times.get(station)?.[1] && trip.stops[0][2] > nowS - 300)
    .sort((one, other) => one.stops[0][2] - other.stops[0][2])
    .slice(0, count);
}
