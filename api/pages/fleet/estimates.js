/** Estimates with 95 % intervals: their text, their axis, their order. Without drawing. */

/** @typedef {{ value: number, lower: number, upper: number, unit: string, scenario_value: number | null }} Estimate */

/** Digits after the point with which an interval has two significant digits. @param {number} half @param {number} most */
export function digitsFor(half, most = 5) {
  if (!(half > 0) || !Number.isFinite(half)) return most;
  return Math.min(most, Math.max(0, 1 - Math.floor(Math.log10(half))));
}

/** Digits after the point with which a value has four significant figures. @param {number} value */
export const figures = (value) => Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1))));

/** Half the width of an interval. @param {{ lower: number, upper: number }} one */
export const halfOf = ({ lower, upper }) => (upper - lower) / 2;

/** The difference of an estimate from the scenario in percent; null without a value of the scenario. @param {Estimate} one */
export function apart(one) {
  const { scenario_value: nominal } = one;
  if (nominal === null || nominal === 0) return null;
  const share = (/** @type {number} */ value) => 100 * (value / nominal - 1);
  return { value: share(one.value), lower: share(one.lower), upper: share(one.upper) };
}

/** Round values within a range: steps of 1, 2 or 5 times a power of ten, at most about `count` of them.
 * @param {number} low @param {number} high @param {number} count @returns {number[]} */
export function rangeTicks(low, high, count = 4) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)) || 0);
}

/** The range that contains all intervals, with room at both ends; others than finite numbers do not count.
 * @param {({ lower: number, upper: number } | null)[]} intervals @param {number[]} [also] values that the range contains as well */
export function rangeOf(intervals, also = []) {
  const ends = [...intervals.flatMap((one) => (one ? [one.lower, one.upper] : [])), ...also].filter(Number.isFinite);
  if (!ends.length) return { low: 0, high: 1 };
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = 0.06 * (high - low) || Math.abs(high) * 0.05 || 1;
  return { low: low - room, high: high + room };
}

/** A range that goes no further than a distance from zero. @param {{ low: number, high: number }} range @param {number} most */
export const within = (range, most) => ({ low: Math.max(range.low, -most), high: Math.min(range.high, most) });

/** The vehicles of a list that fit the words, in an order: of the ranking, from the thirstiest, by name, by what findings cost.
 * @param {any[]} vehicles @param {string} order @param {string} words */
export function orderedVehicles(vehicles, order, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const fit = vehicles.filter((one) => wanted.every((word) => `${one.vehicle} ${one.model.train_type} ${one.model.version}`.toLowerCase().includes(word)));
  const byName = (/** @type {any} */ a, /** @type {any} */ b) => a.vehicle.localeCompare(b.vehicle, "en", { numeric: true });
  const rank = (/** @type {any} */ one) => one.rank?.rank ?? Infinity;
  const cost = (/** @type {any} */ one) => Math.max(-Infinity, ...one.findings.map((/** @type {any} */ found) => found.kwh_a_day));
  const compare = {
    rank: (/** @type {any} */ a, /** @type {any} */ b) => a.model.train_type.localeCompare(b.model.train_type) || finite(rank(a) - rank(b)) || byName(a, b),
    thirsty: (/** @type {any} */ a, /** @type {any} */ b) => a.model.train_type.localeCompare(b.model.train_type) || finite(rank(b) - rank(a)) || byName(a, b),
    name: byName,
    cost: (/** @type {any} */ a, /** @type {any} */ b) => finite(cost(b) - cost(a)) || byName(a, b),
  }[order];
  return fit.sort(compare ?? byName);
}

/** A difference of which both may be infinite. @param {number} value */
const finite = (value) => (Number.isNaN(value) ? 0 : value);
