/** The mean power of the last 15 minutes and how it goes on. */
import { firstFrom } from "../strip_chart.js";

export const MEAN_S = 900;
const RECENT_S = 300;

/** Mean of a curve between two times; samples hold until the next one; NaN without samples. @param {import("../strip_chart.js").Series} series @param {string} id @param {number} fromS @param {number} toS */
export function meanBetween(series, id, fromS, toS) {
  let sum = 0;
  let covered = 0;
  for (let index = Math.max(0, firstFrom(series, fromS) - 1); index < series.count; index += 1) {
    const begin = Math.max(fromS, series.times[index]);
    const end = Math.min(toS, index + 1 < series.count ? series.times[index + 1] : toS);
    const value = series.values[id][index];
    if (begin >= toS) break;
    if (end <= begin || Number.isNaN(value)) continue;
    sum += value * (end - begin);
    covered += end - begin;
  }
  return covered > 0 ? sum / covered : NaN;
}

/** The running 15-minute mean of the next seconds, if the power stays at the mean of the last five minutes: what leaves the
 * window is known. Begins at the mean of now. @param {import("../strip_chart.js").Series} series @param {string} id @param {number} nowS @param {number} meanNow @param {number} horizonS @param {number} stepS
 * @returns {[number, number][]} */
export function meanForecast(series, id, nowS, meanNow, horizonS, stepS = 60) {
  const recent = meanBetween(series, id, nowS - RECENT_S, nowS);
  if (Number.isNaN(recent)) return [];
  const points = /** @type {[number, number][]} */ ([[nowS, meanNow]]);
  for (let ahead = stepS; ahead <= Math.min(horizonS, MEAN_S); ahead += stepS) {
    const leaving = meanBetween(series, id, nowS - MEAN_S, nowS - MEAN_S + ahead);
    points.push([nowS + ahead, meanNow + ((recent - (Number.isNaN(leaving) ? meanNow : leaving)) * ahead) / MEAN_S]);
  }
  return points;
}

/** Minutes until the forecast reaches a limit, null if it does not. @param {[number, number][]} points @param {number | null} limit */
export function minutesUntil(points, limit) {
  if (limit === null) return null;
  for (let index = 0; index < points.length; index += 1) {
    const [time, value] = points[index];
    if (value < limit) continue;
    if (index === 0) return 0;
    const [before, low] = points[index - 1];
    return (before + ((limit - low) / (value - low)) * (time - before) - points[0][0]) / 60;
  }
  return null;
}
