/** The line mimic: both tracks with stations and the trains where they are, with number, deviation and headway ahead.
 *
 * Wide canvases show the line from left to right, narrow ones from top to bottom. Form comes before colour: an arrow up is
 * late, an arrow down is early, a dashed gap is too wide, a double line too tight, a hollow train sends no data. */
import { hatch, placeLabels, readColours, readType, sized } from "./canvas.js";
import { signedSeconds } from "./duration_text.js";

/** @typedef {{ station_id: string, name: string, chainage_m: number }} Station */
/** @typedef {{ train_id: string, direction: "up" | "down", chainage_m: number | null, state: string, lateness_s: number | null, headway_ahead_s: number | null, planned_headway_s: number | null, load: number | null, capacity: number | null, is_advised: boolean }} Train */
/** @typedef {{ isVertical: boolean, from: number, pxPerM: number, firstM: number, tracks: { up: number, down: number }, middle: number }} Layout pixels along and across the line */
/** @typedef {{ train: Train, along: number, across: number, deviation: string, headway: string, label: string, row: number | null, ahead: number | null }} Mark */

export const DEVIATION_S = 30;
export const WIDE_SHARE = 1.5;
export const TIGHT_SHARE = 0.5;
const NARROW_PX = 640;
const TOKENS = ["ink", "quiet", "line", "edge", "ground", "wash", "accent", "late", "early", "stale", "limit", "advice", "actual"];

/** Whether a train is late or early beyond the tolerance. @param {number | null} latenessS */
export function deviationForm(latenessS) {
  if (latenessS === null) return "unknown";
  if (latenessS >= DEVIATION_S) return "late";
  return latenessS <= -DEVIATION_S ? "early" : "punctual";
}

/** Whether a headway is too wide or too tight against its plan. @param {number | null} headwayS @param {number | null} plannedS */
export function headwayForm(headwayS, plannedS) {
  if (headwayS === null || !plannedS) return "unknown";
  if (headwayS > WIDE_SHARE * plannedS) return "wide";
  return headwayS < TIGHT_SHARE * plannedS ? "tight" : "even";
}

/** Where the tracks lie on a canvas. @param {Station[]} stations @param {number} width @param {number} height @param {number} size of the text, px @returns {Layout} */
export function mimicLayout(stations, width, height, size) {
  const isVertical = width < NARROW_PX;
  const margin = isVertical ? size * 1.5 : size * 3;
  const chainages = stations.map((station) => station.chainage_m);
  const firstM = Math.min(...chainages);
  const lengthM = Math.max(1, Math.max(...chainages) - firstM);
  const middle = (isVertical ? width : height) / 2;
  const half = isVertical ? Math.min(width * 0.2, size * 6) : Math.max(size * 1.9, Math.min(size * 3, (height - size * 6) / 3));
  return { isVertical, from: margin, pxPerM: ((isVertical ? height : width) - 2 * margin) / lengthM, firstM, tracks: { up: middle - half, down: middle + half }, middle };
}

/** Pixels along the line of a chainage. @param {Layout} layout @param {number} chainageM */
export const along = (layout, chainageM) => layout.from + (chainageM - layout.firstM) * layout.pxPerM;

/** What is drawn for each train with a known place, in the order of the line. @param {Layout} layout @param {Train[]} trains @param {(text: string) => number} widthOf @param {number} rowHeight of the labels, px
 * @returns {Mark[]} */
export function trainMarks(layout, trains, widthOf, rowHeight) {
  return /** @type {("up" | "down")[]} */ (["up", "down"]).flatMap((direction) => {
    const placed = trains.filter((train) => train.direction === direction && train.chainage_m !== null && train.state !== "stabled");
    placed.sort((one, other) => Number(one.chainage_m) - Number(other.chainage_m));
    const labels = placed.map((train) => labelOf(train));
    const centres = placed.map((train) => along(layout, Number(train.chainage_m)));
    const widths = labels.map((label) => (layout.isVertical ? rowHeight : widthOf(label)));
    const rows = placeLabels(centres.map((at, index) => ({ at, width: widths[index] })), layout.isVertical ? 1 : 2);
    return placed.map((train, index) => {
      const next = placed[index + (direction === "up" ? 1 : -1)];
      return {
        train, along: centres[index], across: layout.tracks[direction], deviation: deviationForm(train.lateness_s),
        headway: headwayForm(train.headway_ahead_s, train.planned_headway_s), label: labels[index], row: rows[index],
        ahead: next ? along(layout, Number(next.chainage_m)) : null,
      }; // prettier-ignore
    });
  });
}

/** Number and deviation of a train, its form first. @param {Train} train */
export function labelOf(train) {
  if (train.lateness_s === null || train.state === "missing") return `${train.train_id} ?`;
  const form = deviationForm(train.lateness_s);
  return `${train.train_id} ${form === "late" ? "▲" : form === "early" ? "▼" : ""}${signedSeconds(train.lateness_s)}`;
}

/** The train at a point of the canvas, null if there is none within reach. @param {Layout} layout @param {Mark[]} marks @param {number} x @param {number} y @param {number} reach px */
export function trainAt(layout, marks, x, y, reach = 24) {
  const [at, across] = layout.isVertical ? [y, x] : [x, y];
  let best = null;
  let least = reach;
  for (const mark of marks) {
    const isOwnSide = (across < layout.middle) === (mark.across < layout.middle);
    const distance = Math.abs(mark.along - at);
    if (isOwnSide && distance < least) [best, least] = [mark.train.train_id, distance];
  }
  return best;
}

/** The next train along its track from the selected one, or the first one. @param {Mark[]} marks @param {string | null} selected @param {number} by 1 or -1 */
export function neighbour(marks, selected, by) {
  if (!marks.length) return null;
  const at = marks.findIndex((mark) => mark.train.train_id === selected);
  return marks[at < 0 ? (by > 0 ? 0 : marks.length - 1) : (at + by + marks.length) % marks.length].train.train_id;
}

/** A line mimic on a canvas. */
export class LineMimic {
  /** @param {HTMLCanvasElement} canvas @param {(trainId: string | null) => void} select */
  constructor(canvas, select) {
    this.canvas = canvas;
    /** @type {Station[]} */
    this.stations = [];
    /** @type {Train[]} */
    this.trains = [];
    /** @type {string | null} */
    this.selected = null;
    /** @type {string | null} */
    this.station = null;
    this.isStale = false;
    /** @type {Mark[]} */
    this.marks = [];
    /** @type {Layout | null} */
    this.layout = null;
    this.colours = readColours(TOKENS);
    canvas.addEventListener("click", (event) => this.layout && select(trainAt(this.layout, this.marks, event.offsetX, event.offsetY)));
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.selected = neighbour(this.marks, this.selected, by); // before the next frame, in which a second key may come
      select(this.selected);
    });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** @param {{ stations: Station[], trains: Train[], selected: string | null, station: string | null, isStale: boolean }} shown */
  show(shown) {
    Object.assign(this, shown);
    this.draw();
  }

  recolour() {
    this.colours = readColours(TOKENS);
    this.draw();
  }

  draw() {
    const target = sized(this.canvas);
    if (!target || !this.stations.length) return;
    const { context, width, height } = target;
    const type = readType(this.canvas);
    context.clearRect(0, 0, width, height);
    context.font = type.font(600, 0.92);
    const layout = mimicLayout(this.stations, width, height, type.size);
    this.layout = layout;
    this.marks = trainMarks(layout, this.trains, (text) => context.measureText(text).width, type.size * 1.2);
    drawLine(context, layout, this.stations, this.station, this.colours, type);
    for (const mark of this.marks) drawGap(context, layout, mark, this.colours);
    for (const mark of this.marks) if (mark.train.train_id !== this.selected) drawTrain(context, layout, mark, this.colours, type, false);
    for (const mark of this.marks) if (mark.train.train_id === this.selected) drawTrain(context, layout, mark, this.colours, type, true);
    if (this.isStale) hatch(context, { x: 0, y: 0, width, height }, this.colours.stale);
  }
}

/** @typedef {{ size: number, font: (weight?: number, share?: number) => string }} Type */

/** A line from one place to another, along and across. @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} fromAlong @param {number} fromAcross @param {number} toAlong @param {number} toAcross */
function segment(context, layout, fromAlong, fromAcross, toAlong, toAcross) {
  context.beginPath();
  if (layout.isVertical) {
    context.moveTo(fromAcross, fromAlong);
    context.lineTo(toAcross, toAlong);
  } else {
    context.moveTo(fromAlong, fromAcross);
    context.lineTo(toAlong, toAcross);
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {Station[]} stations @param {string | null} chosen @param {Record<string, string>} colours @param {Type} type */
function drawLine(context, layout, stations, chosen, colours, type) {
  const places = stations.map((station) => along(layout, station.chainage_m));
  const [first, last] = [Math.min(...places), Math.max(...places)];
  context.lineWidth = 3;
  context.strokeStyle = colours.edge;
  for (const across of [layout.tracks.up, layout.tracks.down]) segment(context, layout, first, across, last, across);
  context.lineWidth = 1;
  for (const at of layout.isVertical ? [] : [first, last]) segment(context, layout, at, layout.tracks.up, at, layout.tracks.down);
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.font = type.font(400, 0.92);
  const names = stations.map((station, index) => ({ at: places[index], width: layout.isVertical ? type.size * 1.1 : context.measureText(station.name).width }));
  const order = names.map((_, index) => index).sort((one, other) => names[one].at - names[other].at);
  const rows = placeLabels(order.map((index) => names[index]), layout.isVertical ? 1 : 2);
  order.forEach((index, position) => {
    const row = rows[position];
    const isChosen = stations[index].station_id === chosen;
    context.strokeStyle = isChosen ? colours.accent : colours.edge;
    context.lineWidth = isChosen ? 3 : 1.5;
    for (const [across, inwards] of [[layout.tracks.up, 1], [layout.tracks.down, -1]]) segment(context, layout, places[index], across - 5 * inwards, places[index], across + 7 * inwards);
    if (row === null && !isChosen) return;
    context.font = type.font(isChosen ? 700 : 400, 0.92);
    context.fillStyle = isChosen ? colours.ink : colours.quiet;
    const across = layout.middle + (layout.isVertical ? 0 : ((row ?? 0) - 0.5) * type.size * 1.25);
    const half = names[index].width / 2;
    const at = layout.isVertical ? places[index] : Math.max(half, places[index]);
    context.fillText(stations[index].name, layout.isVertical ? across : at, layout.isVertical ? at : across, layout.isVertical ? layout.tracks.down - layout.tracks.up - type.size * 1.6 : undefined);
  });
}

/** The gap ahead of a train, only where it is too wide or too tight. @param {CanvasRenderingContext2D} context @param {Layout} layout @param {Mark} mark @param {Record<string, string>} colours */
function drawGap(context, layout, mark, colours) {
  if (mark.ahead === null || (mark.headway !== "wide" && mark.headway !== "tight")) return;
  const sign = Math.sign(mark.ahead - mark.along) || 1;
  const [from, to] = [mark.along + 14 * sign, mark.ahead - 14 * sign];
  if ((to - from) * sign < 4) return;
  if (mark.headway === "wide") {
    context.setLineDash([10, 5]);
    context.lineWidth = 5;
    context.strokeStyle = colours.late;
    segment(context, layout, from, mark.across, to, mark.across);
    context.setLineDash([]);
    return;
  }
  context.lineWidth = 2;
  context.strokeStyle = colours.early;
  for (const by of [-3, 3]) segment(context, layout, from, mark.across + by, to, mark.across + by);
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {Mark} mark @param {Record<string, string>} colours @param {Type} type @param {boolean} isSelected */
function drawTrain(context, layout, mark, colours, type, isSelected) {
  const { train, deviation } = mark;
  const outwards = mark.across < layout.middle ? -1 : 1;
  const sign = train.direction === "up" ? 1 : -1;
  const [long, wide] = [type.size * 0.85, type.size * 0.42];
  const isKnown = train.state !== "missing" && train.state !== "unknown";
  const points = [[-long, -wide], [long * 0.45, -wide], [long, 0], [long * 0.45, wide], [-long, wide]];
  context.beginPath();
  for (const [a, b] of points) context.lineTo(...place(layout, mark.along + a * sign, mark.across + b));
  context.closePath();
  const colour = { late: colours.late, early: colours.early }[deviation] ?? colours.actual;
  context.fillStyle = isKnown ? colour : colours.ground;
  context.strokeStyle = isKnown ? colours.ground : colours.stale;
  context.lineWidth = isKnown ? 1 : 2;
  if (!isKnown) context.setLineDash([3, 2]);
  context.fill();
  context.stroke();
  context.setLineDash([]);
  if (isSelected) {
    context.strokeStyle = colours.accent;
    context.lineWidth = 3;
    context.beginPath();
    for (const [a, b] of [[-long - 4, -wide - 4], [long + 4, -wide - 4], [long + 4, wide + 4], [-long - 4, wide + 4]]) context.lineTo(...place(layout, mark.along + a * sign, mark.across + b));
    context.closePath();
    context.stroke();
  }
  if (train.load !== null && train.capacity) {
    const share = Math.min(1, train.load / train.capacity);
    context.lineWidth = 2;
    context.strokeStyle = colours.line;
    const across = mark.across - outwards * (wide + 4);
    segment(context, layout, mark.along - long, across, mark.along + long, across);
    context.strokeStyle = share >= 1 ? colours.limit : colours.quiet;
    segment(context, layout, mark.along - long, across, mark.along - long + 2 * long * share, across);
  }
  drawLabel(context, layout, mark, colours, type, isSelected, outwards, wide);
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {Mark} mark @param {Record<string, string>} colours @param {Type} type @param {boolean} isSelected @param {number} outwards @param {number} wide */
function drawLabel(context, layout, mark, colours, type, isSelected, outwards, wide) {
  if (mark.row === null && !isSelected) return;
  const row = mark.row ?? 2;
  const distance = wide + type.size * (0.85 + 1.25 * row);
  context.font = type.font(isSelected ? 700 : 600, 0.92);
  context.textBaseline = "middle";
  context.textAlign = layout.isVertical ? (outwards < 0 ? "right" : "left") : "center";
  const whole = context.measureText(mark.label).width;
  const limit = context.canvas.clientWidth - whole / 2;
  const at = layout.isVertical ? mark.along : Math.min(limit, Math.max(whole / 2, mark.along));
  const [x, y] = place(layout, at, mark.across + outwards * distance);
  // On a phone, a long label beside a vertical track is drawn narrower instead of being cut off.
  const room = (outwards < 0 ? x : context.canvas.clientWidth - x) - (mark.train.is_advised ? 12 : 2);
  const width = layout.isVertical ? Math.min(whole, Math.max(room, type.size * 3)) : whole;
  if (row > 0 && !layout.isVertical) {
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    segment(context, layout, mark.along, mark.across + outwards * (wide + 2), mark.along, mark.across + outwards * (distance - type.size * 0.6));
  }
  if (isSelected) {
    const left = layout.isVertical ? (outwards < 0 ? x - width : x) : x - width / 2;
    context.fillStyle = colours.ground;
    context.fillRect(left - 3, y - type.size * 0.65, width + 6, type.size * 1.3);
  }
  context.fillStyle = { late: colours.late, early: colours.early, unknown: colours.stale }[mark.deviation] ?? colours.ink;
  context.fillText(mark.label, x, y, width);
  if (!mark.train.is_advised) return;
  const tip = layout.isVertical ? (outwards < 0 ? x - width - 6 : x + width + 6) : x + width / 2 + 6;
  context.fillStyle = colours.advice;
  context.beginPath();
  for (const [a, b] of [[0, -4], [4, 0], [0, 4], [-4, 0]]) context.lineTo(tip + a, y + b);
  context.fill();
}

/** @param {Layout} layout @param {number} alongPx @param {number} acrossPx @returns {[number, number]} */
function place(layout, alongPx, acrossPx) {
  return layout.isVertical ? [acrossPx, alongPx] : [alongPx, acrossPx];
}
