/** The control room: reads the live line, keeps the state, and hands it to the panels. */
import { ask, useToken } from "../client.js";
import { language, switchLanguage, t, writeTexts } from "../locale.js";
import { showSiteNav } from "../site_nav.js";
import { followTheme } from "../theme.js";
import { orders } from "./actions.js";
import { readAddress, writeAddress } from "./address.js";
import { showAdvice } from "./advice_view.js";
import { showAlarms } from "./alarm_view.js";
import { energyPanel, substationPanel } from "./energy_panel.js";
import { graphPanel } from "./graph_panel.js";
import { disruptionDialog } from "./disruption_view.js";
import { showHead, showStale } from "./head_view.js";
import { headwayPanel } from "./headway_panel.js";
import { listenToKeys, showKeys } from "./keys.js";
import { linePanel } from "./line_panel.js";
import { emptyRecord, LiveLine } from "./live_line.js";
import { news } from "./news.js";
import { field, openDialog, part, tell } from "./parts.js";
import { replayBar } from "./replay.js";
import { chosenStation, feedsNow, isStale } from "./state.js";
import { Store } from "./store.js";

const TICK_MS = 250;
const DRAWN = /** @type {(keyof import("./state.js").State)[]} */ (["snapshot", "timetable", "revision", "view", "oldFeeds", "compared"]);

/** @type {Store<import("./state.js").State>} */
const store = new Store(/** @type {import("./state.js").State} */ ({ phase: "loading", problem: null, snapshot: null, receivedMs: 0, nowMs: performance.now(), timetable: null, view: readAddress(location.search), revision: 0, replay: null, compared: null, oldFeeds: "", ...emptyRecord() }));
const look = (/** @type {Partial<import("./address.js").View>} */ changed) => store.set({ view: { ...store.state.view, ...changed } });

writeTexts();
showSiteNav("control_room");
followTheme(part("theme"), "headwatt.theme.control_room", "dark");
part("language").value = language;
part("language").addEventListener("change", () => switchLanguage(part("language").value));

/** The trip of the train graph and the train of the mimic are one selection. @param {string | null} trip */
function selectTrip(trip) {
  const train = store.state.snapshot?.trains.find((/** @type {any} */ one) => one.trip_id === trip);
  if (train || trip === null) look({ train: train?.train_id ?? null });
}
const select = (/** @type {string | null} */ train) => look({ train });
const panels = {
  line: linePanel(select),
  graph: graphPanel({ selectTrip, moved: (fromS, toS) => look({ fromS: Math.max(0, fromS), toS: Math.min(toS, 99 * 3600) }), follow: toggleFollow }),
  headways: headwayPanel(selectTrip),
  energy: energyPanel(),
  substations: substationPanel(),
};
const line = new LiveLine(store);
const replay = replayBar(store, line);
const handoverAddress = () => `/control-room/handover/?line=${encodeURIComponent(store.state.view.line ?? "")}`;
const act = orders(() => store.state);

function toggleFollow() {
  const { view } = store.state;
  if (view.fromS !== null) return look({ fromS: null, toS: null });
  const seen = panels.graph.graph.state.view;
  return look({ fromS: Math.max(0, seen.from_s), toS: seen.to_s });
}

/** @param {import("./state.js").State} state */
const isShown = (state) => Boolean(state.snapshot && state.timetable);
store.on(["snapshot", "timetable", "phase", "problem", "nowMs"], showHead);
store.on(["snapshot", "phase", "nowMs", "replay"], showStale);
store.on(DRAWN, (state) => {
  if (!isShown(state)) return;
  fillStations(state);
  for (const panel of Object.values(panels)) panel.show(state);
});
store.on(["snapshot", "timetable"], (state) => {
  if (!isShown(state)) return;
  showAlarms(state, act.alarms);
  showAdvice(state, { ...act.advice, select });
});
store.on(["snapshot"], news());
store.on(["view"], (state) => {
  history.replaceState(null, "", `${location.pathname}${writeAddress(state.view)}`);
  document.body.classList.toggle("wall", state.view.isWall);
});
document.body.classList.toggle("wall", store.state.view.isWall);

/** @param {import("./state.js").State} state */
function fillStations(state) {
  const { stations } = state.timetable;
  const choice = part("station");
  if (choice.options.length !== stations.length) choice.replaceChildren(...stations.map((/** @type {any} */ one) => new Option(one.name, one.station_id)));
  choice.value = stations[chosenStation(state)]?.station_id ?? "";
  part("direction").value = state.view.direction;
}
part("station").addEventListener("change", () => look({ station: part("station").value }));
part("direction").addEventListener("change", () => look({ direction: part("direction").value }));
part("wall").addEventListener("click", () => look({ isWall: true }));
part("stop").addEventListener("click", () => act.advising());
part("incident").addEventListener("click", () => act.incident());
const disruption = disruptionDialog(() => store.state, (compared) => store.set({ compared }));
part("replay-open").addEventListener("click", () => replay.toggle());
part("handover").addEventListener("click", () => window.open(handoverAddress()));
part("disruption-open").addEventListener("click", () => disruption.open());
part("power-out").addEventListener("click", () => disruption.open("substation out"));
part("help").addEventListener("click", () => showKeys());

async function find() {
  const given = await openDialog({ title: t("room.find"), fields: [field("words", t("room.train_column"), { required: true })] });
  if (!given) return;
  const wanted = given.words.trim().toLowerCase();
  const trains = store.state.snapshot?.trains ?? [];
  const found = trains.find((/** @type {any} */ one) => one.train_id.toLowerCase() === wanted) ?? trains.find((/** @type {any} */ one) => `${one.train_id} ${one.trip_id} ${one.vehicle}`.toLowerCase().includes(wanted));
  if (found) select(found.train_id);
  else tell(t("room.train_gone", { train: given.words }));
}
const focus = (/** @type {string} */ id) => () => part(id).focus();
listenToKeys(
  {
    S: () => act.stopOrResume(null), T: () => (store.state.view.train ? act.stopOrResume(store.state.view.train) : tell(t("room.no_train"))), A: () => act.firstAlarm(), V: () => act.firstAdvice("acknowledged"), D: () => act.firstAdvice("declined"), X: () => disruption.open(), F: toggleFollow, C: () => panels.graph.centre(), "/": find,
    W: () => look({ isWall: !store.state.view.isWall }), R: () => replay.toggle(), H: () => window.open(handoverAddress()), I: () => store.state.snapshot?.is_virtual && act.incident(), "?": showKeys,
    1: focus("alarms"), 2: focus("advice"), 3: focus("mimic-canvas"), 4: () => panels.graph.graph.canvas.focus(), 5: focus("headways-canvas"), 6: focus("energy-canvas"), 7: focus("power-canvas"),
  },
  () => part("keys-on").checked,
); // prettier-ignore

const recolour = () => Object.values(panels).forEach((panel) => panel.recolour());
for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", recolour);
new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });

setInterval(() => {
  const nowMs = performance.now();
  store.set({ nowMs });
  const { state } = store;
  store.set({ oldFeeds: `${isStale(state)} ${feedsNow(state).filter((feed) => feed.isOld).map((feed) => feed.name)}` });
}, TICK_MS);

try {
  useToken((await ask("/v1/session")).csrf_token);
} catch {
  // The line is read with the same rights; its problem is shown.
}
line.run();
