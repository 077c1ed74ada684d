/** Painting of a train graph on a pen: the context of a canvas, or an `SvgPen` with the same calls. */
import { clockText, stationColumn, timeTicks, trainLabels } from "./graph_labels.js";
import { inWindow, tripName } from "./graph_trips.js";
import { across, down } from "./graph_view.js";

/** What the painting uses of a canvas context. @typedef {CanvasRenderingContext2D | import("./graph_svg.js").SvgPen} Pen */
/** @typedef {import("./graph_view.js").View} View @typedef {import("./graph_view.js").Plot} Plot @typedef {import("./graph_trips.js").TripSet} TripSet */
/** Form of a layer. `shift` has the mean seconds by which each trip is later than before.
 * @typedef {"today" | "plan" | "difference" | "actual" | "forecast"} Form */
/** @typedef {{ name: string, form: Form, set: TripSet, isLive: boolean, shift: Float64Array | null }} Layer */
/** `kind` closure, speed or other: each has its own pattern. @typedef {{ from_s: number, to_s: number, low_m: number, high_m: number, kind: string, label: string }} Area */
/** `isFew` if the lines have their own widths and dashes. @typedef {{ begin: number, end: number, set: TripSet, isFew: boolean, stroke: (pen: Pen, i: number) => void }} Strokes */
/** Colours by the name of their token, and the type face. @typedef {Record<string, string>} Colours */

/** Dashes and thick lines are for few trips: many of them cost a hundred times as much as hairlines. */
export const FEW = 160;
const WIDTHS = /** @type {Record<string, number>} */ ({ actual: 2.2, forecast: 1.6, early: 1.6, late: 1.6, added: 2.2, plan: 1.3 });
const DASHES = /** @type {Record<string, number[]>} */ ({ today: [2, 3], forecast: [6, 4], late: [7, 3] });
const POWER_WIDTHS = [2.2, 1, 1.6, 2.4, 3.4];
const LEAST_STEP_PX = 0.7;
const STANDS = -1;

/** Class of a mean power: 0 returns energy, 1 to 4 by its share of the highest one. @param {number} power_kw @param {number} highest_kw */
export const powerClass = (power_kw, highest_kw) => (power_kw <= 0 ? 0 : Math.min(4, 1 + Math.floor((4 * power_kw) / Math.max(highest_kw, 1))));

/** The highest mean power of a run in a layer, in kW. @param {TripSet} set */
export const highestPower = (set) => set.trips.reduce((most, trip) => Math.max(most, ...(trip.power_kw ?? []).map((one) => one ?? 0)), 0);

/** A line along points `[from, to]` of a set, without points that no pixel would show. @param {Pen} pen @param {TripSet} set @param {number} from @param {number} to @param {View} view @param {Plot} plot @param {number} [by_s] */
function strokePoints(pen, set, from, to, view, plot, by_s = 0) {
  const perSecond = plot.width / (view.to_s - view.from_s);
  const perMetre = plot.height / (view.high_m - view.low_m);
  const x0 = plot.left + (by_s - view.from_s) * perSecond;
  const y0 = plot.top - view.low_m * perMetre;
  let k = from;
  while (k < to - 1 && set.time_s[k + 1] + by_s < view.from_s) k += 1;
  let x = x0 + set.time_s[k] * perSecond;
  let y = y0 + set.place_m[k] * perMetre;
  pen.beginPath();
  pen.moveTo(x, y);
  for (k += 1; k <= to; k += 1) {
    const [nextX, nextY] = [x0 + set.time_s[k] * perSecond, y0 + set.place_m[k] * perMetre];
    if (k < to && nextX - x < LEAST_STEP_PX && Math.abs(nextY - y) < LEAST_STEP_PX) continue;
    [x, y] = [nextX, nextY];
    pen.lineTo(x, y);
    if (set.time_s[k] + by_s > view.to_s) break;
  }
  pen.stroke();
}

/** @param {Pen} pen @param {TripSet} set @param {number} i @param {View} view @param {Plot} plot @param {number} [by_s] */
export function strokeTrip(pen, set, i, view, plot, by_s = 0) {
  strokePoints(pen, set, set.first[i], set.first[i + 1] - 1, view, plot, by_s);
}

/** The runs of a trip, each in the colour and, where there are few, in the width of its power; neighbours of one class are one line. @param {Pen} pen @param {TripSet} set @param {number} i @param {View} view @param {Plot} plot @param {Colours} colours @param {number} highest_kw @param {boolean} isFew */
function strokeByPower(pen, set, i, view, plot, colours, highest_kw, isFew) {
  const powers = set.trips[i].power_kw ?? [];
  const last = set.first[i + 1] - 1;
  let run = -1;
  const kindAt = (/** @type {number} */ k) => {
    if (set.place_m[k + 1] === set.place_m[k]) return STANDS;
    run += 1;
    return powerClass(powers[run] ?? 0, highest_kw);
  };
  for (let k = set.first[i], kind = kindAt(k), from = k; k < last; k += 1) {
    const next = k + 1 < last ? kindAt(k + 1) : null;
    if (next === kind) continue;
    if (set.time_s[k + 1] >= view.from_s && set.time_s[from] <= view.to_s) {
      pen.strokeStyle = kind === STANDS ? colours.quiet : colours[`power_${kind}`];
      pen.lineWidth = kind !== STANDS && isFew ? POWER_WIDTHS[kind] : 1;
      if (isFew) pen.setLineDash(kind === 0 ? [4, 3] : []);
      strokePoints(pen, set, from, k + 1, view, plot);
    }
    [kind, from] = [next ?? STANDS, k + 1];
  }
}

/** Whether the trips of a layer can be coloured by their power. @param {Layer} layer */
export const hasPower = ({ form, set }) => (form === "plan" || form === "actual") && set.trips.some((trip) => trip.power_kw);

/** How the trips of a layer are drawn in a view: called for each of them. @param {Layer} layer @param {View} view @param {Plot} plot @param {Colours} colours @param {{ byPower: boolean }} options
 * @returns {Strokes} */
export function layerStrokes(layer, view, plot, colours, { byPower }) {
  const { set, form, shift } = layer;
  const [begin, end] = inWindow(set, view.from_s, view.to_s);
  const isFew = end - begin <= FEW;
  if (byPower && hasPower(layer)) {
    const highest_kw = highestPower(set);
    return { begin, end, set, isFew, stroke: (pen, i) => strokeByPower(pen, set, i, view, plot, colours, highest_kw, isFew) };
  }
  return {
    begin,
    end,
    set,
    isFew,
    stroke: (pen, i) => {
      const moved = form === "difference" && shift ? shift[i] : 0;
      const kind = form !== "difference" ? form : Number.isNaN(moved) ? "added" : moved >= 0.5 ? "late" : moved <= -0.5 ? "early" : "same";
      pen.strokeStyle = colours[kind] ?? colours.quiet;
      pen.lineWidth = isFew ? (WIDTHS[kind] ?? 1) : 1;
      pen.setLineDash(isFew ? (DASHES[kind] ?? []) : []);
      strokeTrip(pen, set, i, view, plot);
    },
  };
}

/** The layers of which something is seen: hairlines lie exactly below those of a later layer with the same trips. @param {Strokes[]} strokes in the order of painting */
export const uncovered = (strokes) => strokes.filter((one, k) => one.isFew || !strokes.some((other, later) => later > k && other.set === one.set));

/** Help lines, hours and stations. @param {Pen} pen @param {View} view @param {Plot} plot @param {{ name: string, chainage_m: number }[]} stations @param {Colours} colours */
export function paintGrid(pen, view, plot, stations, colours) {
  const ticks = timeTicks(view, plot.width, 64);
  pen.setLineDash([]);
  pen.lineWidth = 1;
  const upright = (/** @type {number} */ time_s) => {
    const x = Math.round(across(view, plot, time_s)) + 0.5;
    pen.beginPath();
    pen.moveTo(x, plot.top);
    pen.lineTo(x, plot.top + plot.height);
    pen.stroke();
  };
  pen.strokeStyle = colours.grid_help;
  ticks.help_s.forEach(upright);
  pen.strokeStyle = colours.grid;
  ticks.times_s.forEach(upright);
  for (const station of stations) {
    if (station.chainage_m < view.low_m || station.chainage_m > view.high_m) continue;
    const y = Math.round(down(view, plot, station.chainage_m)) + 0.5;
    pen.beginPath();
    pen.moveTo(plot.left, y);
    pen.lineTo(plot.left + plot.width, y);
    pen.stroke();
  }
}

/** Closures and restrictions: a tint, a pattern of their kind, an outline and their name. @param {Pen} pen @param {Area[]} areas @param {View} view @param {Plot} plot @param {Colours} colours */
export function paintAreas(pen, areas, view, plot, colours) {
  for (const area of areas) {
    const [x, end] = [area.from_s, area.to_s].map((one) => Math.min(Math.max(across(view, plot, one), plot.left), plot.left + plot.width));
    const [y, low] = [area.low_m, area.high_m].map((one) => Math.min(Math.max(down(view, plot, one), plot.top), plot.top + plot.height));
    if (end - x < 1 || low - y < 1) continue;
    pen.globalAlpha = 0.12;
    pen.fillStyle = colours.area;
    pen.fillRect(x, y, end - x, low - y);
    pen.globalAlpha = 1;
    pen.strokeStyle = colours.area;
    pen.lineWidth = 1;
    pen.setLineDash(area.kind === "speed" ? [2, 4] : []);
    const step = area.kind === "closure" ? 9 : 16;
    for (let c = x + step; c < end + (low - y); c += step) {
      const [fromX, fromY] = c <= end ? [c, y] : [end, y + c - end];
      const [toX, toY] = c - (low - y) >= x ? [c - (low - y), low] : [x, y + c - x];
      pen.beginPath();
      pen.moveTo(fromX, fromY);
      pen.lineTo(toX, toY);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.strokeRect(x + 0.5, y + 0.5, end - x - 1, low - y - 1);
    paintLabel(pen, area.label, x + 4, y + 4, colours, colours.area);
  }
}

/** A text on the colour of the ground. @param {Pen} pen @param {string} text @param {number} x left @param {number} y top @param {Colours} colours @param {string} colour */
export function paintLabel(pen, text, x, y, colours, colour) {
  pen.textAlign = "left";
  pen.textBaseline = "top";
  pen.globalAlpha = 0.82;
  pen.fillStyle = colours.ground;
  pen.fillRect(x - 2, y - 1, pen.measureText(text).width + 4, 14);
  pen.globalAlpha = 1;
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

/** Train numbers, where trains are not too close. @param {Pen} pen @param {Layer} layer @param {View} view @param {Plot} plot @param {Colours} colours @param {(trip: import("./graph_trips.js").Trip) => string} nameOf */
export function paintTrainLabels(pen, layer, view, plot, colours, nameOf) {
  const [begin, end] = inWindow(layer.set, view.from_s, view.to_s);
  if (end - begin > FEW || (end - begin) * 40 > plot.width * 3) return;
  for (const label of trainLabels(layer.set, [begin, end], view, plot, nameOf)) paintLabel(pen, label.text, label.x, label.y, colours, colours.quiet);
}

/** How far each trip moved, at its first station: a bar from its time before, and a triangle to its time now. @param {Pen} pen @param {Layer} layer @param {View} view @param {Plot} plot @param {Colours} colours */
export function paintShifts(pen, layer, view, plot, colours) {
  const [begin, end] = inWindow(layer.set, view.from_s, view.to_s);
  if (!layer.shift || end - begin > FEW) return;
  const perSecond = plot.width / (view.to_s - view.from_s);
  pen.setLineDash([]);
  pen.lineWidth = 1.5;
  for (let i = begin; i < end; i += 1) {
    const shift = layer.shift[i];
    if (Number.isNaN(shift) || Math.abs(shift) < 0.5) continue;
    const k = layer.set.first[i];
    const [x, y] = [across(view, plot, layer.set.time_s[k]), down(view, plot, layer.set.place_m[k])];
    const side = shift > 0 ? -1 : 1;
    pen.fillStyle = pen.strokeStyle = colours[shift > 0 ? "late" : "early"];
    pen.beginPath();
    pen.moveTo(x - shift * perSecond, y);
    pen.lineTo(x, y);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + side * 7, y - 4);
    pen.lineTo(x + side * 7, y + 4);
    pen.fill();
  }
}

/** One trip in a form of its own. @param {Pen} pen @param {TripSet} set @param {number} i @param {View} view @param {Plot} plot @param {{ colour: string, width: number, dash: number[], by_s?: number }} form */
export function paintTrain(pen, set, i, view, plot, { colour, width, dash, by_s = 0 }) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  strokeTrip(pen, set, i, view, plot, by_s);
  pen.setLineDash([]);
}

/** The selected train: thick in the uppermost layer that has it, dotted in the others, dashed where the hand has pulled it.
 * @param {Pen} pen @param {Layer[]} layers @param {string | null} trip @param {number | null} by_s @param {View} view @param {Plot} plot @param {Colours} colours */
export function paintSelected(pen, layers, trip, by_s, view, plot, colours) {
  const having = layers.filter((one) => trip !== null && one.set.index.has(trip));
  for (const layer of having) {
    const isTop = layer === having[having.length - 1];
    const i = /** @type {number} */ (layer.set.index.get(/** @type {string} */ (trip)));
    paintTrain(pen, layer.set, i, view, plot, isTop ? { colour: colours.selected, width: 4, dash: [] } : { colour: colours.today, width: 2, dash: [2, 4] });
    if (!isTop) continue;
    if (by_s !== null) paintTrain(pen, layer.set, i, view, plot, { colour: colours.selected, width: 2, dash: [8, 4], by_s });
    const k = layer.set.first[i];
    const y = Math.min(down(view, plot, layer.set.place_m[k]) + 4, plot.top + plot.height - 18);
    paintLabel(pen, tripName(layer.set.trips[i]), across(view, plot, layer.set.time_s[k]) + 6, y, colours, colours.selected);
  }
}

/** Dotted upright lines with their times, for example the borders of headway periods. @param {Pen} pen @param {number[]} marks_s @param {View} view @param {Plot} plot @param {Colours} colours */
export function paintMarks(pen, marks_s, view, plot, colours) {
  for (const time_s of marks_s) {
    const x = Math.round(across(view, plot, time_s)) + 0.5;
    if (x < plot.left || x > plot.left + plot.width) continue;
    pen.strokeStyle = colours.quiet;
    pen.lineWidth = 1.5;
    pen.setLineDash([2, 4]);
    pen.beginPath();
    pen.moveTo(x, plot.top);
    pen.lineTo(x, plot.top + plot.height);
    pen.stroke();
    pen.setLineDash([]);
    paintLabel(pen, clockText(time_s, false), x + 3, plot.top + 3, colours, colours.quiet);
  }
}

/** @param {Pen} pen @param {number} now_s @param {View} view @param {Plot} plot @param {Colours} colours */
export function paintNow(pen, now_s, view, plot, colours) {
  const x = across(view, plot, now_s);
  if (x < plot.left || x > plot.left + plot.width) return;
  pen.strokeStyle = colours.now;
  pen.lineWidth = 2;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(x, plot.top);
  pen.lineTo(x, plot.top + plot.height);
  pen.stroke();
  pen.fillStyle = colours.now;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const text = clockText(now_s);
  const width = pen.measureText(text).width + 8;
  pen.fillRect(x - width / 2, plot.top, width, 16);
  pen.fillStyle = colours.ground;
  pen.fillText(text, x, plot.top + 2);
}

/** The column of the stations and the axis of the time, which stay while the lines move. @param {Pen} pen @param {View} view @param {Plot} plot @param {{ width: number, height: number }} size @param {{ name: string, chainage_m: number }[]} stations @param {Colours} colours */
export function paintAxes(pen, view, plot, size, stations, colours) {
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, plot.left, size.height);
  pen.fillRect(0, 0, size.width, plot.top);
  pen.fillRect(0, plot.top + plot.height, size.width, size.height - plot.top - plot.height);
  pen.strokeStyle = colours.edge;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.strokeRect(plot.left + 0.5, plot.top + 0.5, plot.width - 1, plot.height - 1);
  pen.fillStyle = colours.ink;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const { name, y } of stationColumn(stations, view, plot, 15)) pen.fillText(shortened(pen, name, plot.left - 14), plot.left - 8, y);
  pen.textBaseline = "top";
  pen.textAlign = "center";
  const { times_s, step_s } = timeTicks(view, plot.width, 64);
  for (const time_s of times_s) {
    const x = across(view, plot, time_s);
    if (x < plot.left + 12 || x > plot.left + plot.width - 12) continue;
    pen.fillText(clockText(time_s, step_s < 60), x, plot.top + plot.height + 6);
  }
}

/** @param {Pen} pen @param {string} text @param {number} room */
export function shortened(pen, text, room) {
  let kept = text;
  while (kept.length > 1 && pen.measureText(kept).width > room) kept = `${kept.slice(0, -2).trimEnd()}…`;
  return kept;
}
