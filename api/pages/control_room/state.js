/** The state of the control room and what follows from it: pure functions. */
import { STALE_AFTER_MS } from "./feed.js";

/** @typedef {import("./address.js").View} View */
/** `phase`: what the page shows; `receivedMs`: when the newest state arrived, by the clock of the browser; `revision` counts
 * the changes of `series` and `events`, which are changed in place; `oldFeeds` names what is too old;
 * `compared` is the disruption whose recoveries are compared; `replay` is what of the past can be shown while a moment of it is shown.
 * @typedef {{ phase: "loading" | "empty" | "error" | "live" | "ended", problem: any, oldFeeds: string, snapshot: any, receivedMs: number, nowMs: number, timetable: any, replay: { day: string, fromS: number, toS: number } | null, compared: any, series: import("../strip_chart.js").Series, events: import("./departures.js").Events, view: View, revision: number }} State */

/** How long ago the newest state arrived, in s. @param {State} state */
export const silenceS = (state) => (state.snapshot ? Math.max(0, (state.nowMs - state.receivedMs) / 1000) : 0);

/** Whether the newest state is too old to be shown as the state of now. @param {State} state */
export const isStale = (state) => Boolean(state.snapshot) && !state.replay && (state.phase === "ended" || state.nowMs - state.receivedMs > STALE_AFTER_MS);

/** Feeds with their ages now; once no states arrive, every feed ages. @param {State} state @returns {{ name: string, ageS: number | null, isOld: boolean }[]} `ageS` is null before the first message */
export function feedsNow(state) {
  const silence = silenceS(state);
  const isOld = isStale(state);
  const elapsed = isOld ? silence * state.snapshot.speed : 0;
  return (state.snapshot?.feeds ?? []).map((/** @type {any} */ feed) => ({ name: feed.name, ageS: feed.age_s === null ? null : feed.age_s + elapsed, isOld: feed.is_stale || isOld }));
}

/** The feed that a drawing needs is old. @param {State} state @param {string} name */
export const isFeedOld = (state, name) => feedsNow(state).some((feed) => feed.name === name && feed.isOld);

/** The time in s from which data of a feed are missing, null while they are fresh. @param {State} state @param {string} name */
export function oldFromS(state, name) {
  const feed = (state.snapshot?.feeds ?? []).find((/** @type {any} */ one) => one.name === name);
  if (!isFeedOld(state, name)) return null;
  return state.snapshot.time_s - (feed?.age_s ?? 0);
}

/** The selected train, null without one. @param {State} state */
export const selectedTrain = (state) => (state.snapshot?.trains ?? []).find((/** @type {any} */ train) => train.train_id === state.view.train) ?? null;

/** Index of the chosen station of the headways, the busiest guess is the middle of the line. @param {State} state */
export function chosenStation(state) {
  const stations = state.timetable?.stations ?? [];
  const found = stations.findIndex((/** @type {any} */ station) => station.station_id === state.view.station);
  return found >= 0 ? found : Math.floor(stations.length / 2);
}

/** The name of a station. @param {State} state @param {string | null} id */
export const stationName = (state, id) => (state.timetable?.stations ?? []).find((/** @type {any} */ one) => one.station_id === id)?.name ?? id ?? "";

/** Lateness of each trip that runs now. @param {State} state @returns {Map<string, number>} */
export function latenessByTrip(state) {
  const known = (state.snapshot?.trains ?? []).filter((/** @type {any} */ train) => train.trip_id && train.lateness_s !== null);
  return new Map(known.map((/** @type {any} */ train) => [train.trip_id, train.lateness_s]));
}

/** Trips of the train graph: what happened, and the rest as the lateness of now lets expect it.
 * @param {State} state @returns {{ actual: any[], expected: any[] }} */
export function runTrips(state) {
  const { timetable, events, snapshot } = state;
  const trains = new Map((snapshot?.trains ?? []).map((/** @type {any} */ train) => [train.trip_id, train]));
  const actual = [];
  const expected = [];
  for (const trip of timetable.trips) {
    const happened = events.get(trip.trip_id);
    const train = trains.get(trip.trip_id);
    if (happened) actual.push({ ...trip, number: happened.trainId, stops: actualStops(trip, happened.times, train, snapshot.time_s) });
    if (train && train.lateness_s !== null) expected.push({ ...trip, number: train.train_id, stops: expectedStops(trip, happened?.times, train.lateness_s, snapshot.time_s) });
  }
  return { actual, expected };
}

/** @param {any} trip @param {Map<number, [number | null, number | null]>} times @param {any} train @param {number} nowS */
function actualStops(trip, times, train, nowS) {
  const stops = trip.stops.filter((/** @type {number[]} */ stop) => times.has(stop[0])).map((/** @type {number[]} */ stop) => [stop[0], ...(times.get(stop[0]) ?? [null, null])]);
  const last = stops[stops.length - 1];
  // A train at a platform stands there until now.
  if (train && last && last[1] !== null && last[2] === null && train.state !== "running") last[2] = Math.max(last[1], nowS);
  return stops;
}

/** @param {any} trip @param {Map<number, [number | null, number | null]> | undefined} times @param {number} latenessS @param {number} nowS */
function expectedStops(trip, times, latenessS, nowS) {
  const seen = trip.stops.findLastIndex((/** @type {number[]} */ stop) => times?.has(stop[0]));
  return trip.stops.slice(Math.max(0, seen)).map((/** @type {[number, number, number]} */ [station, arrival, departure]) => {
    const [arrived, departed] = times?.get(station) ?? [null, null];
    return [station, arrived ?? Math.max(arrival + latenessS, nowS), departed ?? Math.max(departure + latenessS, nowS)];
  });
}
