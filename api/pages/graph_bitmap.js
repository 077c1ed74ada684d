/** The lines of many trips as a bitmap: moved and scaled while the hand moves, painted anew in short slices. */
import { across, covers, down, held } from "./graph_view.js";

/** @typedef {import("./graph_view.js").View} View @typedef {import("./graph_view.js").Plot} Plot */
/** @typedef {import("./graph_paint.js").Strokes} Strokes */

const BEYOND = 0.35;
const MOST_PIXELS = 12e6;

/** The view with a margin on each side, so that a short pan needs no new bitmap. @param {View} view @param {View} whole @returns {View} */
export function withMargin(view, whole) {
  const [time, place] = [BEYOND * (view.to_s - view.from_s), BEYOND * (view.high_m - view.low_m)];
  return held({ from_s: Math.max(view.from_s - time, whole.from_s), to_s: Math.min(view.to_s + time, whole.to_s), low_m: Math.max(view.low_m - place, whole.low_m), high_m: Math.min(view.high_m + place, whole.high_m) }, whole);
}

export class Bitmap {
  /** @type {{ canvas: HTMLCanvasElement, view: View, perSecond: number } | null} */
  #shown = null;
  /** @type {{ canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D, view: View, perSecond: number, strokes: Strokes[], layer: number, trip: number } | null} */
  #made = null;
  /** @type {HTMLCanvasElement | null} */
  #spare = null;

  get isComplete() {
    return this.#made === null;
  }

  /** Begin to paint a view; `strokesIn` gives what to paint in a view and a plot. @param {View} view @param {View} whole @param {Plot} plot @param {number} ratio device pixels per CSS pixel @param {(view: View, plot: Plot) => Strokes[]} strokesIn */
  begin(view, whole, plot, ratio, strokesIn) {
    const wide = withMargin(view, whole);
    let width = (plot.width * (wide.to_s - wide.from_s)) / (view.to_s - view.from_s);
    let height = (plot.height * (wide.high_m - wide.low_m)) / (view.high_m - view.low_m);
    let painted = wide;
    if (width * height * ratio * ratio > MOST_PIXELS) [painted, width, height] = [view, plot.width, plot.height];
    const inner = { left: 0, top: 0, width, height };
    const strokes = strokesIn(painted, inner);
    if (!strokes.length) {
      [this.#shown, this.#made] = [null, null];
      return;
    }
    const canvas = this.#made?.canvas ?? this.#spare ?? document.createElement("canvas");
    this.#spare = null;
    [canvas.width, canvas.height] = [Math.max(1, Math.ceil(width * ratio)), Math.max(1, Math.ceil(height * ratio))];
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#made = { canvas, pen, view: painted, perSecond: plot.width / (view.to_s - view.from_s), strokes, layer: 0, trip: strokes[0]?.begin ?? 0 };
  }

  /** Paint for some ms; true once a complete bitmap has taken the place of the one before. @param {number} budget_ms */
  advance(budget_ms) {
    const made = this.#made;
    if (!made) return false;
    const until = performance.now() + budget_ms;
    for (let done = 1; made.layer < made.strokes.length; done += 1) {
      const { set, end, stroke } = made.strokes[made.layer];
      if (made.trip >= end) {
        made.layer += 1;
        made.trip = made.strokes[made.layer]?.begin ?? 0;
        continue;
      }
      if (set.end_s[made.trip] >= made.view.from_s) stroke(made.pen, made.trip);
      made.trip += 1;
      if (done % 16 === 0 && performance.now() > until) return false;
    }
    this.#spare = this.#shown?.canvas ?? null;
    this.#shown = made;
    this.#made = null;
    return true;
  }

  /** Whether the bitmap shows all of a view, and about as sharp as the screen; after a zoom exactly. @param {View} view @param {Plot} plot @param {boolean} isZoom */
  serves(view, plot, isZoom) {
    if (!this.#shown || !covers(view, this.#shown.view)) return false;
    const scale = plot.width / (view.to_s - view.from_s) / this.#shown.perSecond;
    return isZoom ? scale > 0.5 && scale < 2 : Math.abs(scale - 1) < 1e-3;
  }

  /** Draw the bitmap where it belongs in a view. @param {CanvasRenderingContext2D} pen @param {View} view @param {Plot} plot @param {number} ratio */
  draw(pen, view, plot, ratio) {
    if (!this.#shown) return;
    const { canvas, view: of } = this.#shown;
    const [x, y] = [across(view, plot, of.from_s), down(view, plot, of.low_m)];
    const width = ((of.to_s - of.from_s) / (view.to_s - view.from_s)) * plot.width;
    const height = ((of.high_m - of.low_m) / (view.high_m - view.low_m)) * plot.height;
    if (Math.abs(width * ratio - canvas.width) < 1.01 && Math.abs(height * ratio - canvas.height) < 1.01) {
      // A pan moves whole pixels, which is exact and quick.
      pen.drawImage(canvas, Math.round(x * ratio) / ratio, Math.round(y * ratio) / ratio, canvas.width / ratio, canvas.height / ratio);
      return;
    }
    const cut = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ low, /** @type {number} */ room) => [Math.max(at, low), Math.min(at + size, low + room)];
    const [left, right] = cut(x, width, plot.left, plot.width);
    const [top, low] = cut(y, height, plot.top, plot.height);
    if (right <= left || low <= top) return;
    const [perX, perY] = [canvas.width / width, canvas.height / height];
    pen.imageSmoothingEnabled = false; // a third of the cost, for as long as the hand moves
    pen.drawImage(canvas, (left - x) * perX, (top - y) * perY, (right - left) * perX, (low - top) * perY, left, top, right - left, low - top);
  }
}
