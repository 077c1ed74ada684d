/** What a controller orders: answers to advice and alarms, the stop of advising, incidents of a virtual line. */
import { ask } from "../client.js";
import { t } from "../locale.js";
import { saidOr } from "../said.js";
import { alarmLines } from "./alarms.js";
import { adviceLines, adviceText } from "./advice_view.js";
import { alarmText } from "./alarm_view.js";
import { choice, field, openDialog, part, tell } from "./parts.js";

const REASONS = ["passengers", "connection", "incident", "wrong", "other"];
const SHELVE_MINUTES = [15, 30, 60, 120];
/** Kinds of incidents, with the field that names where. @type {Record<string, "train_id" | "station_id" | "substation_id" | null>} */
const INCIDENTS = { "hold train": "train_id", "hold station": "station_id", "substation out": "substation_id", "silent train": "train_id", "silent meters": null };

/** @param {() => import("./state.js").State} stateOf */
export function orders(stateOf) {
  /** Send an order and tell what came of it. @param {string} path @param {any} body @param {string} what */
  async function send(path, body, what) {
    const { line } = stateOf().view;
    if (stateOf().replay) return tell(t("replay.no_orders"));
    try {
      await ask(`/v1/live/${encodeURIComponent(line ?? "")}/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      tell(t("room.sent", { what }));
    } catch (problem) {
      tell(t("room.refused", { what: saidOr(/** @type {any} */ (problem).detail ?? what) }));
    }
  }

  const alarms = {
    /** @param {any[]} list @param {any} body @param {string} what */
    async act(list, body, what) {
      await Promise.all(list.map((alarm) => send(`alarms/${encodeURIComponent(alarm.alarm_id)}`, body, what)));
    },
    /** @param {import("./alarms.js").AlarmLine} line */
    async shelve(line) {
      const options = SHELVE_MINUTES.map((n) => /** @type {[string, string]} */ ([String(n), t("room.minutes", { n })]));
      const given = await openDialog({ title: t("room.shelve_title"), text: alarmText(line), fields: [choice("minutes", t("room.shelve_minutes"), options), field("reason", t("room.reason"), { required: true })], confirm: t("room.shelve") });
      if (given) await alarms.act(line.alarms, { action: "shelve", minutes: Number(given.minutes), reason: given.reason }, alarmText(line));
    },
  };

  const answer = (/** @type {any} */ one, /** @type {string} */ given, /** @type {string | null} */ reason) => send(`advice/${encodeURIComponent(one.advice_id)}`, { answer: given, reason }, adviceText(stateOf(), one));
  const advice = {
    acknowledge: (/** @type {any} */ one) => answer(one, "acknowledged", null),
    /** @param {any} one */
    async decline(one) {
      const reasons = REASONS.map((name) => /** @type {[string, string]} */ ([name, t(`room.reason_${name}`)]));
      const given = await openDialog({ title: t("room.decline_title"), text: adviceText(stateOf(), one), fields: [choice("reason", t("room.reason"), reasons), field("words", t("room.reason_words"))], confirm: t("room.decline") });
      if (given) await answer(one, "declined", [t(`room.reason_${given.reason}`), given.words.trim()].filter(Boolean).join(": "));
    },
  };

  /** Stop advising for the line or a train, or resume it. @param {string} [chosen] the train that is offered first */
  async function advising(chosen = "") {
    const { snapshot, view } = stateOf();
    if (!snapshot) return;
    const { is_on: isOn, off_trains: off } = snapshot.advising;
    const trains = [...new Set([view.train, ...off].filter(Boolean))];
    const text = (/** @type {string} */ train) => `${train}: ${t(off.includes(train) ? "room.resume" : "room.stop")}`;
    const options = /** @type {[string, string][]} */ ([["", t("room.stop_line")], ...trains.map((train) => [train, text(train)])]);
    const title = t(isOn ? "room.stop" : "room.resume");
    const where = choice("train", t("room.stop_for"), options);
    /** @type {HTMLSelectElement} */ (where.querySelector("select")).value = chosen;
    const given = await openDialog({ title, text: t(isOn ? "room.stop_text" : "room.resume_text"), fields: [where, field("reason", t("room.reason"))], confirm: t("room.confirm"), isQuick: true });
    if (!given) return;
    const isWantedOn = given.train ? off.includes(given.train) : !isOn;
    await send("advising", { is_on: isWantedOn, train_id: given.train || null, reason: given.reason.trim() || null }, given.train ? text(given.train) : title);
  }

  /** Stop advising at once with one key, for the line or a train; where it has stopped already, ask whether to resume.
   * @param {string | null} train null for the line */
  async function stopOrResume(train) {
    const { snapshot } = stateOf();
    if (!snapshot) return;
    const { is_on: isOn, off_trains: off } = snapshot.advising;
    if (train === null ? !isOn : off.includes(train)) return advising(train ?? "");
    await send("advising", { is_on: false, train_id: train, reason: null }, train === null ? t("room.stop") : `${train}: ${t("room.stop")}`);
  }

  async function incident() {
    const { snapshot, view } = stateOf();
    if (!snapshot) return;
    const kinds = Object.keys(INCIDENTS).map((kind) => /** @type {[string, string]} */ ([kind, t(`incident.${kind}`)]));
    const trains = snapshot.trains.map((/** @type {any} */ one) => /** @type {[string, string]} */ ([one.train_id, one.train_id]));
    const substations = snapshot.substations.map((/** @type {any} */ one) => /** @type {[string, string]} */ ([one.substation_id, one.name]));
    const stations = stateOf().timetable.stations.map((/** @type {any} */ one) => /** @type {[string, string]} */ ([one.station_id, one.name]));
    const places = /** @type {Record<string, [string, string][]>} */ ({ train_id: trains, station_id: stations, substation_id: substations });
    const kind = /** @type {HTMLSelectElement} */ (choice("kind", t("room.incident_kind"), kinds));
    const where = choice("where", t("room.incident_where"), trains);
    const chosen = /** @type {HTMLSelectElement} */ (kind.querySelector("select"));
    const target = /** @type {HTMLSelectElement} */ (where.querySelector("select"));
    if (view.train) target.value = view.train;
    chosen.addEventListener("change", () => {
      const name = INCIDENTS[chosen.value];
      where.hidden = name === null;
      target.replaceChildren(...(name === null ? [] : places[name]).map(([value, text]) => new Option(text, value)));
    });
    const duration = field("duration_s", t("room.incident_duration"), { type: "number", min: 30, max: 7200, value: 180, required: true });
    const given = await openDialog({ title: t("room.incident_title"), fields: [kind, where, duration], confirm: t("room.make") });
    if (!given) return;
    const name = INCIDENTS[given.kind];
    const body = { kind: given.kind, ...(name === null ? {} : { [name]: given.where }), from_s: null, duration_s: Number(given.duration_s) };
    await send("incidents", body, t(`incident.${given.kind}`));
  }

  /** The row that has the focus within a list, or the first one that is open. @param {string} id @param {any[]} items @param {(item: any) => string} keyOf @param {(item: any) => boolean} isOpen */
  const focusedOr = (id, items, keyOf, isOpen) => {
    const row = /** @type {HTMLElement | null} */ (part(id).contains(document.activeElement) ? document.activeElement?.closest("[data-key]") : null);
    return items.find((item) => keyOf(item) === row?.dataset.key && isOpen(item)) ?? items.find(isOpen);
  };

  return {
    alarms, advice, advising, stopOrResume, incident,
    firstAlarm() {
      const line = focusedOr("alarm-list", alarmLines(stateOf().snapshot?.alarms ?? []), (one) => one.key, (one) => one.alarms[0].status === "open");
      if (line) alarms.act(line.alarms, { action: "acknowledge", minutes: null, reason: null }, alarmText(line));
    },
    /** @param {"acknowledged" | "declined"} given */
    firstAdvice(given) {
      const { snapshot } = stateOf();
      const one = snapshot && focusedOr("advice-list", adviceLines(snapshot.advice, snapshot.time_s), (item) => item.advice_id, (item) => item.status === "open");
      if (one) given === "declined" ? advice.decline(one) : advice.acknowledge(one);
    },
  }; // prettier-ignore
}
