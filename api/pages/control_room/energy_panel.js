/** Power of the line against the contract, each substation against its limit, braking energy, saving of the day. */
import { clockText } from "../graph_labels.js";
import { element } from "../element.js";
import { formatTenth, formatWhole, t } from "../locale.js";
import { firstFrom, StripChart } from "../strip_chart.js";
import { panelTools, part, write } from "./parts.js";
import { meanForecast, minutesUntil } from "./power_forecast.js";
import { oldFromS, stationName } from "./state.js";

const PAST_S = 3600;
const FUTURE_S = 900;
const LANE_PAST_S = 1800;
const ROW_STEP_S = 60;
/** In a shorter time, the saving is mostly where trains happen to be. */
const LEAST_SAVING_S = 900;
export const TOTAL = "total";
export const MEAN = "mean";

const kw = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "–" : `${formatWhole(value)} kW`);
const kwh = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "–" : `${formatWhole(value)} kWh`);

/** The figures beside the strip chart: key, value, and a second line. @param {any} energy @param {number | null} minutesLeft @returns {{ key: string, value: string, more: string, form: string }[]} */
export function energyFigures(energy, minutesLeft) {
  const { contract_kw: contract, baseline_energy_kwh: baseline, saving_kwh: saving } = energy;
  const left = minutesLeft === null ? t("room.not_reached") : minutesLeft <= 0 ? t("room.exceeded") : t("room.reached", { n: formatTenth(minutesLeft) });
  const isShort = energy.until_s - energy.since_s < LEAST_SAVING_S;
  const share = isShort ? t("room.saving_later", { n: LEAST_SAVING_S / 60 }) : baseline && saving !== null ? `${formatTenth((100 * saving) / baseline)} %` : "";
  const place = energy.lowest_voltage_at_m === null || energy.lowest_voltage_at_m === undefined ? "" : t("room.at_km", { km: formatTenth(energy.lowest_voltage_at_m / 1000) });
  return [
    { key: "room.power_now", value: kw(energy.power_kw), more: "", form: "actual" },
    { key: "room.mean_15", value: kw(energy.mean_15min_kw), more: contract ? t("room.of_contract", { kw: formatWhole(contract) }) : "", form: "mean" },
    ...(contract ? [{ key: "room.minutes_left", value: left, more: "", form: minutesLeft === null ? "left" : "limit" }] : []),
    { key: "room.braking_used", value: kw(energy.braking_used_kw), more: kwh(energy.braking_used_kwh), form: "used" },
    { key: "room.braking_burnt", value: kw(energy.braking_burnt_kw), more: kwh(energy.braking_burnt_kwh), form: "burnt" },
    { key: energy.is_modelled ? "room.saving" : "room.saving_measured", value: kwh(isShort ? null : saving), more: share, form: "saving" },
    { key: "room.energy_today", value: kwh(energy.energy_kwh), more: energy.planned_energy_kwh === null ? "" : t("room.planned_energy", { kwh: formatWhole(energy.planned_energy_kwh) }), form: "" },
    { key: "room.lowest_voltage", value: energy.lowest_voltage_v === null ? "–" : `${formatWhole(energy.lowest_voltage_v)} V`, more: place, form: "" },
  ]; // prettier-ignore
}

/** @param {any} one a substation */
export const powerOf = (one) => one.meter_kw ?? one.model_kw;

/** The substation that is nearest to its limit, null without limits. @param {any[]} substations */
export function nearestToLimit(substations) {
  const known = substations.filter((one) => one.limit_kw && powerOf(one) !== null);
  return known.length ? known.reduce((best, one) => (powerOf(one) / one.limit_kw > powerOf(best) / best.limit_kw ? one : best)) : null;
}

export function energyPanel() {
  const curves = () => [
    { id: TOTAL, name: t("room.power_now"), colour: "plan", width: 1, unit: "kW" },
    { id: MEAN, name: t("room.mean_15"), colour: "actual", width: 2.5, unit: "kW" },
  ];
  const chart = new StripChart(part("energy-canvas"), { curves: curves(), limits: [], lanes: false, pastS: PAST_S, futureS: FUTURE_S });
  /** @type {import("./state.js").State | null} */
  let shown = null;
  const refresh = panelTools(part("energy"), { name: "power", rows: () => (shown ? powerRows(shown, [TOTAL, MEAN], ["room.power_now", "room.mean_15"]) : { head: [], rows: [] }), png: () => chart.canvas });
  return {
    /** @param {import("./state.js").State} state */
    show(state) {
      shown = state;
      const { energy, time_s: nowS } = state.snapshot;
      const points = energy.mean_15min_kw === null ? [] : meanForecast(state.series, TOTAL, nowS, energy.mean_15min_kw, FUTURE_S);
      const left = energy.minutes_left ?? minutesUntil(points, energy.contract_kw);
      showFigures(energyFigures(energy, left));
      chart.set({ limits: energy.contract_kw ? [{ value: energy.contract_kw, name: t("room.contract") }] : [] });
      chart.show(state.series, nowS, points.length ? [{ id: MEAN, points }] : [], oldFromS(state, "vehicle telemetry"));
      refresh();
    },
    recolour: () => chart.recolour(),
    chart,
  };
}

/** @param {{ key: string, value: string, more: string, form: string }[]} figures */
function showFigures(figures) {
  const list = part("figures");
  if (list.children.length !== figures.length) list.replaceChildren(...figures.map(() => element("div", {}, element("dt"), element("dd", { class: "value" }), element("dd", { class: "more" }))));
  figures.forEach((figure, index) => {
    const row = list.children[index];
    row.dataset.form = figure.form;
    write(row.children[0], t(figure.key));
    write(row.children[1], figure.value);
    write(row.children[2], figure.more);
  });
}

export function substationPanel() {
  const chart = new StripChart(part("power-canvas"), { curves: [], limits: [], lanes: true, pastS: LANE_PAST_S, futureS: 0 });
  /** @type {import("./state.js").State | null} */
  let shown = null;
  let signature = "";
  const refresh = panelTools(part("power"), { name: "substations", rows: () => (shown ? substationRows(shown) : { head: [], rows: [] }), png: () => chart.canvas });
  return {
    /** @param {import("./state.js").State} state */
    show(state) {
      shown = state;
      const { substations, time_s: nowS } = state.snapshot;
      const wanted = JSON.stringify(substations.map((/** @type {any} */ one) => [one.substation_id, one.limit_kw]));
      if (wanted !== signature) {
        signature = wanted;
        chart.set({
          curves: substations.map((/** @type {any} */ one) => ({ id: one.substation_id, name: stationName(state, one.name), colour: "actual", width: 1.25, unit: "kW" })),
          laneLimits: Object.fromEntries(substations.map((/** @type {any} */ one) => [one.substation_id, one.limit_kw])),
        });
      }
      chart.set({ laneTexts: Object.fromEntries(substations.map((/** @type {any} */ one) => [one.substation_id, laneText(one)])) });
      chart.show(state.series, nowS, [], oldFromS(state, "substation meters"));
      const highest = nearestToLimit(substations);
      write(part("power-readout"), highest ? t("room.highest_share", { name: stationName(state, highest.name), percent: formatWhole((100 * powerOf(highest)) / highest.limit_kw) }) : "");
      refresh();
    },
    recolour: () => chart.recolour(),
    chart,
  };
}

/** The power, with a mark where it is above the limit. @param {any} one a substation */
export const laneText = (one) => (powerOf(one) === null ? "–" : `${one.limit_kw && powerOf(one) > one.limit_kw ? "▲ " : ""}${formatWhole(powerOf(one))} kW`);

/** @param {import("./state.js").State} state @returns {import("./parts.js").Rows} */
function substationRows(state) {
  const whole = (/** @type {number | null} */ value) => (value === null ? "" : Math.round(value));
  return {
    head: ["substation", "model_kw", "meter_kw", "mean_kw", "limit_kw"].map((key) => t(`room.${key}`)),
    rows: state.snapshot.substations.map((/** @type {any} */ one) => [stationName(state, one.name), whole(one.model_kw), whole(one.meter_kw), whole(one.mean_15min_kw), whole(one.limit_kw)]),
  };
}

/** Curves by the minute within the last hour, the newest first. @param {import("./state.js").State} state @param {string[]} ids @param {string[]} keys @returns {import("./parts.js").Rows} */
function powerRows(state, ids, keys) {
  const { series, snapshot } = state;
  const rows = [];
  for (let time = snapshot.time_s; time > snapshot.time_s - PAST_S; time -= ROW_STEP_S) {
    const index = Math.min(series.count - 1, firstFrom(series, time));
    if (index < 0) break;
    rows.push([clockText(series.times[index]), ...ids.map((id) => (Number.isNaN(series.values[id][index]) ? "" : Math.round(series.values[id][index])))]);
  }
  return { head: [t("room.time"), ...keys.map((key) => `${t(key)}, kW`)], rows };
}
