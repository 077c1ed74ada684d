/** A pen that writes SVG with the calls of a canvas context, so that the exported picture is what is seen; tables as CSV. */
import { clockText } from "./graph_labels.js";
import { inWindow } from "./graph_trips.js";

const TENTH = (/** @type {number} */ value) => String(Math.round(value * 10) / 10);
/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one] ?? one);

export class SvgPen {
  strokeStyle = "#000";
  fillStyle = "#000";
  lineWidth = 1;
  font = "12px Arial";
  globalAlpha = 1;
  /** @type {CanvasTextAlign} */
  textAlign = "left";
  /** @type {CanvasTextBaseline} */
  textBaseline = "alphabetic";
  /** @type {string[]} */
  #parts = [];
  #path = "";
  /** @type {number[]} */
  #dash = [];
  #clips = 0;
  #open = 0;

  /** @param {CanvasRenderingContext2D} measure */
  constructor(measure) {
    this.measure = measure;
  }

  /** @param {number[]} dash */
  setLineDash(dash) {
    this.#dash = dash;
  }

  beginPath() {
    this.#path = "";
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.#path += `M${TENTH(x)} ${TENTH(y)}`;
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.#path += `L${TENTH(x)} ${TENTH(y)}`;
  }

  stroke() {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(" ")}"` : "";
    this.#parts.push(`<path d="${this.#path}" fill="none" stroke="${escaped(this.strokeStyle)}" stroke-width="${this.lineWidth}"${dash}/>`);
  }

  fill() {
    this.#parts.push(`<path d="${this.#path}Z" fill="${escaped(this.fillStyle)}"/>`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  fillRect(x, y, width, height) {
    const opacity = this.globalAlpha < 1 ? ` fill-opacity="${this.globalAlpha}"` : "";
    this.#parts.push(`<rect x="${TENTH(x)}" y="${TENTH(y)}" width="${TENTH(width)}" height="${TENTH(height)}" fill="${escaped(this.fillStyle)}"${opacity}/>`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  strokeRect(x, y, width, height) {
    this.#parts.push(`<rect x="${TENTH(x)}" y="${TENTH(y)}" width="${TENTH(width)}" height="${TENTH(height)}" fill="none" stroke="${escaped(this.strokeStyle)}"/>`);
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    const anchor = { left: "start", start: "start", center: "middle", right: "end", end: "end" }[this.textAlign];
    const baseline = { top: "hanging", hanging: "hanging", middle: "central", alphabetic: "alphabetic", ideographic: "ideographic", bottom: "text-after-edge" }[this.textBaseline];
    this.#parts.push(`<text x="${TENTH(x)}" y="${TENTH(y)}" fill="${escaped(this.fillStyle)}" text-anchor="${anchor}" dominant-baseline="${baseline}">${escaped(text)}</text>`);
  }

  /** @param {string} text */
  measureText(text) {
    return this.measure.measureText(text);
  }

  /** What follows is cut to a rectangle, until `unclip`. @param {number} x @param {number} y @param {number} width @param {number} height */
  clipTo(x, y, width, height) {
    this.#clips += 1;
    this.#open += 1;
    this.#parts.push(`<clipPath id="clip-${this.#clips}"><rect x="${TENTH(x)}" y="${TENTH(y)}" width="${TENTH(width)}" height="${TENTH(height)}"/></clipPath><g clip-path="url(#clip-${this.#clips})">`);
  }

  unclip() {
    if (this.#open > 0) this.#parts.push("</g>");
    this.#open = Math.max(0, this.#open - 1);
  }

  /** The document. @param {number} width @param {number} height @param {string} title @param {string} ground */
  text(width, height, title, ground) {
    const face = escaped(this.font.replace(/^[\d.]+px /, ""));
    const size = this.font.match(/^[\d.]+/)?.[0] ?? "12";
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${face}" font-size="${size}">`,
      `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="${escaped(ground)}"/>`, ...this.#parts, ...Array(this.#open).fill("</g>"), "</svg>",
    ].join("\n"); // prettier-ignore
  }
}

/** A cell of CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it. @param {string | number | null | undefined} value */
export function csvCell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The trips of the layers in view as CSV, a row a stop. @param {import("./graph_paint.js").Layer[]} layers @param {{ station_id?: string, name: string }[]} stations @param {import("./graph_view.js").View} view */
export function tripsCsv(layers, stations, view) {
  const rows = [["layer", "trip_id", "train_number", "direction", "vehicle", "stop", "station", "arrival", "departure"]];
  for (const { name, set } of layers) {
    const [begin, end] = inWindow(set, view.from_s, view.to_s);
    for (let i = begin; i < end; i += 1) {
      if (set.end_s[i] < view.from_s) continue;
      const trip = set.trips[i];
      trip.stops.forEach(([station, arrival_s, departure_s], stop) => {
        const times = [arrival_s, departure_s].map((one) => (one === null ? "" : clockText(one)));
        rows.push([name, trip.trip_id, trip.number ?? "", trip.direction, trip.duty ?? "", String(stop), stations[station].station_id ?? stations[station].name, ...times]);
      });
    }
  }
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}
