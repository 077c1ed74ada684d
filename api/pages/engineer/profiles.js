/** Driving profiles and stretches of track as points of a chart. Pure functions. */

/** The index of the optimal run whose running time is nearest; of any run if there is no optimal one. @param {any[]} runs @param {number} running_time_s */
export function runNear(runs, running_time_s) {
  const isBetter = (/** @type {number} */ k, /** @type {number} */ best) => {
    const rank = (/** @type {any} */ run) => Math.abs(run.running_time_s - running_time_s) + (run.strategy === "optimal" ? 0 : 0.5);
    return rank(runs[k]) < rank(runs[best]);
  };
  return runs.reduce((best, _, k) => (isBetter(k, best) ? k : best), 0);
}

/** A quantity of a run over chainage. @param {any} run @param {string} field @returns {[number, number][]} */
export const profileSeries = (run, field) => run.chainage_m.map((/** @type {number} */ at, /** @type {number} */ k) => [at, run[field][k]]);

/** Rows of a table of stretches as steps in order of chainage, within the line. @param {any[]} rows @param {string} field @param {number} low_m @param {number} high_m @returns {[number, number][]} */
export function stepPoints(rows, field, low_m, high_m) {
  const within = rows.filter((one) => one.to_m > low_m && one.from_m < high_m).map((one) => ({ ...one, from_m: Math.max(one.from_m, low_m), to_m: Math.min(one.to_m, high_m) }));
  const ordered = within.sort((a, b) => a.from_m - b.from_m);
  /** @type {[number, number][]} */
  const points = ordered.map((one) => [one.from_m, one[field]]);
  const last = ordered[ordered.length - 1];
  return last ? [...points, [last.to_m, last[field]]] : points;
}

/** The span of the running times of the optimal runs. @param {any[]} runs */
export function energyPoints(runs) {
  const times = runs.filter((one) => one.strategy === "optimal").map((one) => one.running_time_s);
  return { from_s: Math.min(...times), to_s: Math.max(...times) };
}
