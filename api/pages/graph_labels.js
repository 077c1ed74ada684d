/** Times and names beside a train graph: which of them have room. Pure functions. */
import { across, down } from "./graph_view.js";

const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600];

/** Clock times of the axis, each at least `room` pixels from the next, and the help lines between them.
 * @param {import("./graph_view.js").View} view @param {number} width @param {number} room */
export function timeTicks(view, width, room) {
  const perSecond = width / (view.to_s - view.from_s);
  const step_s = STEPS_S.find((one) => one * perSecond >= room) ?? STEPS_S[STEPS_S.length - 1];
  const help_s = STEPS_S.find((one) => step_s % one === 0 && one * perSecond >= 9 && one >= 60) ?? step_s;
  const multiples = (/** @type {number} */ step) => {
    const first = Math.ceil(view.from_s / step - 1e-9);
    const count = Math.max(0, Math.floor(view.to_s / step + 1e-9) - first + 1);
    return Array.from({ length: count }, (_, k) => (first + k) * step);
  };
  return { step_s, times_s: multiples(step_s), help_s: help_s < step_s ? multiples(help_s).filter((one) => one % step_s !== 0) : [] };
}

/** @param {number} time_s seconds of the service day, also above 24 h @param {boolean} [hasSeconds] */
export function clockText(time_s, hasSeconds = true) {
  const whole = Math.round(time_s);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const text = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}`;
  return hasSeconds ? `${text}:${two(whole % 60)}` : text;
}

/** The indices of the labels that have room, in the order of importance: those nearer than `room` to one that is taken are left out.
 * @param {number[]} places @param {number} room @param {number[]} [important] indices that come first */
export function withRoom(places, room, important = []) {
  /** @type {number[]} */
  const taken = [];
  for (const i of [...important, ...places.keys()]) {
    if (!taken.some((one) => Math.abs(places[one] - places[i]) < room) && !taken.includes(i)) taken.push(i);
  }
  return taken.sort((one, other) => one - other);
}

/** The names of the station column with their places in pixels; the terminals come first.
 * @param {{ name: string, chainage_m: number }[]} stations @param {import("./graph_view.js").View} view @param {import("./graph_view.js").Plot} plot @param {number} room */
export function stationColumn(stations, view, plot, room) {
  const inView = stations.filter((one) => one.chainage_m >= view.low_m && one.chainage_m <= view.high_m);
  const places = inView.map((one) => down(view, plot, one.chainage_m));
  return withRoom(places, room, inView.length ? [0, inView.length - 1] : []).map((i) => ({ name: inView[i].name, y: places[i] }));
}

/** Boxes that do not lie on each other, the first ones first. @template {{ x: number, y: number, width: number, height: number }} Box @param {Box[]} boxes @returns {Box[]} */
export function apart(boxes) {
  /** @type {Box[]} */
  const kept = [];
  for (const box of boxes) {
    const isFree = kept.every((one) => box.x >= one.x + one.width || one.x >= box.x + box.width || box.y >= one.y + one.height || one.y >= box.y + box.height);
    if (isFree) kept.push(box);
  }
  return kept;
}

const FEW_TRIPS = 24;

/** Names beside the lines of the trips in view, at their starts; if there are few trips, also where they enter the view.
 * @param {import("./graph_trips.js").TripSet} set @param {[number, number]} range @param {import("./graph_view.js").View} view @param {import("./graph_view.js").Plot} plot @param {(trip: import("./graph_trips.js").Trip) => string} nameOf */
export function trainLabels(set, [begin, end], view, plot, nameOf) {
  const boxes = [];
  for (let i = begin; i < end; i += 1) {
    if (set.end_s[i] < view.from_s || (end - begin > FEW_TRIPS && set.start_s[i] < view.from_s)) continue;
    let k = set.first[i];
    const last = set.first[i + 1] - 1;
    while (k < last && (set.time_s[k] < view.from_s || set.place_m[k] < view.low_m || set.place_m[k] > view.high_m)) k += 1;
    const text = nameOf(set.trips[i]);
    const isDown = set.place_m[Math.min(k + 2, last)] < set.place_m[k];
    const [x, y] = [across(view, plot, set.time_s[k]), down(view, plot, set.place_m[k])];
    boxes.push({ index: i, text, x: x + 4, y: isDown ? y - 16 : y + 3, width: 6.6 * text.length + 6, height: 13 });
  }
  return apart(boxes);
}
