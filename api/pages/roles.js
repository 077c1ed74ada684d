/** What the user of the page may do; the service decides, the page explains. */

const PLANNING = ["planner", "engineer", "admin"];
/** Roles that may do an action, as in `docs/access.md`. @type {Record<string, string[]>} */
export const ALLOWED = { order: PLANNING, edit: PLANNING, approve: ["planner", "admin"], roll_back: ["controller", "planner", "admin"], study: ["controller", ...PLANNING], import: ["engineer", "admin"], calibrate: ["engineer", "admin"] };

/** Whether the roles of a session, within its limits, allow an action on a line. @param {any} session @param {string} action @param {string} line */
export function mayDo(session, action, line) {
  const role = (/** @type {Record<string, string>} */ roles) => roles?.[line] ?? roles?.["*"];
  return [session?.roles, session?.limits].every((one) => ALLOWED[action].includes(role(one) ?? ""));
}
