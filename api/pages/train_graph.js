/** The train graph of Headwatt: one canvas for planned, present and live trips. Painting and computing are in `graph_*.js`. */
import { Bitmap } from "./graph_bitmap.js";
import { followHand, graphKey } from "./graph_hand.js";
import { highestPower, layerStrokes, paintAreas, paintAxes, paintGrid, paintMarks, paintNow, paintSelected, paintShifts, paintTrain, paintTrainLabels, uncovered } from "./graph_paint.js";
import { SvgPen, tripsCsv } from "./graph_svg.js";
import { found, nearest, placeOf, shifts, tripName, tripSet } from "./graph_trips.js";
import { centred, held, panned, placeAt, timeAt, wholeView, zoomed } from "./graph_view.js";
import { coloursOf, placeTip, tripWords } from "./graph_words.js";
import { t } from "./locale.js";

/** @typedef {import("./graph_view.js").View} View @typedef {import("./graph_trips.js").Trip} Trip @typedef {import("./graph_paint.js").Layer} Layer @typedef {import("./graph_paint.js").Form} Form */
/** `label` names the graph for screen readers. `onSelect` gets the trip or null; `onView` is called when the hand rests; `onOpen` for Enter on a train.
 * With `onMove`, the selected train can be dragged: `onPull` while it moves, `onMove` when it is dropped, both in whole seconds.
 * @typedef {{ label: string, onSelect?: (trip: string | null) => void, onView?: () => void, onOpen?: (trip: string) => void, onPull?: (trip: string, by_s: number) => void, onMove?: (trip: string, by_s: number) => void }} Options */

const REST_MS = 140;
const SLICE_MS = 5;
const REACH_PX = 8;
const HINT_MS = 1600;

export class TrainGraph {
  /** @type {{ station_id?: string, name: string, chainage_m: number }[]} */
  stations = [];
  /** @type {Layer[]} */
  layers = [];
  /** @type {import("./graph_paint.js").Area[]} */
  areas = [];
  /** Times that are marked by upright lines. @type {number[]} */
  marks_s = [];
  /** The view moves with the present time only while this is true. */
  followsNow = false;
  /** @type {View} */
  #view = { from_s: 0, to_s: 1, low_m: 0, high_m: 1 };
  #whole = this.#view;
  #hasView = false;
  /** @type {string | null} */
  #selected = null;
  /** @type {{ layer: Layer, index: number, x: number, y: number } | null} */
  #hover = null;
  /** @type {{ trip: string, by_s: number } | null} */
  #pulled = null;
  /** @type {number | null} */
  #now_s = null;
  /** @type {Set<string>} */
  #hidden = new Set();
  /** @type {"plain" | "power"} */
  #colour = "plain";
  /** @type {Record<string, string>} */
  #colours = {};
  #size = { width: 0, height: 0 };
  #still = new Bitmap();
  #live = new Bitmap();
  #frame = 0;
  #rest = 0;
  #hintEnd = 0;
  #ending = new AbortController();

  /** @param {HTMLElement} host an element with a height @param {Options} options */
  constructor(host, options) {
    this.host = host;
    this.options = options;
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", options.label);
    this.canvas.setAttribute("aria-keyshortcuts", "ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 C N P Escape");
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false }));
    this.told = Object.assign(document.createElement("p"), { className: "told" });
    this.told.setAttribute("aria-live", "polite");
    this.tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
    this.hint = Object.assign(document.createElement("div"), { className: "hint", hidden: true, textContent: t("graph.wheel_hint") });
    host.classList.add("train-graph");
    host.replaceChildren(this.canvas, this.tip, this.hint, this.told);
    const { signal } = this.#ending;
    followHand(this.canvas, this.#calls(), signal);
    new ResizeObserver(() => this.#resize()).observe(host);
    const recolour = () => this.recolour();
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", recolour, { signal });
    new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.canvas.addEventListener("focus", () => this.draw(), { signal });
    this.canvas.addEventListener("blur", () => this.draw(), { signal });
    this.recolour();
    this.#resize();
  }

  /** Stop listening. */
  end() {
    this.#ending.abort();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
  }

  /** Show stations and layers; the view stays if there was one. The last layers lie above.
   * @param {{ station_id?: string, name: string, chainage_m: number }[]} stations @param {{ name: string, form: Form, trips: Trip[], isLive?: boolean, before?: Trip[] }[]} layers `before` gives the times that a difference refers to */
  show(stations, layers) {
    this.stations = stations;
    /** @type {Map<Trip[], import("./graph_trips.js").TripSet>} */
    const sets = new Map();
    const setOf = (/** @type {Trip[]} */ trips) => {
      const set = sets.get(trips) ?? tripSet(trips, stations); // layers often share their trips
      sets.set(trips, set);
      return set;
    };
    this.layers = layers.map(({ name, form, trips, isLive = false, before }) => {
      const set = setOf(trips);
      return { name, form, set, isLive, shift: before ? shifts(set, setOf(before)) : null };
    });
    this.#whole = wholeView(stations, this.layers.map((one) => one.set));
    this.#view = this.#hasView ? held(this.#view, this.#whole) : this.#whole;
    this.#hasView = true;
    this.#rebuild();
  }

  /** Replace the trips of one layer, for example at each second of a live line. @param {string} name @param {Trip[]} trips */
  update(name, trips) {
    const place = this.layers.findIndex((one) => one.name === name);
    if (place < 0) return;
    this.layers[place] = { ...this.layers[place], set: tripSet(trips, this.stations) };
    const whole = wholeView(this.stations, this.layers.map((one) => one.set));
    this.#whole = { ...whole, from_s: Math.min(whole.from_s, this.#view.from_s), to_s: Math.max(whole.to_s, this.#view.to_s) };
    this.#begin(this.layers[place].isLive ? [this.#live] : [this.#still]);
    this.draw();
  }

  /** @param {import("./graph_paint.js").Area[]} areas */
  setAreas(areas) {
    this.areas = areas;
    this.draw();
  }

  /** The present time as a line; null without one. @param {number | null} now_s */
  setNow(now_s) {
    const before = this.#now_s;
    this.#now_s = now_s;
    if (this.followsNow && before !== null && now_s !== null) this.#move(panned(this.#view, this.#whole, now_s - before, 0));
    else this.draw();
  }

  /** What is seen, as a value. @returns {import("./graph_view.js").GraphState} */
  get state() {
    return { view: this.#view, selected: this.#selected, hidden: [...this.#hidden], colour: this.#colour };
  }

  /** @param {import("./graph_view.js").GraphState} state */
  set state(state) {
    this.#hidden = new Set(state.hidden);
    this.#colour = state.colour;
    this.#selected = state.selected;
    this.#view = this.layers.length ? held(state.view, this.#whole) : state.view;
    this.#hasView = true;
    this.#rebuild();
  }

  /** @param {string} name @param {boolean} isShown */
  showLayer(name, isShown) {
    if (isShown) this.#hidden.delete(name);
    else this.#hidden.add(name);
    this.#rebuild();
    this.options.onView?.();
  }

  /** @param {"plain" | "power"} colour */
  colourBy(colour) {
    this.#colour = colour;
    this.#rebuild();
    this.options.onView?.();
  }

  get shownLayers() {
    return this.layers.filter((one) => !this.#hidden.has(one.name));
  }

  /** The layer above all others that has a trip. @param {string | null} trip */
  #layerOf(trip) {
    return trip === null ? undefined : this.shownLayers.findLast((one) => one.set.index.has(trip));
  }

  /** @param {string | null} trip @param {boolean} [isToldOf] whether `onSelect` is called */
  select(trip, isToldOf = true) {
    this.#selected = trip;
    const layer = this.#layerOf(trip);
    this.told.textContent = trip !== null && layer ? this.describe(layer, /** @type {number} */ (layer.set.index.get(trip))).join(", ") : "";
    this.draw();
    if (isToldOf) this.options.onSelect?.(trip);
  }

  /** Bring the selected train into the middle of the view. @param {string | null} [trip] */
  centre(trip = this.#selected) {
    const layer = this.#layerOf(trip);
    if (trip === null || !layer) return;
    const i = /** @type {number} */ (layer.set.index.get(trip));
    const time_s = this.#now_s !== null && this.#now_s >= layer.set.start_s[i] && this.#now_s <= layer.set.end_s[i] ? this.#now_s : (layer.set.start_s[i] + layer.set.end_s[i]) / 2;
    this.#move(centred(this.#view, this.#whole, time_s, placeOf(layer.set, i, time_s) ?? undefined));
  }

  /** The trips that have words in their names, in the layers that are shown. @param {string} words */
  find(words) {
    return [...new Set(this.shownLayers.toReversed().flatMap((one) => found(one.set, words).map((i) => one.set.trips[i].trip_id)))];
  }

  /** The whole day, the busiest part or a span. @param {"day" | { from_s: number, to_s: number }} span */
  look(span) {
    this.#move(span === "day" ? this.#whole : held({ ...this.#view, ...span }, this.#whole));
  }

  /** Zoom in or out about the middle. @param {number} factor below 1 zooms in @param {number} [place] */
  zoom(factor, place = 1) {
    this.#move(zoomed(this.#view, this.#whole, { time: factor, place }));
  }

  get plot() {
    const left = this.#size.width < 560 ? 76 : 132;
    return { left, top: 4, width: Math.max(40, this.#size.width - left - 12), height: Math.max(40, this.#size.height - 30) };
  }

  /** Words about a trip. @param {Layer} layer @param {number} index */
  describe(layer, index) {
    return tripWords(layer, index, this.stations);
  }

  /** The highest mean power of a run in the layers that are shown, in kW. */
  get highestPower() {
    return Math.max(0, ...this.shownLayers.map((one) => highestPower(one.set)));
  }

  /** Read the colours of the page again. */
  recolour() {
    this.#colours = coloursOf(this.host);
    if (this.layers.length) this.#rebuild();
  }

  #resize() {
    const { width, height } = this.host.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    this.#size = { width, height };
    this.#colours = coloursOf(this.host); // outside of the page an element has no colours
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.#rebuild();
  }

  /** @param {View} view */
  #move(view) {
    const isZoom = Math.abs(view.to_s - view.from_s - (this.#view.to_s - this.#view.from_s)) > 1e-6 * (view.to_s - view.from_s);
    this.#view = view;
    this.#hover = null;
    this.tip.hidden = true;
    for (const one of [this.#still, this.#live]) if (one.isComplete && !one.serves(view, this.plot, isZoom)) this.#begin([one]);
    clearTimeout(this.#rest);
    this.#rest = window.setTimeout(() => {
      this.#begin([this.#still, this.#live]);
      this.draw();
      this.options.onView?.();
    }, REST_MS);
    this.draw();
  }

  /** @param {Bitmap[]} bitmaps */
  #begin(bitmaps) {
    const ratio = window.devicePixelRatio || 1;
    for (const bitmap of bitmaps) {
      const layers = this.shownLayers.filter((one) => one.isLive === (bitmap === this.#live));
      bitmap.begin(this.#view, this.#whole, this.plot, ratio, (view, plot) => uncovered(layers.map((one) => layerStrokes(one, view, plot, this.#colours, { byPower: this.#colour === "power" }))));
    }
  }

  /** Paint everything anew at once. */
  #rebuild() {
    if (!this.#size.width || !this.layers.length) return;
    this.#begin([this.#still, this.#live]);
    for (const one of [this.#still, this.#live]) one.advance(Infinity);
    this.paint();
  }

  /** Paint at the next frame. */
  draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const one of [this.#still, this.#live]) if (!one.isComplete) one.advance(SLICE_MS);
      this.paint();
      if (!this.#still.isComplete || !this.#live.isComplete) this.draw();
    });
  }

  /** Paint the present frame. */
  paint() {
    if (!this.#size.width) return;
    const [pen, ratio, { plot }] = [this.pen, window.devicePixelRatio || 1, this];
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.globalAlpha = 1;
    pen.fillStyle = this.#colours.ground;
    pen.fillRect(0, 0, this.#size.width, this.#size.height);
    pen.save();
    pen.beginPath();
    pen.rect(plot.left, plot.top, plot.width, plot.height);
    pen.clip();
    this.#paintPlot(pen, this.#view, plot, () => {
      for (const one of [this.#still, this.#live]) one.draw(pen, this.#view, plot, ratio);
    });
    pen.restore();
    pen.font = `12px ${this.#colours.face}`;
    paintAxes(pen, this.#view, plot, this.#size, this.stations, this.#colours);
  }

  /** @param {import("./graph_paint.js").Pen} pen @param {View} view @param {import("./graph_view.js").Plot} plot @param {() => void} paintTrips */
  #paintPlot(pen, view, plot, paintTrips) {
    const colours = this.#colours;
    pen.font = `12px ${colours.face}`;
    paintGrid(pen, view, plot, this.stations, colours);
    paintAreas(pen, this.areas, view, plot, colours);
    paintTrips();
    paintMarks(pen, this.marks_s, view, plot, colours);
    const shown = this.shownLayers;
    for (const layer of shown) if (layer.form === "difference") paintShifts(pen, layer, view, plot, colours);
    const named = shown[shown.length - 1];
    if (named) paintTrainLabels(pen, named, view, plot, colours, tripName);
    if (this.#hover) paintTrain(pen, this.#hover.layer.set, this.#hover.index, view, plot, { colour: colours.ink, width: 2, dash: [] });
    paintSelected(pen, shown, this.#selected, this.#pulled?.by_s ?? null, view, plot, colours);
    if (this.#now_s !== null) paintNow(pen, this.#now_s, view, plot, colours);
  }

  /** @returns {import("./graph_hand.js").Calls} */
  #calls() {
    const perSecond = () => this.plot.width / (this.#view.to_s - this.#view.from_s);
    const hit = (/** @type {number} */ x, /** @type {number} */ y) => {
      for (const layer of this.shownLayers.toReversed()) {
        const near = nearest(layer.set, this.#view, this.plot, x, y, REACH_PX);
        if (near) return { layer, index: near.index, x, y };
      }
      return null;
    };
    return {
      zoom: (x, y, time, place) => this.#move(zoomed(this.#view, this.#whole, { time, place, time_s: timeAt(this.#view, this.plot, Math.max(x, this.plot.left)), place_m: placeAt(this.#view, this.plot, y) })),
      pan: (dx, dy) => this.#move(panned(this.#view, this.#whole, -dx / perSecond(), (-dy * (this.#view.high_m - this.#view.low_m)) / this.plot.height)),
      grab: (x, y) => {
        const layer = this.#layerOf(this.#selected);
        if (!this.options.onMove || !layer) return false;
        const near = nearest(layer.set, this.#view, this.plot, x, y, REACH_PX);
        if (near === null || layer.set.trips[near.index].trip_id !== this.#selected) return false;
        this.#pulled = { trip: /** @type {string} */ (this.#selected), by_s: 0 };
        return true;
      },
      pull: (dx) => {
        if (!this.#pulled) return;
        this.#pulled.by_s = Math.round(dx / perSecond());
        this.options.onPull?.(this.#pulled.trip, this.#pulled.by_s);
        this.draw();
      },
      drop: (isKept) => {
        const pulled = this.#pulled;
        this.#pulled = null;
        if (pulled && isKept && pulled.by_s !== 0) this.options.onMove?.(pulled.trip, pulled.by_s);
        else if (pulled) this.options.onPull?.(pulled.trip, 0);
        this.draw();
      },
      pick: (x, y) => {
        const near = hit(x, y);
        this.select(near ? near.layer.set.trips[near.index].trip_id : null);
      },
      hover: (x, y, isTouch) => {
        this.#hover = isTouch ? null : hit(x, y);
        this.canvas.classList.toggle("on-train", this.#hover !== null);
        this.#showTip(this.#hover);
        this.draw();
      },
      leave: () => {
        this.#hover = null;
        this.#showTip(null);
        this.draw();
      },
      key: (event) => graphKey(event, this),
      hint: () => {
        this.hint.hidden = false;
        clearTimeout(this.#hintEnd);
        this.#hintEnd = window.setTimeout(() => (this.hint.hidden = true), HINT_MS);
      },
    };
  }

  /** @param {{ layer: Layer, index: number, x: number, y: number } | null} near */
  #showTip(near) {
    this.tip.hidden = near === null;
    if (near) placeTip(this.tip, this.describe(near.layer, near.index), near.x, near.y, this.#size);
  }

  /** Move the view by shares of what it shows. @param {number} time @param {number} place */
  pan(time, place) {
    const { from_s, to_s, low_m, high_m } = this.#view;
    this.#move(panned(this.#view, this.#whole, time * (to_s - from_s), place * (high_m - low_m)));
  }

  /** Select the next or the previous train; without a selected one, the first in view. @param {1 | -1} by */
  step(by) {
    const layer = this.#layerOf(this.#selected) ?? this.shownLayers[this.shownLayers.length - 1];
    if (!layer?.set.trips.length) return;
    const now = layer.set.index.get(this.#selected ?? "");
    const first = layer.set.start_s.findIndex((one) => one >= this.#view.from_s);
    const next = now === undefined ? Math.max(first, 0) : Math.min(Math.max(now + by, 0), layer.set.trips.length - 1);
    this.select(layer.set.trips[next].trip_id);
  }

  /** What is seen as SVG, in a size of its own if one is given. @param {{ width: number, height: number }} [size] */
  svg(size = this.#size) {
    const pen = new SvgPen(this.pen);
    const { left, top } = this.plot;
    const plot = { left, top, width: size.width - left - 12, height: size.height - 30 };
    pen.clipTo(plot.left, plot.top, plot.width, plot.height);
    this.#paintPlot(pen, this.#view, plot, () => {
      for (const layer of this.shownLayers) {
        const { set, begin, end, stroke } = layerStrokes(layer, this.#view, plot, this.#colours, { byPower: this.#colour === "power" });
        for (let i = begin; i < end; i += 1) if (set.end_s[i] >= this.#view.from_s) stroke(pen, i);
      }
    });
    pen.unclip();
    paintAxes(pen, this.#view, plot, size, this.stations, this.#colours);
    return pen.text(size.width, size.height, this.options.label, this.#colours.ground);
  }

  /** The trips in view as CSV, a row a stop. */
  csv() {
    return tripsCsv(this.shownLayers, this.stations, this.#view);
  }

  /** What is seen as PNG. @returns {Promise<Blob | null>} */
  png() {
    this.paint();
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }
}
