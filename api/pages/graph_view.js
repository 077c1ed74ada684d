/** The part of the day and of the line that a train graph shows: pure functions between times, places and pixels. */

/** Seconds of the service day and chainage in metres. @typedef {{ from_s: number, to_s: number, low_m: number, high_m: number }} View */
/** The place of the lines in the canvas, in CSS pixels. @typedef {{ left: number, top: number, width: number, height: number }} Plot */

const LEAST_S = 120;
const LEAST_M = 400;
const DAY_MARGIN_S = 300;
const LINE_MARGIN = 0.03;

/** @param {View} view @param {Plot} plot @param {number} time_s */
export const across = (view, plot, time_s) => plot.left + ((time_s - view.from_s) / (view.to_s - view.from_s)) * plot.width;
/** @param {View} view @param {Plot} plot @param {number} place_m */
export const down = (view, plot, place_m) => plot.top + ((place_m - view.low_m) / (view.high_m - view.low_m)) * plot.height;
/** @param {View} view @param {Plot} plot @param {number} x */
export const timeAt = (view, plot, x) => view.from_s + ((x - plot.left) / plot.width) * (view.to_s - view.from_s);
/** @param {View} view @param {Plot} plot @param {number} y */
export const placeAt = (view, plot, y) => view.low_m + ((y - plot.top) / plot.height) * (view.high_m - view.low_m);

/** All that there is to see: every trip and every station, with a margin. @param {{ chainage_m: number }[]} stations @param {{ start_s: Float64Array, last_s: number }[]} sets @returns {View} */
export function wholeView(stations, sets) {
  const places = stations.map((one) => one.chainage_m);
  const [low, high] = places.length ? [Math.min(...places), Math.max(...places)] : [0, 1000];
  const filled = sets.filter((set) => set.start_s.length);
  const from = filled.length ? Math.min(...filled.map((set) => set.start_s[0])) : 4 * 3600;
  const to = filled.length ? Math.max(...filled.map((set) => set.last_s)) : 24 * 3600;
  const margin_m = Math.max(LINE_MARGIN * (high - low), 1);
  return { from_s: from - DAY_MARGIN_S, to_s: to + DAY_MARGIN_S, low_m: low - margin_m, high_m: high + margin_m };
}

/** @param {number} from @param {number} to @param {number} low @param {number} high @param {number} least @returns {[number, number]} */
function heldSpan(from, to, low, high, least) {
  if (from >= low && to <= high && to - from >= least) return [from, to]; // a view that fits stays exactly as it is
  const span = Math.min(Math.max(to - from, Math.min(least, high - low)), high - low);
  const begin = Math.min(Math.max((from + to - span) / 2, low), high - span);
  return [begin, begin + span];
}

/** The view inside of what there is to see, and not narrower than can be read. @param {View} view @param {View} whole @returns {View} */
export function held(view, whole) {
  const [from_s, to_s] = heldSpan(view.from_s, view.to_s, whole.from_s, whole.to_s, LEAST_S);
  const [low_m, high_m] = heldSpan(view.low_m, view.high_m, whole.low_m, whole.high_m, LEAST_M);
  return { from_s, to_s, low_m, high_m };
}

/** Zoom in (factor below 1) or out about a time, and about a place by a factor of its own.
 * @param {View} view @param {View} whole @param {{ time_s?: number, place_m?: number, time?: number, place?: number }} wanted @returns {View} */
export function zoomed(view, whole, { time = 1, place = 1, time_s = (view.from_s + view.to_s) / 2, place_m = (view.low_m + view.high_m) / 2 }) {
  // The point under the hand stays under the hand, also where the least span stops the zoom.
  const inTime = Math.min(Math.max(view.to_s - view.from_s, 1e-6) * time, whole.to_s - whole.from_s);
  const timeFactor = Math.max(inTime, LEAST_S) / (view.to_s - view.from_s);
  const inPlace = Math.min((view.high_m - view.low_m) * place, whole.high_m - whole.low_m);
  const placeFactor = Math.max(inPlace, Math.min(LEAST_M, whole.high_m - whole.low_m)) / (view.high_m - view.low_m);
  return held(
    {
      from_s: time_s - (time_s - view.from_s) * timeFactor,
      to_s: time_s + (view.to_s - time_s) * timeFactor,
      low_m: place_m - (place_m - view.low_m) * placeFactor,
      high_m: place_m + (view.high_m - place_m) * placeFactor,
    },
    whole,
  );
}

/** @param {View} view @param {View} whole @param {number} by_s @param {number} by_m @returns {View} */
export function panned(view, whole, by_s, by_m) {
  return held({ from_s: view.from_s + by_s, to_s: view.to_s + by_s, low_m: view.low_m + by_m, high_m: view.high_m + by_m }, whole);
}

/** The same zoom with a time, and a place if one is given, in the middle. @param {View} view @param {View} whole @param {number} time_s @param {number} [place_m] @returns {View} */
export function centred(view, whole, time_s, place_m) {
  const by_m = place_m === undefined ? 0 : place_m - (view.low_m + view.high_m) / 2;
  return panned(view, whole, time_s - (view.from_s + view.to_s) / 2, by_m);
}

/** Whether everything of a view lies in another one. @param {View} inner @param {View} outer */
export const covers = (inner, outer) =>
  inner.from_s >= outer.from_s - 1e-6 && inner.to_s <= outer.to_s + 1e-6 && inner.low_m >= outer.low_m - 1e-6 && inner.high_m <= outer.high_m + 1e-6;

/** The state of a graph for the address of a page. @typedef {{ view: View, selected: string | null, hidden: string[], colour: "plain" | "power" }} GraphState */

/** A text without the signs that separate the parts of a state. @param {string} text */
const encoded = (text) => encodeURIComponent(text).replace(/[!~]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);

/** @param {GraphState} state */
export function stateText(state) {
  const { from_s, to_s, low_m, high_m } = state.view;
  const parts = [[from_s, to_s, low_m, high_m].map((one) => Math.round(one)).join("~"), encoded(state.selected ?? "")];
  return [...parts, state.hidden.map(encoded).join("~"), state.colour].join("!");
}

/** The state of a text; null if the text is none. @param {string} text @returns {GraphState | null} */
export function stateOf(text) {
  const [span, selected, hidden, colour] = text.split("!");
  const numbers = (span ?? "").split("~").map(Number);
  if (numbers.length !== 4 || !numbers.every(Number.isFinite) || colour === undefined) return null;
  const [from_s, to_s, low_m, high_m] = numbers;
  if (!(to_s > from_s && high_m > low_m)) return null;
  try {
    const names = hidden ? hidden.split("~").map(decodeURIComponent) : [];
    return { view: { from_s, to_s, low_m, high_m }, selected: decodeURIComponent(selected) || null, hidden: names, colour: colour === "power" ? "power" : "plain" };
  } catch {
    return null; // a text that was cut
  }
}
