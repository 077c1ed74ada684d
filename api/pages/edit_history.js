/** The moves of an editor with undo and redo, and what was typed or pasted as moves: pure functions. */

/** Seconds by trip; a trip without a move is not in it. @typedef {Record<string, number>} Moves */
/** @typedef {{ past: Moves[], now: Moves, future: Moves[] }} History */

const MOST_STEPS = 500;
export const MOST_S = 7200;

/** @type {History} */
export const UNTOUCHED = { past: [], now: {}, future: [] };

/** The history after a change; a change that changes nothing is no step. @param {History} history @param {Moves} now @returns {History} */
export function done(history, now) {
  const kept = Object.fromEntries(Object.entries(now).filter(([, by_s]) => by_s !== 0));
  if (sameMoves(kept, history.now)) return history;
  return { past: [...history.past, history.now].slice(-MOST_STEPS), now: kept, future: [] };
}

/** @param {History} history @returns {History} */
export function undone(history) {
  if (!history.past.length) return history;
  return { past: history.past.slice(0, -1), now: history.past[history.past.length - 1], future: [history.now, ...history.future] };
}

/** @param {History} history @returns {History} */
export function redone(history) {
  if (!history.future.length) return history;
  return { past: [...history.past, history.now], now: history.future[0], future: history.future.slice(1) };
}

/** @param {Moves} one @param {Moves} other */
export function sameMoves(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** Seconds of a text such as `7:05`, `07:05:30` or `24:10`; null if it is none. @param {string} text */
export function secondsOf(text) {
  const found = text.trim().match(/^(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?$/);
  if (!found || Number(found[2]) > 59 || Number(found[3] ?? 0) > 59) return null;
  return 3600 * Number(found[1]) + 60 * Number(found[2]) + Number(found[3] ?? 0);
}

/** The move of what was typed into a departure: a time, or `+15` and `-15` seconds; null if it is neither or too far. @param {string} text @param {number} planned_s */
export function moveOf(text, planned_s) {
  const shift = text.trim().match(/^([+\-−])\s*(\d+)$/);
  const time_s = secondsOf(text);
  const by_s = shift ? (shift[1] === "+" ? 1 : -1) * Number(shift[2]) : time_s === null ? null : time_s - planned_s;
  return by_s === null || Math.abs(by_s) > MOST_S ? null : by_s;
}

/** The moves of cells copied from a spreadsheet: rows of train and departure, or one column of departures for the trips from `start` on.
 * @param {string} text @param {{ trip_id: string, number?: string | null, departure_s: number }[]} trips in the order of the grid @param {number} start @returns {{ moves: Moves, faults: { row: number, text: string }[] }} */
export function pasted(text, trips, start) {
  /** @type {Moves} */
  const moves = {};
  /** @type {{ row: number, text: string }[]} */
  const faults = [];
  const rows = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  rows.forEach((line, k) => {
    const cells = line.split("\t").map((cell) => cell.trim());
    const trip = cells.length > 1 ? trips.find((one) => one.trip_id === cells[0] || one.number === cells[0]) : trips[start + k];
    const by_s = trip ? moveOf(cells.length > 1 ? cells[1] : cells[0], trip.departure_s) : null;
    if (!line.trim()) return;
    if (trip && by_s !== null) moves[trip.trip_id] = by_s;
    else if (k > 0 || secondsOf(cells[cells.length - 1]) !== null || cells.length === 1) faults.push({ row: k + 1, text: line.slice(0, 60) });
  });
  return { moves, faults };
}

/** The key of the arrival or the departure of a trip at a stop, for single times that are moved beside their trip. @param {string} trip @param {number} stop @param {"arrival" | "departure"} what */
export const stopKey = (trip, stop, what) => `${trip}\t${stop}\t${what}`;

/** The moves of whole trips, and those of single stops, as the service takes them. @param {Moves} moves */
export function splitMoves(moves) {
  /** @type {{ trip: string, by_s: number }[]} */
  const trips = [];
  /** @type {Map<string, { trip: string, stop: number, arrival_by_s: number, departure_by_s: number }>} */
  const stops = new Map();
  for (const [key, by_s] of Object.entries(moves)) {
    const [trip, stop, what] = key.split("\t");
    if (stop === undefined) {
      trips.push({ trip, by_s });
      continue;
    }
    const one = stops.get(`${trip}\t${stop}`) ?? { trip, stop: Number(stop), arrival_by_s: 0, departure_by_s: 0 };
    stops.set(`${trip}\t${stop}`, what === "arrival" ? { ...one, arrival_by_s: by_s } : { ...one, departure_by_s: by_s });
  }
  return { moves: trips, stops: [...stops.values()] };
}

/** The trips of which a time is moved. @param {Moves} moves */
export const touchedTrips = (moves) => new Set(Object.keys(moves).map((key) => key.split("\t")[0]));

/** Trips at other times. @template {{ trip_id: string, stops: import("./graph_trips.js").Stop[] }} Trip @param {Trip[]} trips @param {Moves} moves @returns {Trip[]} */
export function movedTrips(trips, moves) {
  const touched = touchedTrips(moves);
  return trips.map((trip) => (touched.has(trip.trip_id) ? { ...trip, stops: movedStops(trip, moves) } : trip));
}

/** The stops of a trip at other times; the first arrival follows the departure, the last departure follows the arrival.
 * @param {{ trip_id: string, stops: import("./graph_trips.js").Stop[] }} trip @param {Moves} moves @returns {import("./graph_trips.js").Stop[]} */
export function movedStops(trip, moves) {
  const by_s = moves[trip.trip_id] ?? 0;
  const last = trip.stops.length - 1;
  return trip.stops.map(([station, arrival_s, departure_s], k) => {
    const arrives = moves[stopKey(trip.trip_id, k, k === 0 ? "departure" : "arrival")] ?? 0;
    const leaves = moves[stopKey(trip.trip_id, k, k === last ? "arrival" : "departure")] ?? 0;
    return [station, arrival_s === null ? null : arrival_s + by_s + arrives, departure_s === null ? null : departure_s + by_s + leaves];
  });
}

/** My moves on trips that somebody else changed meanwhile: each time that I set stays the time that I set. `both` are the trips that both changed, `gone` those that are no more.
 * @template {{ trip_id: string, stops: import("./graph_trips.js").Stop[] }} Trip @param {Moves} moves @param {Trip[]} before @param {Trip[]} now @returns {{ moves: Moves, both: string[], gone: string[] }} */
export function rebased(moves, before, now) {
  const [old, present] = [before, now].map((trips) => new Map(trips.map((trip) => [trip.trip_id, trip])));
  /** @type {Moves} */
  const kept = {};
  const [both, gone] = [/** @type {Set<string>} */ (new Set()), /** @type {Set<string>} */ (new Set())];
  for (const id of touchedTrips(moves)) {
    const [was, is] = [old.get(id), present.get(id)];
    if (!was || !is || was.stops.length !== is.stops.length) {
      gone.add(id);
      continue;
    }
    if (JSON.stringify(was.stops) === JSON.stringify(is.stops)) {
      for (const [key, by_s] of Object.entries(moves)) if (key.split("\t")[0] === id) kept[key] = by_s;
      continue;
    }
    both.add(id);
    const wanted = movedStops(was, moves);
    const shift = (wanted[0][2] ?? 0) - (is.stops[0][2] ?? 0);
    const isWhole = Object.keys(moves).every((key) => key.split("\t")[0] !== id || key === id);
    if (isWhole || shift) kept[id] = shift;
    if (isWhole) continue;
    is.stops.forEach(([, arrival_s, departure_s], k) => {
      if (k > 0 && arrival_s !== null && wanted[k][1] !== null) kept[stopKey(id, k, "arrival")] = /** @type {number} */ (wanted[k][1]) - arrival_s - shift;
      if (k > 0 && k < is.stops.length - 1 && departure_s !== null && wanted[k][2] !== null) kept[stopKey(id, k, "departure")] = /** @type {number} */ (wanted[k][2]) - departure_s - shift;
    });
  }
  return { moves: Object.fromEntries(Object.entries(kept).filter(([, by_s]) => by_s !== 0)), both: [...both], gone: [...gone] };
}

/** For each trip, the departure before from its first station in its direction; null for the first.
 * @param {{ trip_id: string, direction: string, stops: import("./graph_trips.js").Stop[] }[]} trips @returns {Map<string, number | null>} */
export function departuresBefore(trips) {
  /** @type {Map<string, number | null>} */
  const found = new Map();
  /** @type {Map<string, number>} */
  const last = new Map();
  for (const trip of [...trips].sort((a, b) => (a.stops[0][2] ?? 0) - (b.stops[0][2] ?? 0))) {
    const [[station, , departure_s]] = trip.stops;
    if (departure_s === null) continue;
    const key = `${trip.direction} ${station}`;
    found.set(trip.trip_id, last.get(key) ?? null);
    last.set(key, departure_s);
  }
  return found;
}

/** For each trip, the seconds since the departure before from its first station; null for the first.
 * @param {{ trip_id: string, direction: string, stops: import("./graph_trips.js").Stop[] }[]} trips @returns {Map<string, number | null>} */
export function headwaysBefore(trips) {
  const before = departuresBefore(trips);
  return new Map(trips.filter((trip) => before.has(trip.trip_id)).map((trip) => [trip.trip_id, before.get(trip.trip_id) == null ? null : (trip.stops[0][2] ?? 0) - (before.get(trip.trip_id) ?? 0)]));
}
