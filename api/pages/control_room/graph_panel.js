/** The train graph of the live line: plan, what happened, what is expected, the now line; it follows the clock until moved. */
import { TrainGraph } from "../train_graph.js";
import { clockText } from "../graph_labels.js";
import { element } from "../element.js";
import { t } from "../locale.js";
import { areasOf } from "./areas.js";
import { panelTools, part, write } from "./parts.js";
import { isFeedOld, isStale, runTrips, selectedTrain } from "./state.js";

const BEFORE_S = 2700;
const AFTER_S = 1800;

/** @param {{ selectTrip: (trip: string | null) => void, moved: (fromS: number, toS: number) => void, follow: () => void }} actions */
export function graphPanel(actions) {
  const host = part("graph-drawing");
  const follow = element("button", { type: "button", "aria-pressed": "true", "aria-keyshortcuts": "F", onclick: () => actions.follow() }, t("room.follow"));
  const closer = element("button", { type: "button", "aria-label": t("room.zoom_in"), onclick: () => graph.zoom(1 / 1.5) }, "+");
  const wider = element("button", { type: "button", "aria-label": t("room.zoom_out"), onclick: () => graph.zoom(1.5) }, "−");
  part("graph-tools").append(follow, closer, wider);
  /** The view that this panel has set itself; another one was set by the hand. */
  let own = "";
  const seen = () => JSON.stringify([Math.round(graph.state.view.from_s), Math.round(graph.state.view.to_s)]);
  const graph = new TrainGraph(host, {
    label: t("room.graph_label"),
    onSelect: (trip) => actions.selectTrip(trip),
    onView: () => {
      if (!isShown || seen() === own) return;
      own = seen();
      actions.moved(graph.state.view.from_s, graph.state.view.to_s);
    },
  });
  let isShown = false;
  let areasShown = "[]";
  let revision = -1;
  /** @type {any} */
  let timetable = null;
  /** @type {import("./state.js").State | null} */
  let shown = null;
  const refresh = panelTools(part("graph"), { name: "train-graph", rows: () => (shown ? graphRows(shown) : { head: [], rows: [] }), png: () => graph.canvas });
  const look = (/** @type {number} */ fromS, /** @type {number} */ toS) => {
    graph.look({ from_s: fromS, to_s: toS });
    own = seen();
  };
  return {
    /** @param {import("./state.js").State} state */
    show(state) {
      shown = state;
      const { snapshot, view } = state;
      const isNew = timetable !== state.timetable;
      if (isNew || revision !== state.revision) {
        const { actual, expected } = runTrips(state);
        if (isNew) {
          graph.show(state.timetable.stations, [
            { name: "plan", form: "plan", trips: state.timetable.trips },
            { name: "actual", form: "actual", trips: actual, isLive: true },
            { name: "forecast", form: "forecast", trips: expected, isLive: true },
          ]);
        } else {
          graph.update("actual", actual);
          graph.update("forecast", expected);
        }
        [timetable, revision] = [state.timetable, state.revision];
      }
      if (view.fromS !== null && view.toS !== null) {
        if (!isShown) look(view.fromS, view.toS);
        graph.followsNow = false;
      } else {
        if (!graph.followsNow) look(snapshot.time_s - BEFORE_S, snapshot.time_s + AFTER_S);
        graph.followsNow = true;
      }
      isShown = true;
      const areas = areasOf(state.timetable, snapshot.incidents ?? [], state.compared);
      const signature = JSON.stringify(areas);
      if (signature !== areasShown) graph.setAreas(areas);
      areasShown = signature;
      graph.setNow(snapshot.time_s);
      if (graph.followsNow) own = seen();
      follow.setAttribute("aria-pressed", String(graph.followsNow));
      const trip = selectedTrain(state)?.trip_id ?? null;
      if (trip !== graph.state.selected && (trip || !view.train)) graph.select(trip, false);
      host.classList.toggle("hatched", isStale(state) || isFeedOld(state, "train events"));
      write(part("graph-readout"), t("room.graph_legend"));
      refresh();
    },
    centre: () => graph.centre(),
    find: (/** @type {string} */ words) => graph.find(words)[0] ?? null,
    recolour: () => graph.recolour(),
    graph,
  };
}

/** Trips that run now: the next stops with plan and expectation. @param {import("./state.js").State} state @returns {import("./parts.js").Rows} */
function graphRows(state) {
  const head = ["train_column", "trip", "station", "planned_at", "expected", "deviation_s"].map((key) => t(`room.${key}`));
  const { stations, trips } = state.timetable;
  const nowS = state.snapshot.time_s;
  const byTrip = new Map(trips.map((/** @type {any} */ trip) => [trip.trip_id, trip]));
  const rows = state.snapshot.trains.flatMap((/** @type {any} */ train) => {
    const trip = byTrip.get(train.trip_id);
    if (!trip || train.lateness_s === null) return [];
    const next = trip.stops.filter((/** @type {number[]} */ stop) => stop[1] + train.lateness_s >= nowS).slice(0, 3);
    return next.map((/** @type {number[]} */ stop) => [train.train_id, train.trip_id, stations[stop[0]].name, clockText(stop[1]), clockText(stop[1] + train.lateness_s), Math.round(train.lateness_s)]);
  });
  return { head, rows };
}
