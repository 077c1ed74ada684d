/** Moments of the past on the same page: a bar with a slider, a time and steps; what is shown is marked, and nothing is ordered. */
import { clockText } from "../graph_labels.js";
import { t } from "../locale.js";
import { saidOr } from "../said.js";
import { seconds } from "./address.js";
import { part, tell, write } from "./parts.js";

const STEP_S = 60;

/** @param {import("./store.js").Store<import("./state.js").State>} store @param {import("./live_line.js").LiveLine} line */
export function replayBar(store, line) {
  const look = (/** @type {number | null} */ replayS) => store.set({ view: { ...store.state.view, replayS } });
  const [slider, time] = [/** @type {HTMLInputElement} */ (part("replay-slider")), /** @type {HTMLInputElement} */ (part("replay-time"))];
  /** The moment that is shown or read; a later wish waits until it is there. @type {number | null} */
  let shown = null;
  let isReading = false;

  async function read() {
    if (isReading) return;
    isReading = true;
    try {
      while (shown !== store.state.view.replayS && store.state.snapshot) {
        shown = store.state.view.replayS;
        await (shown === null ? line.live() : line.moment(shown));
      }
    } catch (problem) {
      tell(saidOr(/** @type {any} */ (problem).detail ?? t("replay.none")));
      if (!store.state.replay) look((shown = null));
    } finally {
      isReading = false;
    }
  }

  const step = (/** @type {number} */ by) => look(Math.max(0, Math.round((store.state.view.replayS ?? 0) + by)));
  slider.addEventListener("input", () => look(Number(slider.value)));
  time.addEventListener("change", () => {
    const wanted = seconds(time.value.length < 6 ? `${time.value}:00` : time.value);
    if (wanted !== null) look(wanted);
  });
  part("replay-back").addEventListener("click", () => step(-STEP_S));
  part("replay-on").addEventListener("click", () => step(STEP_S));
  part("replay-live").addEventListener("click", () => look(null));

  store.on(["view", "phase"], read);
  store.on(["replay", "snapshot"], ({ replay, snapshot, view }) => {
    part("replay").hidden = !replay;
    document.body.classList.toggle("replaying", Boolean(replay));
    if (!replay || !snapshot) return;
    const text = clockText(snapshot.time_s);
    write(part("replay-text"), t("replay.shown", { time: text, day: replay.day }));
    [slider.min, slider.max] = [String(replay.fromS), String(Math.max(replay.fromS, replay.toS))];
    if (document.activeElement !== slider) slider.value = String(view.replayS ?? snapshot.time_s);
    slider.setAttribute("aria-valuetext", text);
    if (document.activeElement !== time) time.value = text;
  });
  return {
    /** Begin with the moment a minute ago, or go back to the line. */
    toggle() {
      const { snapshot, view } = store.state;
      if (view.replayS !== null) return look(null);
      if (snapshot) look(Math.max(0, Math.round(snapshot.time_s) - STEP_S));
    },
  };
}
