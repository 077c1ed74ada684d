/** The departures of a plan as a grid: typed, pasted from a spreadsheet, and marked where a rule is broken. */
import { departuresBefore, movedStops, movedTrips, moveOf, pasted, touchedTrips } from "./edit_history.js";
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { t } from "./locale.js";

/** @typedef {{ trip_id: string, number: string | null, duty: string | null, direction: string, stops: [number, number, number][] }} Trip */
/** @typedef {{ moves: import("./edit_history.js").Moves, headways: Map<string, number | null>, broken: Map<string, string[]>, selected: string | null }} Shown */

const COLUMNS = ["train", "vehicle", "planned", "departure", "shift", "headway", "rules"];

/** @param {Trip[]} trips in the order of the grid @param {{ changed: (moves: Record<string, number>, faults: { row: number, text: string }[]) => void, select: (trip: string) => void }} calls */
export function editGrid(trips, { changed, select }) {
  const known = trips.map((trip) => ({ trip_id: trip.trip_id, number: trip.number, departure_s: trip.stops[0][2] }));
  /** @type {Map<string, { row: HTMLElement, field: HTMLInputElement, shift: HTMLElement, headway: HTMLInputElement, rules: HTMLElement }>} */
  const rows = new Map();
  let moves = /** @type {Record<string, number>} */ ({});
  const body = element("tbody", {});
  trips.forEach((trip, k) => {
    const planned_s = trip.stops[0][2];
    const name = trip.number || trip.trip_id;
    const field = /** @type {HTMLInputElement} */ (
      element("input", {
        type: "text", value: clockText(planned_s), "aria-label": t("edit.departure_of", { train: name }), spellcheck: "false", autocomplete: "off", size: 9,
        onfocus: () => select(trip.trip_id),
        oninput: () => {
          const by_s = moveOf(field.value, planned_s);
          field.setAttribute("aria-invalid", String(by_s === null));
          if (by_s !== null) changed({ [trip.trip_id]: by_s }, []);
        },
        onblur: () => {
          field.value = clockText(planned_s + (moves[trip.trip_id] ?? 0));
          field.removeAttribute("aria-invalid");
        },
        onpaste: (/** @type {ClipboardEvent} */ event) => {
          const text = event.clipboardData?.getData("text") ?? "";
          if (!/[\t\n\r]/.test(text.trim())) return;
          event.preventDefault();
          const found = pasted(text, known, k);
          changed(found.moves, found.faults);
        },
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          const by = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          const next = trips[k + by];
          if (next) rows.get(next.trip_id)?.field.focus();
        },
      })
    ); // prettier-ignore
    const headway = /** @type {HTMLInputElement} */ (
      element("input", {
        type: "text", inputmode: "numeric", size: 5, "aria-label": t("edit.headway_of", { train: name }), autocomplete: "off",
        onfocus: () => select(trip.trip_id),
        oninput: () => {
          const wanted_s = /^\d{1,4}$/.test(headway.value.trim()) ? Number(headway.value) : null;
          const before_s = departuresBefore(movedTrips(trips, moves)).get(trip.trip_id) ?? null;
          const by_s = wanted_s === null || before_s === null ? null : moveOf(clockText(before_s + wanted_s), planned_s);
          headway.setAttribute("aria-invalid", String(by_s === null));
          if (by_s !== null && wanted_s) changed({ [trip.trip_id]: by_s }, []);
        },
        onblur: () => {
          headway.removeAttribute("aria-invalid");
          headway.value = headway.dataset.value ?? "";
        },
      })
    ); // prettier-ignore
    const [shift, rules] = [element("td", {}), element("td", { class: "rules" })];
    const row = element("tr", { "data-trip": trip.trip_id }, element("th", { scope: "row" }, name), element("td", {}, trip.duty ?? ""), element("td", {}, clockText(planned_s)), element("td", {}, field), shift, element("td", {}, headway), rules);
    rows.set(trip.trip_id, { row, field, shift, headway, rules });
    body.append(row);
  });
  const view = element("div", { class: "edit-grid", role: "region", tabindex: 0, "aria-label": t("edit.grid") }, element("table", {}, element("thead", {}, element("tr", {}, ...COLUMNS.map((one) => element("th", { scope: "col" }, t(`edit.column.${one}`))))), body));
  const show = (/** @type {Shown} */ shown) => {
    moves = shown.moves;
    const touched = touchedTrips(moves);
    trips.forEach((trip) => {
      const cells = rows.get(trip.trip_id);
      if (!cells) return;
      const by_s = moves[trip.trip_id] ?? 0;
      const headway = shown.headways.get(trip.trip_id);
      const broken = shown.broken.get(trip.trip_id) ?? [];
      if (document.activeElement !== cells.field) cells.field.value = clockText(movedStops(trip, moves)[0][2] ?? 0);
      cells.shift.textContent = by_s ? `${by_s > 0 ? "+" : "−"}${Math.abs(by_s)}` : "";
      cells.headway.dataset.value = headway === null || headway === undefined ? "" : String(headway);
      cells.headway.disabled = cells.headway.dataset.value === "";
      if (document.activeElement !== cells.headway) cells.headway.value = cells.headway.dataset.value;
      cells.rules.textContent = broken.length ? `▲ ${broken[0]}` : "";
      cells.row.classList.toggle("moved", touched.has(trip.trip_id));
      cells.row.classList.toggle("broken", broken.length > 0);
      cells.row.classList.toggle("selected", trip.trip_id === shown.selected);
    });
  };
  const reveal = (/** @type {string} */ trip) => rows.get(trip)?.row.scrollIntoView({ block: "nearest" });
  return { view, show, reveal };
}
