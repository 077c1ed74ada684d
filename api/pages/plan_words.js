/** Plans in words: their line, their options, who ordered them and when. */
import { formatTenth, formatTime, formatWhole, known, t } from "./locale.js";

/** @param {any} plan @param {any[]} lines */
export function title(plan, lines) {
  const found = lines.find((one) => one.name === plan.order.scenario);
  return [found?.title ?? plan.order.scenario, ...plan.order.overrides.map(readable)].join(" + ");
}

/** The name of a change in the language of the page, or without underscores. @param {string} name */
export const readable = (name) => known(`override.${name}`, name.replaceAll("_", " "));

/** The options of an order that differ from the usual ones. @param {any} order */
export function optionsText(order) {
  return [
    t(`asked.${order.mode}`),
    order.objective === "energy" ? null : t(`asked.${order.objective}`),
    order.pick === null ? null : t("asked.pick", { n: order.pick }),
    order.mean_waiting_s === null ? null : t("asked.waiting", { n: order.mean_waiting_s }),
    order.peak_limit_kw === null ? null : t("asked.peak", { n: formatWhole(order.peak_limit_kw) }),
    order.effort === 1 ? null : t("asked.effort", { n: order.effort }),
    order.time_limit_s === null ? null : t("asked.time", { n: order.time_limit_s }),
    order.longer_trips_s ? t("asked.longer", { n: order.longer_trips_s }) : null,
    order.from_plan === null ? null : t("asked.from"),
    order.keep_close_s === null ? null : t("asked.close", { n: order.keep_close_s }),
    order.fixes === null ? null : t("asked.fixes"),
    t("asked.days", { n: order.replications }),
    t("asked.seed", { n: order.seed }),
  ]
    .filter(Boolean)
    .join(", ");
}

/** @param {any} plan */
export const orderedText = (plan) => t("ordered", { when: formatTime(plan.created_at), who: plan.ordered_by });

/** The status, with the saving of a plan that has one. @param {any} plan */
export function statusText(plan) {
  const saving = plan.saving_percent === null ? "" : `, ${t("saved", { percent: formatTenth(plan.saving_percent) })}`;
  return t(`status.${plan.status}`) + saving;
}

/** A duration in coarse steps, so that the text does not flicker. @param {number} seconds */
export function durationText(seconds) {
  return seconds < 90 ? t("seconds", { n: Math.max(5, 5 * Math.round(seconds / 5)) }) : t("minutes", { n: Math.round(seconds / 60) });
}
