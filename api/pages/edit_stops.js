/** The stops of the selected trip: arrivals and departures that can be typed and pasted. */
import { movedStops, moveOf, stopKey } from "./edit_history.js";
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { t } from "./locale.js";

/** @typedef {{ trip_id: string, number: string | null, stops: import("./graph_trips.js").Stop[] }} Trip */
/** @typedef {"arrival" | "departure"} What */

/** @param {{ name: string }[]} stations @param {(moves: Record<string, number>, faults: { row: number, text: string }[]) => void} changed */
export function editStops(stations, changed) {
  const view = element("div", { class: "edit-stops", hidden: true });
  /** @type {Trip | null} */
  let shown = null;
  let moves = /** @type {Record<string, number>} */ ({});
  /** @type {{ stop: number, what: What, field: HTMLInputElement, planned_s: number }[]} */
  let fields = [];
  /** @type {HTMLElement[]} */
  let dwells = [];

  const fieldOf = (/** @type {Trip} */ trip, /** @type {number} */ stop, /** @type {What} */ what) => {
    const planned_s = trip.stops[stop][what === "arrival" ? 1 : 2];
    const isFixed = planned_s === null || (what === "arrival" ? stop === 0 : stop === trip.stops.length - 1);
    if (isFixed) return element("td", {});
    const station = stations[trip.stops[stop][0]]?.name ?? "";
    const base_s = () => planned_s + (moves[trip.trip_id] ?? 0);
    const field = /** @type {HTMLInputElement} */ (
      element("input", {
        type: "text", size: 9, spellcheck: "false", autocomplete: "off", "aria-label": t(`edit.${what}_at`, { station }),
        oninput: () => {
          const by_s = moveOf(field.value, base_s());
          field.setAttribute("aria-invalid", String(by_s === null));
          if (by_s !== null) changed({ [stopKey(trip.trip_id, stop, what)]: by_s }, []);
        },
        onblur: () => {
          field.removeAttribute("aria-invalid");
          write();
        },
        onpaste: (/** @type {ClipboardEvent} */ event) => {
          const text = event.clipboardData?.getData("text") ?? "";
          if (!/[\t\n\r]/.test(text.trim())) return;
          event.preventDefault();
          const found = pastedStops(text, trip, moves, stop, what);
          changed(found.moves, found.faults);
        },
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          const by = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          fields.find((one) => one.what === what && one.stop === stop + by)?.field.focus();
        },
      })
    ); // prettier-ignore
    fields.push({ stop, what, field, planned_s });
    return element("td", {}, field);
  };
  const build = (/** @type {Trip} */ trip) => {
    fields = [];
    dwells = trip.stops.map(() => element("td", {}));
    const rows = trip.stops.map((_, k) => element("tr", {}, element("th", { scope: "row" }, stations[trip.stops[k][0]]?.name ?? ""), fieldOf(trip, k, "arrival"), fieldOf(trip, k, "departure"), dwells[k]));
    const head = ["station", "arrival", "departure", "dwell"].map((one) => element("th", { scope: "col" }, t(`edit.column.${one}`)));
    const name = t("edit.stops_of", { train: trip.number || trip.trip_id });
    view.replaceChildren(element("h3", {}, name), element("div", { class: "edit-grid", role: "region", tabindex: 0, "aria-label": name }, element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows))));
  };
  const write = () => {
    if (!shown) return;
    const now = movedStops(shown, moves);
    for (const { stop, what, field } of fields) {
      const time_s = now[stop][what === "arrival" ? 1 : 2] ?? 0;
      if (document.activeElement !== field) field.value = clockText(time_s);
      field.classList.toggle("changed", Boolean(moves[stopKey(shown.trip_id, stop, what)]));
    }
    dwells.forEach((cell, k) => {
      const [, arrival_s, departure_s] = now[k];
      const isOnTheWay = k > 0 && k < now.length - 1 && arrival_s !== null && departure_s !== null;
      cell.textContent = isOnTheWay ? String(departure_s - arrival_s) : "";
    });
  };
  /** @param {Trip | null} trip @param {Record<string, number>} present */
  const show = (trip, present) => {
    moves = present;
    view.hidden = trip === null;
    if (trip !== null && trip !== shown) build(trip);
    shown = trip;
    write();
  };
  return { view, show };
}

/** The moves of times pasted from a stop on: one column of arrivals or departures, or two columns with both.
 * @param {string} text @param {Trip} trip @param {Record<string, number>} moves @param {number} start @param {What} what */
export function pastedStops(text, trip, moves, start, what) {
  /** @type {Record<string, number>} */
  const found = {};
  /** @type {{ row: number, text: string }[]} */
  const faults = [];
  text.replace(/[\r\n]+$/, "").split(/\r\n|\r|\n/).forEach((line, row) => {
    const cells = line.split("\t").map((cell) => cell.trim());
    const stop = start + row;
    const wanted = /** @type {[What, string][]} */ (cells.length > 1 ? [["arrival", cells[0]], ["departure", cells[1]]] : [[what, cells[0]]]);
    const read = wanted.filter(([, cell]) => cell).map(([one, cell]) => {
      const planned_s = trip.stops[stop]?.[one === "arrival" ? 1 : 2];
      return /** @type {[What, number | null]} */ ([one, planned_s == null ? null : moveOf(cell, planned_s + (moves[trip.trip_id] ?? 0))]);
    });
    if (read.some(([, by_s]) => by_s === null)) faults.push({ row: row + 1, text: line.slice(0, 60) });
    for (const [one, by_s] of read) if (by_s !== null) found[stopKey(trip.trip_id, stop, one)] = by_s;
  }); // prettier-ignore
  return { moves: found, faults };
}
