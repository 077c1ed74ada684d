/** The address of a view of a plan: `#PLAN/VIEW/STATE`, so that a view can be sent to a colleague. */

export const VIEWS = /** @type {const} */ (["result", "graph", "service", "power", "trips", "edit", "approval"]);
/** @typedef {(typeof VIEWS)[number]} ViewName */
/** @typedef {{ id: string | null, view: ViewName, state: string }} Place */

/** @param {string} hash @returns {Place} */
export function placeOf(hash) {
  const [id, view, ...state] = hash.replace(/^#/, "").split("/");
  let known = null;
  try {
    known = decodeURIComponent(id) || null;
  } catch {
    // an address that was cut names no plan
  }
  return { id: known, view: VIEWS.find((one) => one === view) ?? "result", state: state.join("/") };
}

/** @param {string} id @param {ViewName} view @param {string} [state] */
export const addressOf = (id, view, state = "") => `#${encodeURIComponent(id)}${view === "result" && !state ? "" : `/${view}`}${state ? `/${state}` : ""}`;
