/** Axes and paths of a chart: round values, labels with room, curves and bars. Pure functions. */

/** Round values of an axis from zero. @param {number} highest @param {number} [count] */
export function valueTicks(highest, count = 4) {
  const rough = Math.max(highest, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough - 1e-12) ?? 10) * power;
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, k) => k * step);
}

/** Round values from the multiple of the step at or below `lowest` to the one at or above `highest`. @param {number} lowest @param {number} highest @param {number} [count] */
export function spanTicks(lowest, highest, count = 4) {
  if (lowest === 0) return valueTicks(highest, count);
  const ticks = valueTicks(Math.max(highest - lowest, 1e-9), count);
  const step = ticks[1] ?? 1;
  const first = Math.floor(lowest / step + 1e-9);
  return Array.from({ length: Math.max(1, Math.ceil(highest / step - 1e-9) - first) + 1 }, (_, k) => (first + k) * step);
}

/** The path of a curve in pixels. @param {[number, number][]} points @param {(time_s: number) => number} x @param {(value: number) => number} y @param {boolean} isStep */
export function curvePath(points, x, y, isStep) {
  const parts = [];
  for (const [k, [time_s, value]] of points.entries()) {
    const [px, py] = [x(time_s).toFixed(1), y(value).toFixed(1)];
    if (k === 0) parts.push(`M${px} ${py}`);
    else if (isStep) parts.push(`H${px}V${py}`);
    else parts.push(`L${px} ${py}`);
  }
  return parts.join("");
}

/** Stems from zero to each point, or the vertical bars of intervals with their ends. @param {[number, number, number][]} bars place, low, high @param {(place: number) => number} x @param {(value: number) => number} y @param {number} cap half of the width of the ends */
export function barPath(bars, x, y, cap) {
  const end = (/** @type {number} */ px, /** @type {number} */ py) => (cap ? `M${(px - cap).toFixed(1)} ${py.toFixed(1)}H${(px + cap).toFixed(1)}` : "");
  return bars.map(([place, low, high]) => `${end(x(place), y(low))}M${x(place).toFixed(1)} ${y(low).toFixed(1)}V${y(high).toFixed(1)}${end(x(place), y(high))}`).join("");
}

/** The labels whose texts do not touch; the first and the last one come first. @param {{ at: number, text: string }[]} labels @param {(at: number) => number} x @param {number} right the end of the axis */
export function labelsWithRoom(labels, x, right) {
  const order = [...new Set([0, labels.length - 1, ...labels.keys()])].filter((k) => labels[k]);
  /** @type {[number, number][]} */
  const taken = [];
  return order.filter((k) => {
    const width = [...labels[k].text].reduce((sum, one) => sum + (one > "\u2e80" ? 12.5 : 7.2), 0);
    const end = Math.min(x(labels[k].at) + width / 2, x(labels[k].at) > right - 30 ? right : Infinity);
    const isFree = taken.every(([from, to]) => end + 8 < from || end - width - 8 > to);
    if (isFree) taken.push([end - width, end]);
    return isFree;
  }).map((k) => labels[k]); // prettier-ignore
}
