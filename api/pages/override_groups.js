/** The named changes of a line in groups. Of an exclusive group, one change can be chosen. */

/** @typedef {{ name: string, isExclusive: boolean, overrides: string[] }} Group */

const GROUPS = /** @type {const} */ ([
  ["season", true, ["summer", "winter", "hot_day"]],
  ["demand", true, ["event_day", "short_turns"]],
  ["works", false, ["substation_out", "storage", "no_storage", "engineering_works"]],
]);

/** @param {string} name */
export const isTimetable = (name) => /^(trips|peak)_\d+$/.test(name);

/** The groups that have changes, in their order. @param {string[]} overrides @returns {Group[]} */
export function grouped(overrides) {
  const taken = new Set(/** @type {string[]} */ (GROUPS.flatMap(([, , names]) => [...names])));
  /** @type {Group[]} */
  const groups = GROUPS.map(([name, isExclusive, names]) => ({ name, isExclusive, overrides: overrides.filter((one) => names.some((other) => other === one)) }));
  groups.push({ name: "service", isExclusive: true, overrides: overrides.filter(isTimetable) });
  groups.push({ name: "other", isExclusive: false, overrides: overrides.filter((one) => !taken.has(one) && !isTimetable(one)) });
  return groups.filter((group) => group.overrides.length);
}
