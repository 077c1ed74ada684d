/** The address of a view of the engineer's page: `#VIEW/LINE?key=value`, so that a view can be sent to a colleague. Pure functions. */

export const VIEWS = /** @type {const} */ (["scenario", "line", "power", "studies", "replay"]);
/** @typedef {(typeof VIEWS)[number]} ViewName */
/** `state` is what the view shows, for example section and second. @typedef {{ view: ViewName, line: string, state: Record<string, string> }} Place */

/** @param {string} hash @returns {Place} */
export function placeOf(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const [view, line = ""] = path.split("/");
  return { view: VIEWS.find((one) => one === view) ?? "scenario", line: /^[a-z0-9_-]{1,80}$/.test(line) ? line : "", state: Object.fromEntries(new URLSearchParams(query)) };
}

/** Values that are null or empty are left out. @param {ViewName} view @param {string} line @param {Record<string, string | number | null | undefined>} [state] */
export function addressOf(view, line, state = {}) {
  const given = Object.entries(state).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#${view}/${line}${query ? `?${query}` : ""}`;
}
