/** One share over all stages of a plan. The share never falls, whatever the order of the reports. */

/** Stages in their order with their weights in the whole (assumed), and the stage that runs beside the others. */
const STAGES = [
  ["preparing", 3], ["headways", 10], ["driving profiles", 5], ["compiling the search", 5], ["patterns", 20], ["shifts", 5],
  ["trips", 15], ["repair", 2], ["check", 2], ["levers", 5], ["potential", 5], ["sensitivity", 3], ["writing the plan", 2],
]; // prettier-ignore
const BESIDE = ["simulated days", 18];
const WHOLE = STAGES.reduce((sum, [, weight]) => sum + Number(weight), Number(BESIDE[1]));

/** @typedef {{ reached: number, share: number, beside: number, whole: number }} Progress */

/** @type {Progress} */
export const BEGINNING = { reached: 0, share: 0, beside: 0, whole: 0 };

/** The progress after a report of a stage and its share. @param {Progress} before @param {string} stage @param {number} share @returns {Progress} */
export function advanced(before, stage, share) {
  const now = { ...before };
  const place = STAGES.findIndex(([name]) => name === stage);
  if (stage === BESIDE[0]) now.beside = Math.max(before.beside, share);
  else if (place > before.reached) [now.reached, now.share] = [place, share];
  else if (place === before.reached) now.share = Math.max(before.share, share);
  const done = STAGES.slice(0, now.reached).reduce((sum, [, weight]) => sum + Number(weight), 0);
  const part = Number(STAGES[now.reached][1]) * now.share + Number(BESIDE[1]) * now.beside;
  now.whole = Math.max(before.whole, Math.min(1, (done + part) / WHOLE));
  return now;
}

/** The seconds that are left if the rest goes on like the part before; null before a twentieth is done. @param {number} whole @param {number} elapsedS */
export function secondsLeft(whole, elapsedS) {
  return whole < 0.05 || elapsedS <= 0 ? null : (elapsedS * (1 - whole)) / whole;
}

/** Seconds since the search began and percent. @typedef {[number, number]} Point */

/** The corners of a step curve in a box: each value holds until the next one. The axis of the percent starts at zero.
 * @param {Point[]} curve @param {{ width: number, height: number }} box @returns {Point[]} */
export function stepCorners(curve, { width, height }) {
  if (!curve.length) return [];
  const begin = curve[0][0];
  const span = Math.max(curve[curve.length - 1][0] - begin, 1e-9);
  const top = Math.max(...curve.map(([, percent]) => percent), 1e-9);
  const across = (/** @type {number} */ seconds) => ((seconds - begin) / span) * width;
  const down = (/** @type {number} */ percent) => height - (Math.max(percent, 0) / top) * height;
  /** @type {Point[]} */
  const corners = [];
  curve.forEach(([seconds, percent], k) => {
    if (k) corners.push([across(seconds), down(curve[k - 1][1])]);
    corners.push([across(seconds), down(percent)]);
  });
  return corners;
}
