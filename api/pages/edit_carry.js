/** Edits of a plan that somebody else changed meanwhile: kept, and set on the present version of the plan. */
import { movedTrips, rebased, touchedTrips } from "./edit_history.js";
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { downloadRows } from "./graph_tools.js";
import { t } from "./locale.js";

/** @typedef {{ trip_id: string, number: string | null, stops: import("./graph_trips.js").Stop[] }} Trip */

/** @type {Map<string, { version: number, trips: Trip[], moves: import("./edit_history.js").Moves }>} */
const carried = new Map();

/** Keep edits of a version until the editor opens again. @param {any} plan @param {Trip[]} trips @param {import("./edit_history.js").Moves} moves */
export const carryMoves = (plan, trips, moves) => void carried.set(plan.id, { version: plan.version, trips, moves });

/** The kept edits, set on the present trips of the plan, with a list of the trips that both changed; null without any. @param {any} plan @param {Trip[]} trips */
export function carriedMoves(plan, trips) {
  const kept = carried.get(plan.id);
  if (!kept) return null;
  carried.delete(plan.id);
  const found = rebased(kept.moves, kept.trips, trips);
  const nameOf = (/** @type {string} */ id) => kept.trips.find((one) => one.trip_id === id)?.number || id;
  const lines = [
    t("edit.kept", { n: touchedTrips(found.moves).size, version: kept.version }),
    found.both.length ? t("edit.kept_both", { trains: found.both.map(nameOf).join(", ") }) : null,
    found.gone.length ? t("edit.kept_gone", { trains: found.gone.map(nameOf).join(", ") }) : null,
  ];
  const view = element("div", { class: "kept", role: "status" }, ...lines.filter((one) => one !== null).map((one) => element("p", {}, one)));
  return { moves: found.moves, view };
}

/** What saves the kept edits of a plan that cannot be edited any more as a table; null without any. @param {any} plan */
export function movesFile(plan) {
  const kept = carried.get(plan.id);
  if (!kept) return null;
  const save = () => {
    const touched = touchedTrips(kept.moves);
    const rows = movedTrips(kept.trips, kept.moves).filter((one) => touched.has(one.trip_id)).map((one) => [one.trip_id, clockText(one.stops[0][2] ?? 0)]);
    downloadRows([["trip_id", "departure"], ...rows], `edits-${plan.id}.csv`);
  };
  return element("p", {}, t("edit.kept_file", { n: touchedTrips(kept.moves).size }), " ", element("button", { type: "button", onclick: save }, "CSV"));
}
