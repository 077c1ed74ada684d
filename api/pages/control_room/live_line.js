/** The live line in the browser: finds it, reads timetable and history, follows its states, and fills the gap after a break. */
import { ask, serviceNow } from "../client.js";
import { append, emptySeries } from "../strip_chart.js";
import { addEvents } from "./departures.js";
import { MEAN, TOTAL } from "./energy_panel.js";
import { follow } from "./feed.js";

const AGAIN_MS = 2000;
const PAST_S = 7200;
/** A gap in the states beyond which the history is read, in s of the browser's clock. */
const GAP_S = 3.5;

/** What is recorded of a line. @returns {{ series: import("../strip_chart.js").Series, events: import("./departures.js").Events }} */
export const emptyRecord = () => ({ series: emptySeries([TOTAL, MEAN]), events: new Map() });

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The sample of a state for the series: the line, its mean, and each substation. @param {any} snapshot @returns {Record<string, number | null>} */
export function sampleOf(snapshot) {
  const { energy, substations } = snapshot;
  return { [TOTAL]: energy.power_kw, [MEAN]: energy.mean_15min_kw, ...Object.fromEntries(substations.map((/** @type {any} */ one) => [one.substation_id, one.meter_kw ?? one.model_kw])) };
}

/** The events that a state contains, as rows of the history. @param {any} snapshot @param {Map<string, number>} places index of each station @returns {[string, string, number, string, number][]} */
export function eventsOf(snapshot, places) {
  return snapshot.trains.flatMap((/** @type {any} */ train) => {
    const event = train.last_event;
    const place = event ? places.get(event.station_id) : undefined;
    return place === undefined || !train.trip_id ? [] : [[train.train_id, train.trip_id, place, event.kind, event.time_s]];
  });
}

/** Running 15-minute means of a history. @param {number[]} times @param {number[]} power @returns {number[]} */
export function meansOf(times, power) {
  let [sum, first] = [0, 0];
  return times.map((time, index) => {
    sum += power[index];
    for (; times[first] <= time - 900; first += 1) sum -= power[first];
    return sum / (index - first + 1);
  });
}

/** When a state came: now, or when its process wrote it if the process has gone. @param {any} snapshot @returns {Pick<import("./state.js").State, "phase" | "receivedMs">} */
export function arrival(snapshot) {
  if (!snapshot.is_stale) return { phase: "live", receivedMs: performance.now() };
  return { phase: "ended", receivedMs: performance.now() - Math.max(0, serviceNow() - Date.parse(snapshot.wall_time)) };
}

export class LiveLine {
  /** @param {import("./store.js").Store<import("./state.js").State>} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<string, number>} */
    this.places = new Map();
    this.planId = null;
    this.isReading = false;
    this.address = "";
    this.newestS = 0;
    /** @type {any[]} */
    this.waiting = [];
  }

  /** Look for a line until one is live, then follow it. */
  async run() {
    for (;;) {
      try {
        const { lines } = await ask("/v1/live");
        const wanted = this.store.state.view.line ?? lines[0]?.line_id;
        if (lines.some((/** @type {any} */ one) => one.line_id === wanted)) return await this.open(wanted);
        this.store.set({ phase: "empty", problem: null });
      } catch (problem) {
        this.store.set({ phase: "error", problem });
      }
      await pause(AGAIN_MS);
    }
  }

  /** @param {string} line */
  async open(line) {
    this.address = `/v1/live/${encodeURIComponent(line)}`;
    const snapshot = await ask(this.address);
    this.newestS = snapshot.time_s;
    await this.read(snapshot);
    const { view } = this.store.state;
    this.store.set({ ...arrival(snapshot), problem: null, snapshot, view: { ...view, line } });
    follow(`${this.address}/events`, {
      state: (one) => this.take(one),
      end: () => this.store.set({ phase: "ended" }),
    });
  }

  /** Read timetable and history of a line from the start. @param {any} snapshot */
  async read(snapshot) {
    const timetable = await ask(`${this.address}/timetable`);
    this.places = new Map(timetable.stations.map((/** @type {any} */ one, /** @type {number} */ index) => [one.station_id, index]));
    this.planId = snapshot.plan?.id ?? null;
    const series = emptySeries([TOTAL, MEAN, ...snapshot.substations.map((/** @type {any} */ one) => one.substation_id)]);
    this.store.set({ timetable, series, events: new Map() });
    await this.fill(snapshot.time_s - PAST_S);
  }

  /** Show a moment of the past: the kept state before it, and what was recorded until then. @param {number} timeS */
  async moment(timeS) {
    const found = await ask(`${this.address}/moments?time_s=${timeS}`);
    const { snapshot } = found;
    const { revision, view } = this.store.state;
    if (view.replayS === null) return;
    const series = emptySeries([TOTAL, MEAN, ...snapshot.substations.map((/** @type {any} */ one) => one.substation_id)]);
    this.store.set({ snapshot, replay: { day: found.day, fromS: found.from_s, toS: Math.min(found.to_s, this.newestS) }, series, events: new Map(), revision: revision + 1 });
    await this.fill(snapshot.time_s - PAST_S, snapshot.time_s);
  }

  /** Show the line as it is now again. */
  async live() {
    if (!this.store.state.replay) return;
    const snapshot = await ask(this.address);
    this.waiting = [];
    await this.read(snapshot);
    this.store.set({ ...arrival(snapshot), snapshot, replay: null });
  }

  /** Add what the server has recorded since a time. @param {number} fromS @param {number | null} toS */
  async fill(fromS, toS = null) {
    const until = toS === null ? "" : `&to_s=${toS}`;
    const history = await ask(`${this.address}/history?from_s=${Math.max(0, Math.floor(fromS))}${until}`);
    const { series, events, revision } = this.store.state;
    const means = meansOf(history.times_s, history.power_kw);
    history.times_s.forEach((/** @type {number} */ time, /** @type {number} */ index) => {
      const substations = Object.fromEntries(Object.entries(history.substations).map(([id, values]) => [id, values[index]]));
      append(series, time, { [TOTAL]: history.power_kw[index], [MEAN]: means[index], ...substations });
    });
    addEvents(events, history.train_events);
    this.store.set({ revision: revision + 1 });
  }

  /** @param {any} snapshot */
  take(snapshot) {
    this.newestS = snapshot.time_s;
    // The stream goes on while a moment of the past is shown.
    if (this.store.state.replay) return;
    const known = this.store.state.snapshot;
    // A stream that is opened again begins with the newest state, which may be the one that is shown.
    if (known?.sequence === snapshot.sequence && known.wall_time === snapshot.wall_time) return;
    this.store.set({ ...arrival(snapshot), snapshot });
    this.waiting.push(snapshot);
    if (!this.isReading) this.record();
  }

  /** Record the states that wait; after a gap, the history comes first. */
  async record() {
    const { series } = this.store.state;
    const [first] = this.waiting;
    if (!first) return;
    const lastS = series.count ? series.times[series.count - 1] : -Infinity;
    const isOther = first.time_s < lastS - GAP_S * first.speed || (first.plan?.id ?? null) !== this.planId;
    if (isOther || first.time_s - lastS > GAP_S * Math.max(1, first.speed)) {
      this.isReading = true;
      try {
        await (isOther ? this.read(first) : this.fill(lastS));
      } catch {
        // The server has gone again; the next state tries anew.
        this.waiting = [];
        return;
      } finally {
        this.isReading = false;
      }
    }
    const { state } = this.store;
    let isNew = false;
    for (const one of this.waiting) {
      append(state.series, one.time_s, sampleOf(one));
      isNew = addEvents(state.events, eventsOf(one, this.places)) || isNew;
    }
    this.waiting = [];
    if (isNew) this.store.set({ revision: state.revision + 1 });
  }
}
