/** Alarms in the order in which a controller acts on them; a flood becomes a few lines. */

/** @typedef {{ alarm_id: string, kind: string, priority: number, since_s: number, what: string, cause: string, consequence: string, action: string, respond_within_s: number, place: string, count: number, status: string, by: string | null, until_s: number | null, chatters?: boolean }} Alarm */
/** @typedef {{ key: string, kind: string, priority: number, since_s: number, alarms: Alarm[], count: number }} AlarmLine */

export const MOST_LINES = 10;

/** Whether an alarm is out of the way: shelved, or suppressed by the plan. @param {{ status: string }} alarm */
export const isAside = (alarm) => alarm.status === "shelved" || alarm.status === "suppressed";

/** Before others: open, then the higher priority (1 is the highest), then the time left to respond. @param {Alarm} one @param {Alarm} other */
function before(one, other) {
  const isDone = (/** @type {Alarm} */ alarm) => Number(alarm.status !== "open");
  return isDone(one) - isDone(other) || one.priority - other.priority || one.since_s + one.respond_within_s - other.since_s - other.respond_within_s;
}

/** Lines of alarms that are not shelved, at most `most`. Alarms stay single while they fit; beyond, those of one kind and
 * priority share a line; the least urgent ones share the last line. @param {Alarm[]} alarms @param {number} most @returns {AlarmLine[]} */
export function alarmLines(alarms, most = MOST_LINES) {
  const shown = alarms.filter((alarm) => !isAside(alarm)).sort(before);
  if (shown.length <= most) return shown.map((alarm) => line(alarm.alarm_id, [alarm]));
  /** @type {Map<string, Alarm[]>} */
  const groups = new Map();
  for (const alarm of shown) {
    const key = `${alarm.status === "open" ? "open" : "done"}:${alarm.priority}:${alarm.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), alarm]);
  }
  const lines = [...groups].map(([key, group]) => line(group.length === 1 ? group[0].alarm_id : key, group));
  if (lines.length <= most) return lines;
  const rest = lines.slice(most - 1).flatMap((one) => one.alarms);
  return [...lines.slice(0, most - 1), { ...line("rest", rest), kind: "" }];
}

/** @param {string} key @param {Alarm[]} alarms @returns {AlarmLine} */
function line(key, alarms) {
  const [first] = alarms;
  return { key, kind: first.kind, priority: first.priority, since_s: Math.min(...alarms.map((one) => one.since_s)), alarms, count: alarms.reduce((sum, one) => sum + Math.max(1, one.count), 0) };
}

/** Seconds that are left to respond, negative when they have passed. @param {AlarmLine} one @param {number} nowS */
export const secondsToRespond = (one, nowS) => Math.min(...one.alarms.map((alarm) => alarm.since_s + alarm.respond_within_s)) - nowS;
