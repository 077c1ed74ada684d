/** A strip chart of live curves: values in typed arrays, one path a curve, and each update draws only what is new.
 *
 * The plot is kept in a bitmap of its own. As time goes on, the bitmap moves by whole pixels and the new part is drawn;
 * axes, limits, forecast, hatching and the hovered value are laid over it. */
import { hatch, niceTicks, readColours, readType, sized, timeStep } from "./canvas.js";
import { clockText } from "./graph_labels.js";
import { formatWhole } from "./locale.js";

/** @typedef {{ count: number, times: Float64Array, values: Record<string, Float32Array> }} Series `times` ascend, in s; NaN is a gap */
/** @typedef {{ id: string, name: string, colour: string, width: number, unit: string }} Curve `colour` is a token */
/** @typedef {{ value: number, name: string }} Limit */
/** @typedef {{ id: string, points: [number, number][] }} Forecast s and value */
/** @typedef {{ curves: Curve[], limits: Limit[], lanes: boolean, pastS: number, futureS: number, laneLimits?: Record<string, number | null>, laneTexts?: Record<string, string> }} View */

const FIRST_CAPACITY = 1024;
const SEAM_PX = 4;
const TOKENS = ["ink", "quiet", "line", "ground", "plan", "actual", "advice", "stale", "limit", "used", "burnt"];

/** @param {string[]} ids @returns {Series} */
export function emptySeries(ids) {
  return { count: 0, times: new Float64Array(FIRST_CAPACITY), values: Object.fromEntries(ids.map((id) => [id, new Float32Array(FIRST_CAPACITY)])) };
}

/** Append a sample in place; a time that is not later than the last one is dropped. Returns whether it was appended.
 * @param {Series} series @param {number} timeS @param {Record<string, number | null | undefined>} sample */
export function append(series, timeS, sample) {
  const { count } = series;
  if (count && timeS <= series.times[count - 1]) return false;
  if (count === series.times.length) grow(series);
  series.times[count] = timeS;
  for (const id of Object.keys(series.values)) series.values[id][count] = sample[id] ?? NaN;
  series.count = count + 1;
  return true;
}

/** @param {Series} series */
function grow(series) {
  const times = new Float64Array(2 * series.times.length);
  times.set(series.times);
  series.times = times;
  for (const [id, values] of Object.entries(series.values)) {
    const longer = new Float32Array(times.length);
    longer.set(values);
    series.values[id] = longer;
  }
}

/** Index of the first sample at or after a time. @param {Series} series @param {number} timeS */
export function firstFrom(series, timeS) {
  let [low, high] = [0, series.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series.times[middle] < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the sample nearest to a time, -1 without samples. @param {Series} series @param {number} timeS */
export function nearest(series, timeS) {
  const after = firstFrom(series, timeS);
  if (!series.count) return -1;
  if (after === series.count) return after - 1;
  if (after === 0) return 0;
  return timeS - series.times[after - 1] <= series.times[after] - timeS ? after - 1 : after;
}

/** The largest value of curves within a window. @param {Series} series @param {string[]} ids @param {number} fromS @param {number} toS */
export function largest(series, ids, fromS, toS) {
  let top = 0;
  for (let index = firstFrom(series, fromS); index < series.count && series.times[index] <= toS; index += 1) {
    for (const id of ids) if (series.values[id][index] > top) top = series.values[id][index];
  }
  return top;
}

/** The upper end of an axis: room above the largest value, and steady while the value changes little.
 * @param {number} top @param {number} before the end so far, 0 for none */
export function axisEnd(top, before) {
  if (before && top <= before && top > 0.5 * before) return before;
  const ticks = niceTicks(Math.max(top * 1.15, 1), 5);
  return ticks[ticks.length - 1] + (ticks[1] ?? 1);
}

/** A strip chart on a canvas. */
export class StripChart {
  /** @param {HTMLCanvasElement} canvas @param {View} view */
  constructor(canvas, view) {
    this.canvas = canvas;
    this.view = view;
    this.series = emptySeries([]);
    /** @type {Forecast[]} */
    this.forecasts = [];
    this.nowS = 0;
    /** @type {number | null} */
    this.staleFromS = null;
    /** @type {number | null} */
    this.hoverS = null;
    this.plot = document.createElement("canvas");
    /** What the bitmap shows; another key means that everything is drawn again. */
    this.key = "";
    this.originPx = 0;
    this.drawnTo = 0;
    this.end = 0;
    this.drawnPoints = 0;
    this.colours = readColours(TOKENS);
    canvas.addEventListener("pointermove", (event) => this.hover(this.timeAt(event.offsetX)));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("keydown", (event) => this.step(event));
    canvas.addEventListener("blur", () => this.hover(null));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** Take new curves, limits or a new window. @param {Partial<View>} changed */
  set(changed) {
    this.view = { ...this.view, ...changed };
  }

  /** Colours have changed. */
  recolour() {
    this.colours = readColours(TOKENS);
    this.key = "";
    this.draw();
  }

  /** @param {Series} series @param {number} nowS @param {Forecast[]} forecasts @param {number | null} staleFromS */
  show(series, nowS, forecasts = [], staleFromS = null) {
    Object.assign(this, { series, nowS, forecasts, staleFromS });
    this.draw();
  }

  /** @param {number} x */
  timeAt(x) {
    const { left, right } = this.margins();
    const width = this.canvas.clientWidth - left - right;
    const { pastS, futureS } = this.view;
    return this.nowS - pastS + ((x - left) / width) * (pastS + futureS);
  }

  /** @param {number | null} timeS */
  hover(timeS) {
    this.hoverS = timeS;
    this.draw();
  }

  /** The arrow keys move the hovered time by a sample. @param {KeyboardEvent} event */
  step(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this.series.count) return;
    event.preventDefault();
    const at = this.hoverS === null ? this.series.count : nearest(this.series, this.hoverS);
    const index = Math.min(this.series.count - 1, Math.max(firstFrom(this.series, this.nowS - this.view.pastS), at + by));
    this.hover(this.series.times[index]);
  }

  margins() {
    const { size } = this.type ?? (this.type = readType(this.canvas));
    return this.view.lanes ? { left: size * 8.4, right: size * 6, top: 2, bottom: size * 1.5 } : { left: size * 4, right: size * 0.75, top: size * 1.5, bottom: size * 1.6 };
  }

  draw() {
    const target = sized(this.canvas);
    if (!target) return;
    this.type = readType(this.canvas);
    const { context, width, height, ratio } = target;
    const { left, right, top, bottom } = this.margins();
    const box = { x: left, y: top, width: width - left - right, height: height - top - bottom };
    if (box.width < 10 || box.height < 10) return;
    const { pastS, futureS, lanes, curves, limits } = this.view;
    const pxPerS = box.width / (pastS + futureS);
    const [fromS, toS] = [this.nowS - pastS, this.nowS + futureS];
    const ids = curves.map((curve) => curve.id).filter((id) => id in this.series.values);
    const highest = Math.max(largest(this.series, ids, fromS, toS), ...limits.map((limit) => limit.value), ...this.forecasts.flatMap((one) => one.points.map((point) => point[1])));
    this.end = lanes ? 1 : axisEnd(highest, this.end);
    this.drawPlot(box, ratio, pxPerS, fromS);
    context.clearRect(0, 0, width, height);
    this.drawAxes(context, box, pxPerS, fromS, toS);
    context.drawImage(this.plot, 0, 0, this.plot.width, this.plot.height, box.x, box.y, this.plot.width / ratio, this.plot.height / ratio);
    this.drawOver(context, box, pxPerS, fromS);
  }

  /** The box of a curve within the plot, and the value at its upper edge. @param {number} index @param {{ width: number, height: number }} box */
  lane(index, box) {
    const { lanes, curves, laneLimits } = this.view;
    if (!lanes) return { top: 0, height: box.height, end: this.end };
    const height = box.height / curves.length;
    const { id } = curves[index];
    return { top: index * height + 1, height: height - 3, end: Math.max(laneLimits?.[id] ?? 0, this.laneEnd ?? 1) * 1.05 };
  }

  /** Bring the bitmap of the curves up to date. @param {import("./canvas.js").Box} box @param {number} ratio @param {number} pxPerS @param {number} fromS */
  drawPlot(box, ratio, pxPerS, fromS) {
    const { plot, series, view } = this;
    const [wide, high] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (view.lanes) this.laneEnd = axisEnd(largest(series, view.curves.map((curve) => curve.id).filter((id) => id in series.values), fromS, Infinity), this.laneEnd ?? 0);
    const key = JSON.stringify([wide, high, this.end, this.laneEnd, view.curves.map((curve) => [curve.id, curve.colour, curve.width]), view.pastS, view.futureS, series.count && series.times[0], view.laneLimits]);
    const context = plot.getContext("2d");
    if (!context) return;
    const originPx = Math.floor(fromS * pxPerS * ratio);
    const shift = originPx - this.originPx;
    const isWhole = key !== this.key || shift < 0 || shift >= wide;
    if (isWhole) {
      [plot.width, plot.height] = [wide, high];
      this.key = key;
    } else if (shift > 0) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalCompositeOperation = "copy";
      context.drawImage(plot, -shift, 0);
      context.globalCompositeOperation = "source-over";
    }
    this.originPx = originPx;
    this.drawnPoints = 0;
    if (!isWhole && series.count === this.drawnTo) return;
    // The last pixels are cleared and drawn again, so that joints and smooth edges are those of one path.
    const left = isWhole ? 0 : Math.max(0, Math.floor(series.times[this.drawnTo - 1] * pxPerS * ratio - originPx) - SEAM_PX);
    const first = Math.max(0, firstFrom(series, (originPx + left - SEAM_PX) / (pxPerS * ratio)) - 1);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(left, 0, wide - left, high);
    context.clip();
    context.clearRect(left, 0, wide - left, high);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    view.curves.forEach((curve, index) => this.drawCurve(context, curve, this.lane(index, box), first, pxPerS, originPx / ratio));
    context.restore();
    this.drawnPoints = series.count - first;
    this.drawnTo = series.count;
  }

  /** @param {CanvasRenderingContext2D} context @param {Curve} curve @param {{ top: number, height: number, end: number }} lane @param {number} first @param {number} pxPerS @param {number} originPx */
  drawCurve(context, curve, lane, first, pxPerS, originPx) {
    const values = this.series.values[curve.id];
    if (!values) return;
    context.beginPath();
    let isDown = false;
    for (let index = first; index < this.series.count; index += 1) {
      const value = values[index];
      if (Number.isNaN(value)) {
        isDown = false;
        continue;
      }
      const x = this.series.times[index] * pxPerS - originPx;
      const y = lane.top + lane.height * (1 - Math.min(1, value / lane.end));
      if (isDown) context.lineTo(x, y);
      else context.moveTo(x, y);
      isDown = true;
    }
    context.strokeStyle = this.colours[curve.colour];
    context.lineWidth = curve.width;
    context.lineJoin = "round";
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./canvas.js").Box} box @param {number} pxPerS @param {number} fromS @param {number} toS */
  drawAxes(context, box, pxPerS, fromS, toS) {
    const { colours, view } = this;
    const type = this.type ?? readType(this.canvas);
    const small = type.font(400, 0.92);
    context.font = small;
    context.textBaseline = "middle";
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.fillStyle = colours.quiet;
    const step = timeStep(pxPerS, type.size * 5);
    context.textAlign = "center";
    for (let time = Math.ceil(fromS / step) * step; time <= toS; time += step) {
      const x = Math.round(box.x + (time - fromS) * pxPerS) + 0.5;
      context.beginPath();
      context.moveTo(x, box.y);
      context.lineTo(x, box.y + box.height);
      context.stroke();
      if (x > box.x + type.size && x < box.x + box.width - type.size) context.fillText(clockText(time, false), x, box.y + box.height + type.size * 0.95);
    }
    if (view.lanes) {
      this.drawLaneTexts(context, box, type);
      return;
    }
    context.textAlign = "right";
    context.fillText(view.curves[0]?.unit ?? "", box.x - 6, type.size * 0.6);
    for (const value of niceTicks(this.end, Math.max(2, Math.floor(box.height / (type.size * 2))))) {
      const y = Math.round(box.y + box.height * (1 - value / this.end)) + 0.5;
      context.beginPath();
      context.moveTo(box.x, y);
      context.lineTo(box.x + box.width, y);
      context.stroke();
      context.fillText(formatWhole(value), box.x - 6, y);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./canvas.js").Box} box @param {{ size: number, font: (weight?: number, share?: number) => string }} type */
  drawLaneTexts(context, box, type) {
    const { colours, view } = this;
    view.curves.forEach((curve, index) => {
      const lane = this.lane(index, box);
      const middle = box.y + lane.top + lane.height / 2;
      context.fillStyle = colours.ink;
      context.font = type.font(400, 0.92);
      context.textAlign = "left";
      context.fillText(shortened(context, curve.name, box.x - 8), 0, middle);
      context.font = type.font(600);
      context.textAlign = "right";
      context.fillText(view.laneTexts?.[curve.id] ?? "", box.x + box.width + type.size * 5.9, middle);
      context.strokeStyle = colours.line;
      context.strokeRect(Math.round(box.x) + 0.5, Math.round(box.y + lane.top + lane.height) + 0.5, box.width, 0);
      const limit = view.laneLimits?.[curve.id];
      if (!limit) return;
      const y = Math.round(box.y + lane.top + lane.height * (1 - limit / lane.end)) + 0.5;
      context.strokeStyle = colours.limit;
      context.strokeRect(box.x, y, box.width, 0);
    });
  }

  /** Limits, forecast, the now line, hatching and the hovered values. @param {CanvasRenderingContext2D} context @param {import("./canvas.js").Box} box @param {number} pxPerS @param {number} fromS */
  drawOver(context, box, pxPerS, fromS) {
    const { colours, view } = this;
    const type = this.type ?? readType(this.canvas);
    const x = (/** @type {number} */ time) => box.x + (time - fromS) * pxPerS;
    const y = (/** @type {number} */ value) => box.y + box.height * (1 - value / this.end);
    context.font = type.font(600, 0.92);
    context.textBaseline = "bottom";
    context.textAlign = "left";
    for (const limit of view.lanes ? [] : view.limits) {
      const at = Math.round(y(limit.value));
      context.strokeStyle = context.fillStyle = colours.limit;
      context.lineWidth = 2;
      context.strokeRect(box.x, at, box.width, 0);
      context.fillText(`${limit.name} ${formatWhole(limit.value)}`, box.x + 4, at - 2);
    }
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = colours.advice;
    for (const forecast of this.forecasts) {
      context.beginPath();
      for (const [time, value] of forecast.points) context.lineTo(x(time), y(value));
      context.stroke();
    }
    context.setLineDash([]);
    const nowX = Math.round(x(this.nowS)) + 0.5;
    context.strokeStyle = colours.ink;
    context.lineWidth = 1;
    if (view.futureS) context.strokeRect(nowX, box.y, 0, box.height);
    if (this.staleFromS !== null) {
      // Lanes show the value of now beside the curve, so that all of a stale lane is hatched.
      const from = view.lanes ? 0 : Math.max(box.x, x(this.staleFromS));
      const to = view.lanes ? this.canvas.clientWidth : box.x + box.width;
      hatch(context, { x: from, y: box.y, width: to - from, height: box.height }, colours.stale);
    }
    this.drawHover(context, box, x);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./canvas.js").Box} box @param {(time: number) => number} x */
  drawHover(context, box, x) {
    const index = this.hoverS === null ? -1 : nearest(this.series, this.hoverS);
    if (index < 0) return;
    const { colours, view, series } = this;
    const type = this.type ?? readType(this.canvas);
    const time = series.times[index];
    const at = Math.round(Math.min(box.x + box.width, Math.max(box.x, x(time)))) + 0.5;
    context.strokeStyle = colours.quiet;
    context.strokeRect(at, box.y, 0, box.height);
    const shown = view.lanes ? [] : view.curves.filter((curve) => curve.id in series.values && !Number.isNaN(series.values[curve.id][index]));
    const lines = [clockText(time), ...shown.map((curve) => `${curve.name} ${formatWhole(series.values[curve.id][index])} ${curve.unit}`)];
    context.font = type.font(400, 0.92);
    const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 12;
    const high = type.size * 1.4;
    const left = Math.max(0, at + width + 8 > box.x + box.width ? at - width - 8 : at + 8);
    context.fillStyle = colours.ground;
    context.strokeStyle = colours.quiet;
    context.fillRect(left, box.y + 4, width, lines.length * high + 6);
    context.strokeRect(Math.round(left) + 0.5, Math.round(box.y) + 4.5, Math.round(width), Math.round(lines.length * high) + 6);
    context.fillStyle = colours.ink;
    context.textAlign = "left";
    context.textBaseline = "middle";
    lines.forEach((line, row) => context.fillText(line, left + 6, box.y + 7 + high * (row + 0.5)));
  }
}

/** A text that fits, with an ellipsis. @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
function shortened(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length - 1;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end)}…`;
}
