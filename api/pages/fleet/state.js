/** The state of the fleet page. */

/** @typedef {{ phase: "loading" | "ready" | "error", problem: any, lines: any[], session: any, fleet: any, quality: any, history: any, historyProblem: any, view: import("./address.js").View }} State
 * `history` are the models of the chosen vehicle; null while they are read. */
/** What a view needs of the page: the chosen view, its address, and ways to another one.
 * @typedef {{ view: import("./address.js").View, look: (changed: Partial<import("./address.js").View>, focus?: string) => void, address: (changed: Partial<import("./address.js").View>) => string, follow: (changed: Partial<import("./address.js").View>) => (event: Event) => void }} Page */

/** @type {State} */
export const BEGINNING = { phase: "loading", problem: null, lines: [], session: null, fleet: null, quality: null, history: null, historyProblem: null, view: /** @type {any} */ (null) };

/** The line that the page shows: that of the address if the user may see it, otherwise the first one. @param {any[]} lines @param {string | null} wanted @returns {string | null} */
export const shownLine = (lines, wanted) => (lines.some((one) => one.name === wanted) ? wanted : (lines[0]?.name ?? null));
