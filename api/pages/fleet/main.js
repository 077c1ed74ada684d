/** The fleet page: reads the fleet of a line, keeps the state, and shows the chosen view. */
import { ask, exchange, useToken } from "../client.js";
import { Store } from "../control_room/store.js";
import { element } from "../element.js";
import { followJob, jobOf } from "../job_follow.js";
import { formatTime, formatWhole, language, switchLanguage, t, writeTexts } from "../locale.js";
import { problemView } from "../problem_view.js";
import { mayDo } from "../roles.js";
import { showSiteNav } from "../site_nav.js";
import { followTheme } from "../theme.js";
import { readAddress, VIEWS, writeAddress } from "./address.js";
import { emptyView, uncheckedView } from "./empty_view.js";
import { findingsView } from "./findings_view.js";
import { part, replaceKept, tell } from "./parts.js";
import { openPlanDialog } from "./plan_dialog.js";
import { rankingView } from "./ranking_view.js";
import { BEGINNING, shownLine } from "./state.js";
import { telemetryView } from "./telemetry_view.js";
import { vehicleView } from "./vehicle_view.js";

const POLL_MS = 15_000;
const JOBS = /** @type {Record<string, { path: string, kind: string, action: string, done: string }>} */ ({
  calibrate: { path: "/v1/calibrations", kind: "calibrate", action: "calibrate", done: "fleet.calibrated" },
  check: { path: "/v1/telemetry-checks", kind: "check-telemetry", action: "study", done: "fleet.checked" },
});

/** @type {Store<import("./state.js").State>} */
const store = new Store({ ...BEGINNING, view: readAddress(location.search) });
let tag = "";
/** The key of the element that gets the focus with the next drawing. */
let wanted = "";
let isAtWork = false;

/** @type {import("./state.js").Page} */
const page = {
  get view() {
    return store.state.view;
  },
  look(changed, focus = "") {
    wanted = focus;
    store.set({ view: { ...store.state.view, ...changed } });
  },
  address: (changed) => writeAddress({ ...store.state.view, ...changed }),
  follow: (changed) => (event) => {
    const mouse = /** @type {MouseEvent} */ (event);
    if (mouse.ctrlKey || mouse.metaKey || mouse.shiftKey) return; // another tab or window
    event.preventDefault();
    page.look(changed);
  },
};

const lineAddress = (/** @type {string} */ rest) => `/v1/lines/${encodeURIComponent(store.state.view.line ?? "")}/${rest}`;

/** Read the fleet and the quality of the telemetry of the line, if they have changed. @param {boolean} isSilent */
async function read(isSilent = false) {
  const { line } = store.state.view;
  if (!line) return store.set({ phase: "ready" });
  try {
    const found = await exchange(lineAddress("vehicles"));
    if (line !== store.state.view.line || (isSilent && found.tag === tag)) return;
    const quality = await ask(lineAddress("telemetry-quality"));
    if (line !== store.state.view.line) return;
    const isNews = isSilent && tag !== "";
    tag = found.tag ?? "";
    store.set({ phase: "ready", problem: null, fleet: found.body, quality, history: null });
    if (isNews) tell(t("fleet.news"));
    await readHistory();
  } catch (problem) {
    if (!isSilent || !store.state.fleet) store.set({ phase: "error", problem });
  }
}

/** Read the models of the chosen vehicle. */
async function readHistory() {
  const { vehicle } = store.state.view;
  if (!vehicle || store.state.history?.vehicle === vehicle) return;
  try {
    const history = await ask(lineAddress(`vehicles/${encodeURIComponent(vehicle)}`));
    if (vehicle === store.state.view.vehicle) store.set({ history, historyProblem: null });
  } catch (problem) {
    if (vehicle === store.state.view.vehicle) store.set({ history: null, historyProblem: problem });
  }
}

/** @param {"calibrate" | "check"} name */
async function order(name) {
  const { path, done } = JOBS[name];
  await work(() => jobOf(path, { scenario: store.state.view.line }, part("job")), done);
}

/** Wait for a job, with the buttons disabled, then read what it made. @param {() => Promise<any>} job @param {string} done */
async function work(job, done) {
  isAtWork = true;
  showActions();
  const ended = await job();
  isAtWork = false;
  showActions();
  if (!ended) return;
  tell(t(done, numbers(ended.facts)));
  part("job").replaceChildren(element("p", { role: "status" }, `✓ ${t(done, numbers(ended.facts))}`));
  await read();
}

/** @param {Record<string, number>} facts */
const numbers = (facts) => Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, formatWhole(value)]));

/** Follow a job of the line that is at work, for example after the page was loaded anew. */
async function followRunning() {
  for (const { kind, done } of Object.values(JOBS)) {
    const { jobs } = await ask(`/v1/jobs?kind=${kind}&limit=20`);
    const job = jobs.find((/** @type {any} */ one) => one.line === store.state.view.line && ["queued", "running"].includes(one.status));
    if (job) return void work(() => followJob(job, part("job")), done);
  }
}

function showActions() {
  const { fleet, session, view } = store.state;
  const has = (/** @type {string} */ action) => mayDo(session, action, view.line ?? "");
  const button = (/** @type {string} */ key, /** @type {boolean} */ isPrimary, /** @type {boolean} */ isAllowed, /** @type {boolean} */ isPossible, /** @type {() => void} */ act) =>
    element("button", { type: "button", class: isPrimary ? "primary" : null, "data-key": key, disabled: !isAllowed || !isPossible, title: isAllowed ? null : t("fleet.may_not"), onclick: act }, t(key));
  const canRead = Boolean(fleet?.has_telemetry_store) && !isAtWork;
  replaceKept(
    part("actions"),
    button("fleet.calibrate", !fleet?.vehicles.length, has("calibrate"), canRead, () => void order("calibrate")),
    button("fleet.check", false, has("study"), canRead, () => void order("check")),
    button("fleet.use_models", Boolean(fleet?.vehicles.length), has("order"), Boolean(fleet?.vehicles.length), () => openPlanDialog(fleet)),
  );
}

function showFacts() {
  const { fleet, quality } = store.state;
  if (!fleet || !quality) return part("facts").replaceChildren();
  const facts = [
    t("fleet.n_vehicles", { n: formatWhole(fleet.vehicles.length) }),
    fleet.ranked_at ? t("fleet.ranked_at", { at: formatTime(fleet.ranked_at) }) : t("fleet.never_calibrated"),
    quality.checked_at ? t("fleet.checked_at", { at: formatTime(quality.checked_at), rows: formatWhole(quality.rows) }) : t("fleet.never_checked"),
  ];
  if (fleet.km_a_day) facts.push(t("fleet.km_a_day", { km: formatWhole(fleet.km_a_day) }));
  part("facts").textContent = facts.join(" · ");
}

function showTabs() {
  const { view } = store.state;
  const tab = (/** @type {typeof VIEWS[number]} */ name) =>
    element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(view.view === name), "aria-controls": "panel", tabindex: view.view === name ? 0 : -1, "data-key": `tab-${name}`, onclick: () => page.look({ view: name }) }, t(`fleet.view.${name}`));
  replaceKept(part("views"), ...VIEWS.map(tab));
  part("panel").setAttribute("aria-labelledby", `tab-${view.view}`);
}

function showPanel() {
  const { phase, problem, fleet, quality, history, historyProblem, view, lines } = store.state;
  part("views").hidden = phase !== "ready" || !fleet || (!fleet.vehicles.length && !quality.checked_at);
  if (phase === "error") return replaceKept(part("panel"), element("h2", {}, t("fleet.error")), problemView(problem), element("button", { type: "button", onclick: () => void read() }, t("fleet.again")));
  if (phase === "loading") return replaceKept(part("panel"), element("p", { class: "quiet", role: "status" }, t("fleet.reading")));
  if (!fleet) return replaceKept(part("panel"), element("p", {}, t(lines.length ? "fleet.reading" : "fleet.no_line")));
  if (part("views").hidden) return replaceKept(part("panel"), emptyView(fleet.line, fleet.has_telemetry_store));
  if (view.view === "telemetry") replaceKept(part("panel"), quality.checked_at ? telemetryView(quality, fleet, page) : uncheckedView());
  else if (!fleet.vehicles.length) replaceKept(part("panel"), emptyView(fleet.line, fleet.has_telemetry_store));
  else replaceKept(part("panel"), element("div", { class: "vehicles" }, element("div", {}, findingsView(fleet, page), rankingView(fleet, page)), vehicleView(history, historyProblem, page)));
  if (wanted) {
    /** @type {HTMLElement | null} */ (part("panel").querySelector(`[data-key="${CSS.escape(wanted)}"]`))?.focus();
    wanted = "";
  }
}

store.on(["fleet", "session", "view"], showActions);
store.on(["fleet", "quality"], showFacts);
store.on(["view"], showTabs);
store.on(["phase", "problem", "fleet", "quality", "history", "historyProblem", "view"], showPanel);
store.on(["view"], (state) => {
  const address = writeAddress(state.view);
  if (address !== location.search) history.replaceState(null, "", `${location.pathname}${address}`);
  void readHistory();
});

part("line").addEventListener("change", () => {
  tag = "";
  store.set({ fleet: null, quality: null, history: null, historyProblem: null, phase: "loading", view: { ...store.state.view, line: part("line").value, vehicle: null, cell: null } });
  part("job").replaceChildren();
  isAtWork = false;
  void read().then(followRunning);
});
part("views").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const to = VIEWS.indexOf(store.state.view.view) + ({ ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0);
  if (!["ArrowLeft", "ArrowRight"].includes(event.key) || !VIEWS[to]) return;
  event.preventDefault();
  page.look({ view: VIEWS[to] });
  part(`tab-${VIEWS[to]}`).focus();
});

/** @param {any} session */
function showUser(session) {
  useToken(session.csrf_token);
  part("sign-out").hidden = part("user").hidden = !session.csrf_token;
  part("user").textContent = session.user;
  part("sign-out").addEventListener("click", async () => {
    await ask("/v1/session", { method: "DELETE" });
    location.assign("/sign-in");
  });
}

writeTexts();
showSiteNav("fleet");
followTheme(part("theme"));
part("language").value = language;
part("language").addEventListener("change", () => switchLanguage(part("language").value));
showTabs();
showPanel();
try {
  const session = await ask("/v1/session");
  showUser(session);
  const { scenarios: lines } = await ask("/v1/scenarios");
  const line = shownLine(lines, store.state.view.line);
  part("line").replaceChildren(...lines.map((/** @type {any} */ one) => new Option(one.title, one.name)));
  part("line").value = line ?? "";
  store.set({ session, lines, view: { ...store.state.view, line } });
  await read();
  await followRunning();
} catch (problem) {
  store.set({ phase: "error", problem });
}
setInterval(() => {
  if (!document.hidden && !isAtWork && store.state.phase !== "loading") void read(true);
}, POLL_MS);
