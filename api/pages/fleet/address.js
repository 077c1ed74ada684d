/** The view in the address, so that a colleague can open the same view: line, view, vehicle, parameter, day, order. */

export const VIEWS = /** @type {const} */ (["vehicles", "telemetry"]);
export const ORDERS = /** @type {const} */ (["rank", "thirsty", "name", "cost"]);
/** @typedef {{ line: string | null, view: typeof VIEWS[number], vehicle: string | null, parameter: string, cell: { vehicle: string, day: string } | null, order: typeof ORDERS[number], words: string }} View
 * `cell` is the vehicle and day that is chosen in the calendar of the telemetry. */

export const ENERGY = "normalised";

/** @template {string} T @param {readonly T[]} known @param {string | null} given @returns {T} */
const oneOf = (known, given) => known.find((one) => one === given) ?? known[0];

/** @param {string} search of an address @returns {View} */
export function readAddress(search) {
  const given = new URLSearchParams(search);
  const [day, of] = [given.get("day"), given.get("of")];
  return {
    line: given.get("line"), view: oneOf(VIEWS, given.get("view")), vehicle: given.get("vehicle"),
    parameter: given.get("parameter") ?? ENERGY, order: oneOf(ORDERS, given.get("order")), words: given.get("words") ?? "",
    cell: day && of && /^\d{4}-\d{2}-\d{2}$/.test(day) ? { vehicle: of, day } : null,
  }; // prettier-ignore
}

/** @param {View} view */
export function writeAddress(view) {
  const found = new URLSearchParams();
  if (view.line) found.set("line", view.line);
  if (view.view !== VIEWS[0]) found.set("view", view.view);
  if (view.vehicle) found.set("vehicle", view.vehicle);
  if (view.parameter !== ENERGY) found.set("parameter", view.parameter);
  if (view.order !== ORDERS[0]) found.set("order", view.order);
  if (view.words) found.set("words", view.words);
  if (view.cell) {
    found.set("day", view.cell.day);
    found.set("of", view.cell.vehicle);
  }
  return `?${found}`;
}
