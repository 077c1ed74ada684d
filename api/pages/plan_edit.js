/** Edit the times of a plan by hand, in grids or on the train graph; every rule is checked while the planner types. */
import { ask, exchange } from "./client.js";
import { editGrid } from "./edit_grid.js";
import { carriedMoves, carryMoves, movesFile } from "./edit_carry.js";
import { done, headwaysBefore, movedTrips, redone, splitMoves, touchedTrips, undone, UNTOUCHED } from "./edit_history.js";
import { editStops } from "./edit_stops.js";
import { element } from "./element.js";
import { busiest } from "./graph_trips.js";
import { jobOf } from "./job_follow.js";
import { t } from "./locale.js";
import { problemView, violationText } from "./problem_view.js";
import { TrainGraph } from "./train_graph.js";

const JSON_TYPE = { "Content-Type": "application/json" };
const WATCH_MS = 4000;
const RETRY_MS = 5000;
const FIRST_SPAN_S = 5400;

/** @param {any} plan @param {any} document the graph of the plan @param {{ may: boolean, changed: () => void }} given */
export function editView(plan, document, { may, changed }) {
  if (["approved", "active", "superseded", "archived"].includes(plan.approval.state)) return element("div", {}, element("p", {}, t("edit.not_now", { state: t(`approval.${plan.approval.state}`) })), movesFile(plan));
  if (!may) return element("p", {}, t("edit.may_not"));
  const trips = [...document.trips].sort((a, b) => (a.direction === b.direction ? a.stops[0][2] - b.stops[0][2] : a.direction < b.direction ? 1 : -1));
  let history = UNTOUCHED;
  /** @type {Map<string, string[]>} */
  let broken = new Map();
  /** @type {string | null} */
  let selected = null;
  let wanted = 0;
  let isChecking = false;
  /** @type {string | null} */
  let tag = null;

  const host = element("div", {});
  const told = element("p", { class: "edit-told", role: "status" }, t("edit.untouched"));
  const list = element("ul", { class: "violations" });
  const answer = element("div", { "aria-live": "polite" });
  const conflict = element("div", { class: "problem", role: "alert", hidden: true });
  const button = (/** @type {string} */ key, /** @type {() => void} */ call, /** @type {Record<string, any>} */ more = {}) => /** @type {HTMLButtonElement} */ (element("button", { type: "button", onclick: call, ...more }, t(key)));
  const undo = button("edit.undo", () => go(undone(history)), { "aria-keyshortcuts": "Control+Z" });
  const redo = button("edit.redo", () => go(redone(history)), { "aria-keyshortcuts": "Control+Y" });
  const save = button("edit.save", () => void store(), { class: "primary" });
  const view = element("div", { class: "edit", onkeydown: (/** @type {KeyboardEvent} */ event) => shortcut(event) });

  const carried = carriedMoves(plan, document.trips);
  if (carried) history = done(history, carried.moves);

  const change = (/** @type {Record<string, number>} */ moves, /** @type {{ row: number, text: string }[]} */ faults = []) => {
    go(done(history, { ...history.now, ...moves }));
    if (faults.length) answer.replaceChildren(problemView({ title: t("edit.paste_faults"), errors: faults.map((one) => ({ detail: t("edit.paste_fault", one) })) }));
    else answer.replaceChildren();
  };
  const choose = (/** @type {string | null} */ trip) => {
    selected = trip;
    if (trip !== null) grid.reveal(trip);
    draw();
  };
  const graph = new TrainGraph(host, { label: t("edit.graph"), onSelect: choose, onMove: (trip, by_s) => change({ [trip]: (history.now[trip] ?? 0) + by_s }), onPull: (trip, by_s) => (told.textContent = t("edit.pulled", { train: trip, n: by_s })) });
  graph.show(document.stations, [{ name: "today", form: "today", trips: document.trips }, { name: "plan", form: "plan", trips: document.trips }]);
  graph.state = { ...graph.state, view: { ...graph.state.view, ...busiest(document.trips, FIRST_SPAN_S) } };
  const grid = editGrid(trips, { changed: change, select: (trip) => ((selected = trip), graph.select(trip, false), draw()) });
  const stops = editStops(document.stations, change);

  const go = (/** @type {import("./edit_history.js").History} */ next) => {
    if (next === history) return;
    history = next;
    graph.update("plan", movedTrips(document.trips, history.now));
    draw();
    void check();
  };
  const draw = () => {
    grid.show({ moves: history.now, headways: headwaysBefore(movedTrips(trips, history.now)), broken, selected });
    stops.show(trips.find((one) => one.trip_id === selected) ?? null, history.now);
    undo.disabled = !history.past.length;
    redo.disabled = !history.future.length;
    save.disabled = !Object.keys(history.now).length || broken.size > 0;
  };

  /** One check at a time; what is typed meanwhile is checked afterwards. */
  const check = async () => {
    wanted += 1;
    if (isChecking) return;
    isChecking = true;
    try {
      for (let checked = 0; checked !== wanted; ) {
        checked = wanted;
        const found = await ask(`/v1/plans/${plan.id}/edit-checks`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(splitMoves(history.now)) });
        if (checked !== wanted) continue;
        broken = new Map();
        for (const one of found.violations) broken.set(one.trip, [...(broken.get(one.trip) ?? []), violationText(one)]);
        const count = touchedTrips(history.now).size;
        told.textContent = found.passed ? t(count ? "edit.passed" : "edit.untouched", { n: count, rules: found.rules }) : t("edit.broken", { n: found.violations.length, rules: found.rules });
        told.classList.toggle("bad", !found.passed);
        list.replaceChildren(...found.violations.slice(0, 12).map((/** @type {any} */ one) => element("li", {}, violationText(one))));
        draw();
      }
    } catch (problem) {
      list.replaceChildren();
      told.textContent = t("edit.unchecked");
      told.classList.add("bad");
      save.disabled = true;
      answer.replaceChildren(problemView(problem));
      // A service that does not answer now may answer later; the edit stays unchecked until then.
      if (/** @type {any} */ (problem).status !== 422) setTimeout(() => view.isConnected && void check(), RETRY_MS);
    } finally {
      isChecking = false;
    }
  };
  const shortcut = (/** @type {KeyboardEvent} */ event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey;
    const isRedo = (event.ctrlKey || event.metaKey) && (event.key.toLowerCase() === "y" || (event.key.toLowerCase() === "z" && event.shiftKey));
    const by_s = event.altKey && selected !== null ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined;
    if (isUndo) go(undone(history));
    else if (isRedo) go(redone(history));
    else if (by_s !== undefined && selected !== null) change({ [selected]: (history.now[selected] ?? 0) + by_s * (event.shiftKey ? 10 : 1) });
    else return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (window.document.activeElement)?.blur();
    graph.canvas.focus({ preventScroll: true });
  };
  const store = async () => {
    save.disabled = true;
    const job = await jobOf(`/v1/plans/${plan.id}/versions`, splitMoves(history.now), answer, { "If-Match": tag ?? "" });
    if (job) changed();
    else draw();
  };
  /** Another editor of the same plan is seen without saving. */
  const watch = async () => {
    try {
      const first = await exchange(`/v1/plans/${plan.id}`);
      tag = first.tag;
      while (view.isConnected || tag === first.tag) {
        await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
        if (!view.isConnected) return;
        const now = await exchange(`/v1/plans/${plan.id}`);
        const isChanged = now.tag !== tag;
        conflict.hidden = !isChanged;
        if (isChanged) {
          const isEdited = touchedTrips(history.now).size > 0;
          const keep = () => (carryMoves(plan, document.trips, history.now), changed());
          const take = element("button", { type: "button", class: "primary", onclick: keep }, t("edit.keep"));
          const again = element("button", { type: "button", onclick: changed }, t("edit.reload"));
          conflict.replaceChildren(
            element("strong", {}, t("edit.conflict")),
            element("p", {}, t("edit.conflict_text", { before: plan.version, now: now.body.version, state: t(`approval.${now.body.approval.state}`) })),
            element("p", { class: "buttons" }, isEdited ? take : null, again),
          ); // prettier-ignore
          return;
        }
      }
    } catch {
      // The next save shows whether the service answers.
    }
  };
  const parts = [
    element("p", { class: "quiet" }, t("edit.text")), conflict, host,
    element("div", { class: "graph-tools" }, undo, redo, button("edit.reset", () => go(done(history, {}))), button("graph.day", () => graph.look("day")), button("graph.centre", () => graph.centre()), save), told, list, answer, carried?.view ?? null, stops.view, grid.view,
  ]; // prettier-ignore
  view.append(...parts.filter((one) => one !== null));
  graph.update("plan", movedTrips(document.trips, history.now));
  draw();
  void check();
  void watch();
  return view;
}
