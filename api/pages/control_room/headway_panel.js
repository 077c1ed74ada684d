/** Headways at a station: the gaps of the last and the next 30 minutes against the plan. */
import { hatch, niceTicks, readColours, readType, sized, timeStep } from "../canvas.js";
import { clockText } from "../graph_labels.js";
import { headwayForm } from "../line_mimic.js";
import { formatWhole, t } from "../locale.js";
import { departures, gaps, headwayVariation } from "./departures.js";
import { panelTools, part, write } from "./parts.js";
import { chosenStation, isFeedOld, isStale, latenessByTrip } from "./state.js";

export const SPAN_S = 1800;
const BEFORE_S = 1200;
const TOKENS = ["ink", "quiet", "line", "plan", "actual", "late", "early", "stale", "advice"];

/** The gaps around now at the chosen station and direction. @param {import("./state.js").State} state */
export function shownGaps(state) {
  const nowS = state.snapshot.time_s;
  const wanted = { station: chosenStation(state), direction: state.view.direction, fromS: nowS - SPAN_S - BEFORE_S, toS: nowS + SPAN_S, nowS };
  return gaps(departures(state.timetable.trips, state.events, latenessByTrip(state), wanted)).filter((gap) => gap.timeS >= nowS - SPAN_S);
}

/** @param {(gap: string | null) => void} selectTrip */
export function headwayPanel(selectTrip) {
  const canvas = part("headways-canvas");
  let colours = readColours(TOKENS);
  /** @type {import("./departures.js").Gap[]} */
  let list = [];
  /** @type {import("./state.js").State | null} */
  let shown = null;
  /** @type {number | null} */
  let hovered = null;
  const refresh = panelTools(part("headways"), {
    name: "headways",
    rows: () => ({
      head: ["time", "trip", "train_column", "state", "headway_s", "planned_s"].map((key) => t(`room.${key}`)),
      rows: list.map((gap) => [clockText(gap.timeS), gap.tripId, gap.trainId ?? "", t(`room.${gap.kind}`), Math.round(gap.gapS), gap.plannedGapS === null ? "" : Math.round(gap.plannedGapS)]),
    }),
    png: () => canvas,
  });
  const draw = () => {
    const target = sized(canvas);
    if (target && shown) drawGaps(target, list, shown, colours, readType(canvas), hovered);
  };
  new ResizeObserver(draw).observe(canvas);
  const hover = (/** @type {number | null} */ index) => {
    hovered = index;
    draw();
  };
  canvas.addEventListener("pointerleave", () => hover(null));
  canvas.addEventListener("blur", () => hover(null));
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => hover(nearestGap(list, shown?.snapshot.time_s ?? 0, event.offsetX, canvas)));
  canvas.addEventListener("click", () => hovered !== null && selectTrip(list[hovered]?.tripId ?? null));
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && hovered !== null) selectTrip(list[hovered]?.tripId ?? null);
    if (!by || !list.length) return;
    event.preventDefault();
    hover(Math.min(list.length - 1, Math.max(0, (hovered ?? list.filter((gap) => gap.kind === "actual").length - 1) + by)));
  });
  return {
    /** @param {import("./state.js").State} state */
    show(state) {
      shown = state;
      list = shownGaps(state);
      if (hovered !== null && hovered >= list.length) hovered = null;
      const actual = list.filter((gap) => gap.kind === "actual");
      const last = actual[actual.length - 1];
      const next = list.find((gap) => gap.kind === "expected");
      const text = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "–" : formatWhole(value));
      const variation = headwayVariation(actual);
      const readout = [t("room.headways_last", { gap: text(last?.gapS), planned: text(last?.plannedGapS), next: text(next?.gapS) }), variation === null ? null : t("room.variation", { value: variation.toFixed(2) })];
      write(part("headways-readout"), readout.filter(Boolean).join(" · "));
      draw();
      refresh();
    },
    recolour() {
      colours = readColours(TOKENS);
      draw();
    },
  };
}

const margins = (/** @type {number} */ size) => ({ left: size * 3, right: size * 0.75, top: size * 1.3, bottom: size * 1.6 });

/** @param {import("./departures.js").Gap[]} list @param {number} nowS @param {number} x @param {HTMLCanvasElement} canvas */
function nearestGap(list, nowS, x, canvas) {
  const { left, right } = margins(readType(canvas).size);
  const timeS = nowS - SPAN_S + ((x - left) / (canvas.clientWidth - left - right)) * 2 * SPAN_S;
  let best = null;
  let least = 300;
  list.forEach((gap, index) => {
    const distance = Math.abs(gap.timeS - timeS);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

/** @param {{ context: CanvasRenderingContext2D, width: number, height: number }} target @param {import("./departures.js").Gap[]} list @param {import("./state.js").State} state @param {Record<string, string>} colours @param {{ size: number, font: (weight?: number, share?: number) => string }} type @param {number | null} hovered */
function drawGaps({ context, width, height }, list, state, colours, type, hovered) {
  const nowS = state.snapshot.time_s;
  const { left, right, top, bottom } = margins(type.size);
  const box = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  if (box.width < 20 || box.height < 20) return;
  const highest = Math.max(60, ...list.flatMap((gap) => [gap.gapS, gap.plannedGapS ?? 0])) * 1.1;
  const pxPerS = box.width / (2 * SPAN_S);
  const x = (/** @type {number} */ timeS) => box.x + (timeS - nowS + SPAN_S) * pxPerS;
  const y = (/** @type {number} */ value) => box.y + box.height * (1 - value / highest);
  context.clearRect(0, 0, width, height);
  context.font = type.font(400, 0.92);
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.fillStyle = colours.quiet;
  context.fillText("s", box.x - 6, type.size * 0.6);
  for (const value of niceTicks(highest, Math.max(2, Math.floor(box.height / (type.size * 2))))) {
    context.strokeRect(box.x, Math.round(y(value)) + 0.5, box.width, 0);
    context.fillText(formatWhole(value), box.x - 6, y(value));
  }
  context.textAlign = "center";
  const step = timeStep(pxPerS, type.size * 5);
  for (let time = Math.ceil((nowS - SPAN_S) / step) * step; time <= nowS + SPAN_S; time += step) context.fillText(clockText(time, false), x(time), box.y + box.height + type.size * 0.95);
  const bar = Math.max(2, Math.min(14, box.width / Math.max(1, list.length) - 3));
  list.forEach((gap, index) => {
    const form = headwayForm(gap.gapS, gap.plannedGapS);
    const usual = gap.kind === "actual" ? colours.actual : colours.plan;
    const colour = form === "wide" ? colours.late : form === "tight" ? colours.early : usual;
    const [at, tip] = [x(gap.timeS) - bar / 2, y(gap.gapS)];
    context.strokeStyle = context.fillStyle = colour;
    if (gap.kind === "actual") {
      context.globalAlpha = form === "even" ? 0.55 : 1;
      context.fillRect(at, tip, bar, box.y + box.height - tip);
      context.globalAlpha = 1;
    } else {
      context.setLineDash([3, 2]);
      context.lineWidth = 1.5;
      context.strokeRect(at, tip, bar, box.y + box.height - tip);
      context.setLineDash([]);
    }
    context.textAlign = "center";
    if (form === "wide" || form === "tight") context.fillText(form === "wide" ? "▲" : "▼", x(gap.timeS), tip - type.size * 0.6);
    if (gap.plannedGapS !== null) {
      context.strokeStyle = colours.ink;
      context.lineWidth = 2;
      context.strokeRect(at - 2, Math.round(y(gap.plannedGapS)), bar + 4, 0);
    }
    if (index !== hovered) return;
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.strokeRect(at - 2, tip - 2, bar + 4, box.y + box.height - tip + 2);
  });
  context.strokeStyle = colours.ink;
  context.lineWidth = 1;
  context.strokeRect(Math.round(x(nowS)) + 0.5, box.y, 0, box.height);
  if (isStale(state) || isFeedOld(state, "train events")) hatch(context, box, colours.stale);
  const gap = hovered === null ? null : list[hovered];
  if (!gap) return;
  const text = `${clockText(gap.timeS)}  ${gap.trainId ?? gap.tripId}  ${formatWhole(gap.gapS)} s / ${gap.plannedGapS === null ? "–" : formatWhole(gap.plannedGapS)} s`;
  context.fillStyle = colours.ink;
  context.font = type.font(600, 0.92);
  context.textAlign = x(gap.timeS) > width / 2 ? "right" : "left";
  context.fillText(text, x(gap.timeS), type.size * 0.6);
}
