/** New alarms and new advice in words for screen readers: the most urgent one, not each of a flood. */
import { t } from "../locale.js";
import { adviceText } from "./advice_view.js";
import { alarmLines } from "./alarms.js";
import { alarmText } from "./alarm_view.js";
import { tell } from "./parts.js";

/** A listener that keeps what it has told. */
export function news() {
  /** @type {Set<string> | null} */
  let before = null;
  return (/** @type {import("./state.js").State} */ state) => {
    if (!state.snapshot || !state.timetable) return;
    const lines = alarmLines(state.snapshot.alarms);
    const advice = state.snapshot.advice.filter((/** @type {any} */ one) => one.status === "open");
    const known = before;
    before = new Set([...lines.map((line) => line.key), ...advice.map((/** @type {any} */ one) => one.advice_id)]);
    if (!known) return;
    const alarm = lines.find((line) => line.alarms[0].status === "open" && !known.has(line.key));
    if (alarm) return tell(t("room.news_alarm", { what: alarmText(alarm) }), false);
    const one = advice.find((/** @type {any} */ item) => !known.has(item.advice_id));
    if (one) tell(t("room.news_advice", { what: adviceText(state, one) }), false);
  };
}
