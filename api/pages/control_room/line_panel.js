/** The panel of the line: mimic, the selected train in words, the next departures from both terminals. */
import { durationClock, signedSeconds } from "../duration_text.js";
import { clockText } from "../graph_labels.js";
import { element } from "../element.js";
import { LineMimic } from "../line_mimic.js";
import { formatTenth, formatWhole, known, t } from "../locale.js";
import { nextFromTerminal } from "./departures.js";
import { keepRows, panelTools, part, write } from "./parts.js";
import { chosenStation, isFeedOld, isStale, selectedTrain, stationName } from "./state.js";

const DEPARTURES = 3;

/** The selected train in one sentence. @param {import("./state.js").State} state */
export function trainText(state) {
  const { train: id } = state.view;
  if (!id) return t("room.select_hint");
  const train = selectedTrain(state);
  if (!train) return t("room.train_gone", { train: id });
  const whole = (/** @type {number | null} */ value) => (value === null || value === undefined ? "?" : formatWhole(value));
  const late = train.lateness_s === null ? "?" : signedSeconds(train.lateness_s);
  return [
    t("room.train", { train: id, trip: train.trip_id ?? "?", late, speed: whole(train.speed_km_h), station: train.next_station_id ? stationName(state, train.next_station_id) : "–" }),
    train.headway_ahead_s === null ? null : t("room.train_headway", { headway: whole(train.headway_ahead_s), planned: whole(train.planned_headway_s) }),
    train.load === null ? null : t("room.train_load", { load: whole(train.load), capacity: whole(train.capacity) }),
    train.running_time_s === null ? null : t("room.train_running", { seconds: whole(train.running_time_s) }),
  ].filter(Boolean).join(" · "); // prettier-ignore
}

/** @param {(train: string | null) => void} select */
export function linePanel(select) {
  const canvas = part("mimic-canvas");
  const mimic = new LineMimic(canvas, select);
  /** @type {import("./state.js").State | null} */
  let shown = null;
  const refresh = panelTools(part("mimic"), { name: "line", rows: () => (shown ? trainRows(shown) : { head: [], rows: [] }), png: () => canvas });
  return {
    /** @param {import("./state.js").State} state */
    show(state) {
      shown = state;
      const { stations } = state.timetable;
      const station = stations[chosenStation(state)]?.station_id ?? null;
      mimic.show({ stations, trains: state.snapshot.trains, selected: state.view.train, station, isStale: isStale(state) || isFeedOld(state, "train events") });
      write(part("train"), trainText(state));
      showTerminal(state, part("terminal-first"), 0);
      showTerminal(state, part("terminal-last"), stations.length - 1);
      refresh();
    },
    recolour: () => mimic.recolour(),
  };
}

/** @param {import("./state.js").State} state @returns {import("./parts.js").Rows} */
function trainRows(state) {
  const head = ["train_column", "trip", "direction", "state", "place_km", "speed", "deviation_s", "headway_s", "planned_s", "load_column"].map((key) => t(`room.${key}`));
  const whole = (/** @type {number | null} */ value) => (value === null || value === undefined ? "" : Math.round(value));
  const rows = state.snapshot.trains.map((/** @type {any} */ one) => [
    one.train_id, one.trip_id ?? "", t(`room.${one.direction}`), known(`state.${one.state}`, one.state), one.chainage_m === null ? "" : formatTenth(one.chainage_m / 1000), whole(one.speed_km_h),
    whole(one.lateness_s), whole(one.headway_ahead_s), whole(one.planned_headway_s), whole(one.load),
  ]); // prettier-ignore
  return { head, rows };
}

/** @param {import("./state.js").State} state @param {HTMLElement} target @param {number} station */
function showTerminal(state, target, station) {
  const { timetable, events, snapshot } = state;
  const next = nextFromTerminal(timetable.trips, station, events, snapshot.time_s, DEPARTURES);
  if (!target.firstChild) target.append(element("h3", {}, timetable.stations[station].name), element("ol", { "aria-label": t("room.next_departures") }));
  const list = /** @type {HTMLElement} */ (target.lastElementChild);
  const ready = new Map(snapshot.trains.map((/** @type {any} */ train) => [train.trip_id, train.train_id]));
  keepRows(list, next, {
    key: (trip) => trip.trip_id,
    signature: (trip) => `${ready.get(trip.trip_id)}`,
    make: (trip) => element("li", {}, element("time", {}, clockText(trip.stops[0][2], false)), element("span", {}, ready.get(trip.trip_id) ?? "–"), element("span", { class: "left" })),
  });
  next.forEach((trip, index) => {
    const left = trip.stops[0][2] - snapshot.time_s;
    const target = list.children[index].querySelector(".left");
    if (target) write(/** @type {HTMLElement} */ (target), durationClock(left));
    list.children[index].classList.toggle("late", left < -30);
  });
  if (!next.length) list.replaceChildren(element("li", { class: "nothing" }, t("room.no_departures")));
}
