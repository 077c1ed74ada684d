/** The list of advice: what, why, until when, with what effect; acknowledge, or decline with a reason. */
import { durationClock } from "../duration_text.js";
import { clockText } from "../graph_labels.js";
import { element } from "../element.js";
import { formatTenth, formatWhole, known, t } from "../locale.js";
import { saidOr } from "../said.js";
import { keepRows, part, write } from "./parts.js";
import { stationName } from "./state.js";

const ANSWERED_SHOWN = 3;
const ANSWERS = new Set(["acknowledged", "declined", "followed", "expired", "withdrawn"]);

/** Open advice first, the one that expires first on top; then the last answers. @param {any[]} advice @param {number} nowS */
export function adviceLines(advice, nowS) {
  const isOpen = (/** @type {any} */ one) => one.status === "open" && one.expires_s > nowS;
  const open = advice.filter(isOpen).sort((one, other) => one.expires_s - other.expires_s);
  const answered = advice.filter((one) => !isOpen(one) && one.status !== "open").sort((one, other) => other.expires_s - one.expires_s);
  return [...open, ...answered.slice(0, ANSWERED_SHOWN)];
}

/** @param {import("./state.js").State} state @param {any} one */
export function adviceText(state, one) {
  const values = { train: one.train_id, station: stationName(state, one.station_id), time: clockText(one.hold_until_s ?? 0), seconds: formatWhole(one.running_time_s ?? 0) };
  return t(one.action === "hold" ? "room.advice_hold" : "room.advice_running", values);
}

/** @param {import("./state.js").State} state @param {{ acknowledge: (one: any) => void, decline: (one: any) => void, select: (train: string) => void }} actions */
export function showAdvice(state, actions) {
  const { advice, advising, time_s: nowS } = state.snapshot;
  const lines = adviceLines(advice, nowS);
  const open = lines.filter((one) => one.status === "open").length;
  write(part("advice-count"), t("room.advice_count", { open }));
  const off = part("advice-off");
  off.hidden = advising.is_on && !advising.off_trains.length;
  write(off, advising.is_on ? t("room.advising_off_trains", { trains: advising.off_trains.join(", ") }) : t("room.advising_off"));
  const list = part("advice-list");
  keepRows(list, lines, {
    key: (one) => one.advice_id,
    signature: (one) => JSON.stringify([one.status, one.by, one.hold_until_s, one.running_time_s, one.saved_kwh, one.reason]),
    make: (one) => adviceRow(state, one, actions),
  });
  for (const [index, one] of lines.entries()) {
    const left = list.children[index].querySelector(".left");
    if (one.status === "open" && left) write(left, t("room.expires", { time: durationClock(Math.max(0, one.expires_s - nowS)) }));
  }
  if (!lines.length) list.replaceChildren(element("li", { class: "nothing" }, noneText(advising)));
}

/** Why there is no advice. @param {any} advising */
function noneText(advising) {
  if (!advising.is_on) return "";
  return advising.silent_because ? t("room.advice_silent", { why: saidOr(advising.silent_because) }) : t("room.advice_none");
}

/** @param {import("./state.js").State} state @param {any} one @param {{ acknowledge: (one: any) => void, decline: (one: any) => void, select: (train: string) => void }} actions */
function adviceRow(state, one, actions) {
  const isOpen = one.status === "open";
  const text = adviceText(state, one);
  const effect = t(one.delay_s < 0 ? "room.effect_earlier" : "room.effect", { kwh: formatTenth(one.saved_kwh), delay: formatWhole(Math.abs(one.delay_s)) });
  const sure = one.confidence === null || one.confidence === undefined ? null : t("room.confidence", { percent: formatWhole(100 * one.confidence) });
  const answered = ANSWERS.has(one.status) ? t(`room.${one.status}`, { by: one.by ?? "" }) : one.status;
  return element(
    "li",
    { "data-open": isOpen },
    element("div", { class: "line" }, element("button", { type: "button", class: "what", "data-action": "select", onclick: () => actions.select(one.train_id) }, text), element("span", { class: "left" }, isOpen ? "" : answered)),
    element("p", { class: "quiet" }, [known(`reason.${one.reason}`, one.reason), sure].filter(Boolean).join(" · ")),
    element("p", { class: "effect" }, effect),
    isOpen ? element("div", { class: "buttons" },
      element("button", { type: "button", "data-action": "acknowledge", "aria-label": `${t("room.acknowledge")}: ${text}`, onclick: () => actions.acknowledge(one) }, t("room.acknowledge")),
      element("button", { type: "button", "data-action": "decline", "aria-label": `${t("room.decline")}: ${text}`, onclick: () => actions.decline(one) }, t("room.decline"))) : null,
  ); // prettier-ignore
}
