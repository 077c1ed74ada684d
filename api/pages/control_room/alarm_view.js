/** The list of alarms, with acknowledge and shelve. */
import { durationClock } from "../duration_text.js";
import { clockText } from "../graph_labels.js";
import { element } from "../element.js";
import { known, language, t } from "../locale.js";
import { alarmLines, isAside, MOST_LINES, secondsToRespond } from "./alarms.js";
import { keepRows, part, write } from "./parts.js";

/** @typedef {import("./alarms.js").AlarmLine} AlarmLine */
/** @typedef {{ act: (alarms: any[], body: any, what: string) => void, shelve: (line: AlarmLine) => void }} Actions */

/** @param {import("./state.js").State} state @param {Actions} actions */
export function showAlarms(state, actions) {
  const { alarms, time_s: nowS } = state.snapshot;
  const lines = alarmLines(alarms);
  const open = alarms.filter((/** @type {any} */ alarm) => alarm.status === "open").length;
  const isFlood = alarms.filter((/** @type {any} */ alarm) => !isAside(alarm)).length > MOST_LINES;
  write(part("alarms-count"), t(isFlood ? "room.alarms_flood" : "room.alarms_count", { open }));
  part("alarms").classList.toggle("none", !lines.length);
  const list = part("alarm-list");
  keepRows(list, lines, {
    key: (line) => line.key,
    signature: (line) => JSON.stringify([line.count, line.alarms[0].status, line.alarms[0].by, line.alarms[0].what, line.alarms.length]),
    make: (line) => alarmRow(line, actions),
  });
  for (const [index, line] of lines.entries()) {
    const left = secondsToRespond(line, nowS);
    const target = list.children[index].querySelector(".left");
    if (target && line.alarms[0].status === "open") write(target, left >= 0 ? t("room.respond", { time: durationClock(left) }) : t("room.overdue", { time: durationClock(-left) }));
  }
  if (!lines.length) list.replaceChildren(element("li", { class: "nothing" }, t("room.alarms_none")));
  showShelved(alarms.filter(isAside), actions);
}

/** Words of an alarm: those of the process of the line in English, those of its kind in other languages.
 * @param {any} alarm @param {"what" | "cause" | "consequence" | "action"} field */
export function alarmWords(alarm, field) {
  if (language === "en") return alarm[field];
  const kind = kindOf(alarm);
  if (field !== "what") return known(`alarm.${kind}.${field}`, alarm[field]);
  const name = known(`alarm.${kind}`, "");
  if (alarm.kind === GROUP) return name ? t("room.alarm_group", { count: alarm.count, what: name }) : t("room.alarm_rest", { count: alarm.count });
  return name ? `${name}：${known(`feed.${alarm.place}`, alarm.place)}` : alarm.what;
}

const GROUP = "group"; // the process of the line made one line of many alarms, and its words contain their number
/** The kind of an alarm, of a group that of its alarms. @param {any} alarm @returns {string} */
const kindOf = (alarm) => (alarm.kind === GROUP ? alarm.alarm_id.slice(GROUP.length + 1).replaceAll("-", " ") : alarm.kind);

/** What a line says in one sentence. @param {AlarmLine} line */
export function alarmText(line) {
  if (line.kind === "") return t("room.alarm_rest", { count: line.count });
  const [first] = line.alarms;
  const what = line.alarms.length > 1 ? known(`alarm.${line.kind}`, line.kind) : alarmWords(first, "what");
  return line.count > 1 && line.kind !== GROUP ? t("room.alarm_group", { count: line.count, what }) : what;
}

/** @param {AlarmLine} line @param {Actions} actions */
function alarmRow(line, actions) {
  const [first] = line.alarms;
  const isOpen = first.status === "open";
  const facts = line.alarms.length > 1 ? [] : [["room.action", alarmWords(first, "action")], ["room.cause", alarmWords(first, "cause")], ["room.consequence", alarmWords(first, "consequence")]];
  const text = alarmText(line);
  const acknowledge = element("button", { type: "button", "data-action": "acknowledge", "aria-label": `${t("room.acknowledge")}: ${text}`, onclick: () => actions.act(line.alarms, { action: "acknowledge", minutes: null, reason: null }, text) }, t("room.acknowledge"));
  const shelve = element("button", { type: "button", "data-action": "shelve", "aria-label": `${t("room.shelve")}: ${text}`, onclick: () => actions.shelve(line) }, t("room.shelve"));
  return element(
    "li",
    { class: `p${line.priority}`, "data-open": isOpen },
    element("details", {},
      element("summary", {}, element("span", { class: "priority", role: "img", "aria-label": t("room.priority", { n: line.priority }) }, String(line.priority)), element("span", { class: "what" }, text),
        element("span", { class: "left" }, isOpen ? "" : t("room.acknowledged", { by: first.by ?? "" }))),
      element("dl", {}, ...facts.flatMap(([key, fact]) => [element("dt", {}, t(key)), element("dd", {}, fact)])),
      element("div", { class: "line" }, element("p", { class: "quiet" }, [first.place, line.alarms.some((alarm) => alarm.chatters) ? t("room.chatters") : "", t("room.since", { time: clockText(line.since_s) })].filter(Boolean).join(" · ")), shelve)),
    element("p", { class: "act" }, line.alarms.length === 1 ? alarmWords(first, "action") : [...new Set(line.alarms.map((alarm) => alarm.place))].join(", ")),
    isOpen ? acknowledge : null,
  ); // prettier-ignore
}

/** @param {any[]} alarms @param {Actions} actions */
function showShelved(alarms, actions) {
  const box = part("shelved");
  box.hidden = !alarms.length;
  write(box.querySelector("summary"), t("room.shelved", { count: alarms.length }));
  keepRows(part("shelved-list"), alarms, {
    key: (alarm) => alarm.alarm_id,
    signature: (alarm) => `${alarm.until_s} ${alarm.by}`,
    make: (alarm) => element("li", {}, element("span", { class: "what" }, alarmWords(alarm, "what")), element("span", { class: "left" }, t(alarm.status === "suppressed" ? "room.suppressed_until" : "room.shelved_until", { time: clockText(alarm.until_s ?? 0, false), by: alarm.by ?? "" })),
      alarm.status === "suppressed" ? null : element("button", { type: "button", "data-action": "unshelve", onclick: () => actions.act([alarm], { action: "unshelve", minutes: null, reason: null }, alarmWords(alarm, "what")) }, t("room.unshelve"))),
  }); // prettier-ignore
}
