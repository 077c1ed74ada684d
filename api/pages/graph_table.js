/** The trips in view as a table, for those who read instead of look: an aria grid of at most 200 rows. */
import { element } from "./element.js";
import { clockText } from "./graph_labels.js";
import { inWindow, tripName } from "./graph_trips.js";
import { t } from "./locale.js";

const MOST_ROWS = 200;

/** Rows of the layers in view, in the order of their departures. @param {import("./graph_paint.js").Layer[]} layers @param {{ name: string }[]} stations @param {import("./graph_view.js").View} view */
export function tableRows(layers, stations, view) {
  const rows = layers.flatMap(({ name, form, set, shift }) => {
    const [begin, end] = inWindow(set, view.from_s, view.to_s);
    return Array.from({ length: end - begin }, (_, k) => begin + k).filter((i) => set.end_s[i] >= view.from_s).map((i) => {
      const trip = set.trips[i];
      const moved = shift?.[i];
      return {
        trip: trip.trip_id, layer: name, form, start_s: set.start_s[i], train: tripName(trip), vehicle: trip.duty ?? "",
        from: stations[trip.stops[0][0]]?.name ?? "", to: stations[trip.stops[trip.stops.length - 1][0]]?.name ?? "",
        start: clockText(set.start_s[i]), end: clockText(set.end_s[i]), shift: moved === undefined || Number.isNaN(moved) ? "" : String(Math.round(moved)),
      };
    }); // prettier-ignore
  });
  return rows.sort((one, other) => one.start_s - other.start_s);
}

const COLUMNS = /** @type {const} */ (["train", "layer", "vehicle", "from", "start", "to", "end", "shift"]);

/** @param {import("./train_graph.js").TrainGraph} graph @returns {{ view: HTMLElement, refresh: () => void }} */
export function graphTable(graph) {
  const body = element("tbody", {});
  const told = element("p", { class: "quiet" });
  const head = element("thead", {}, element("tr", {}, ...COLUMNS.map((one) => element("th", { scope: "col" }, t(`graph.column.${one}`)))));
  const grid = element("table", { role: "grid", "aria-label": t("graph.title"), onkeydown: (/** @type {KeyboardEvent} */ event) => walk(event, grid) }, head, body);
  const view = /** @type {HTMLDetailsElement} */ (element("details", { class: "graph-table", ontoggle: () => refresh() }, element("summary", {}, t("graph.table")), told, element("div", { class: "wide" }, grid)));
  const refresh = () => {
    if (!view.open) return;
    const rows = tableRows(graph.shownLayers, graph.stations, graph.state.view);
    const shown = rows.slice(0, MOST_ROWS);
    told.textContent = t(rows.length > shown.length ? "graph.table_cut" : "graph.table_text", { count: rows.length, shown: shown.length });
    body.replaceChildren(
      ...shown.map((row, k) => {
        const cells = COLUMNS.map((column, c) => element("td", { role: "gridcell", tabindex: k === 0 && c === 0 ? 0 : -1 }, column === "layer" ? t(`graph.layer.${row.form}`) : row[column]));
        const choose = () => graph.select(row.trip);
        return element("tr", { "aria-selected": String(row.trip === graph.state.selected), onclick: choose, onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && choose(), "data-trip": row.trip }, ...cells);
      }),
    );
  };
  return { view, refresh };
}

/** Arrow keys go from cell to cell; one cell takes part in the order of Tab. @param {KeyboardEvent} event @param {HTMLElement} grid */
export function walk(event, grid) {
  const cell = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("td"));
  const row = cell?.parentElement;
  if (!cell || !row) return;
  const column = [...row.children].indexOf(cell);
  /** @type {Record<string, () => Element | null | undefined>} */
  const steps = {
    ArrowRight: () => cell.nextElementSibling, ArrowLeft: () => cell.previousElementSibling, ArrowDown: () => row.nextElementSibling?.children[column], ArrowUp: () => row.previousElementSibling?.children[column],
    Home: () => row.firstElementChild, End: () => row.lastElementChild, PageDown: () => row.parentElement?.lastElementChild?.children[column], PageUp: () => row.parentElement?.firstElementChild?.children[column],
  }; // prettier-ignore
  const next = /** @type {HTMLElement | null | undefined} */ (steps[event.key]?.());
  if (!(event.key in steps)) return;
  event.preventDefault();
  if (!next) return;
  grid.querySelector('td[tabindex="0"]')?.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}
