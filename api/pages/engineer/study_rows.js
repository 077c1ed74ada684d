/** The factors of a sweep from the form, and its rows as points with intervals. Pure functions. */

/** Levels from a text: `0, 1, 3`, or JSON for anything else. Throws a SyntaxError. @param {string} text @returns {any[]} */
export function levelsOf(text) {
  const given = text.trim();
  const found = JSON.parse(/^\[/.test(given) ? given : `[${given.split(/[,;\n]+/).map((one) => literal(one.trim())).filter(Boolean).join(",")}]`);
  if (!Array.isArray(found) || !found.length) throw new SyntaxError(given);
  return found;
}

/** A number, true, false or null as it is; anything else as a text. @param {string} word */
function literal(word) {
  if (word === "") return "";
  return /^(-?\d+(\.\d+)?([eE][-+]?\d+)?|true|false|null)$/.test(word) ? word : JSON.stringify(word);
}

/** The measures of the rows of a sweep that have an interval. @param {any[]} rows */
export function measuresOf(rows) {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...names].filter((name) => names.has(`${name}_low`) && names.has(`${name}_high`));
}

/** The name of a case: its levels, without the timetable. @param {any} row @param {string[]} factors */
export const caseOf = (row, factors) => factors.map((one) => `${one.split(".").at(-1)} ${row[one] ?? "–"}`).join(", ");

/** Points of a measure by timetable: place, mean and interval. A single factor of numbers gives the places, otherwise they count the cases.
 * @param {any[]} rows @param {string[]} factors @param {string} measure */
export function pointsOf(rows, factors, measure) {
  const isNumeric = factors.length === 1 && rows.every((row) => typeof row[factors[0]] === "number");
  const cases = [...new Set(rows.map((row) => caseOf(row, factors)))];
  const place = (/** @type {any} */ row) => (isNumeric ? row[factors[0]] : cases.indexOf(caseOf(row, factors)) + 1);
  const timetables = [...new Set(rows.map((row) => row.timetable))];
  const series = timetables.map((timetable) => ({
    timetable,
    points: rows.filter((row) => row.timetable === timetable && typeof row[measure] === "number").map((row) => ({ at: place(row), mean: row[measure], low: row[`${measure}_low`], high: row[`${measure}_high`] })).sort((a, b) => a.at - b.at),
  })); // prettier-ignore
  return { isNumeric, cases, series: series.filter((one) => one.points.length) };
}
