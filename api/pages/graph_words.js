/** What a train graph tells in words, and the colours that the page gives it. */
import { clockText } from "./graph_labels.js";
import { tripName } from "./graph_trips.js";
import { t } from "./locale.js";

const COLOURS = ["ink", "quiet", "ground", "edge", "grid", "grid_help", "plan", "today", "actual", "forecast", "early", "late", "added", "same", "selected", "now", "area", "power_0", "power_1", "power_2", "power_3", "power_4"];

/** Name, stations and times of a trip, its vehicle, and how far it moved. @param {import("./graph_paint.js").Layer} layer @param {number} index @param {{ name: string }[]} stations */
export function tripWords(layer, index, stations) {
  const trip = layer.set.trips[index];
  const [first, last] = [trip.stops[0], trip.stops[trip.stops.length - 1]];
  const words = [
    t("graph.train", { name: tripName(trip), layer: t(`graph.layer.${layer.form}`) }),
    t("graph.from_to", { from: stations[first[0]]?.name ?? "", to: stations[last[0]]?.name ?? "", start: clockText(layer.set.start_s[index]), end: clockText(layer.set.end_s[index]) }),
  ];
  if (trip.duty) words.push(t("graph.vehicle", { name: trip.duty }));
  const shift = layer.shift?.[index];
  if (shift !== undefined && !Number.isNaN(shift)) words.push(Math.abs(shift) < 0.5 ? t("graph.unmoved") : t(shift > 0 ? "graph.later" : "graph.earlier", { n: Math.round(Math.abs(shift)) }));
  return words;
}

/** Lines of text beside a point, inside of the graph. @param {HTMLElement} tip @param {string[]} lines @param {number} x @param {number} y @param {{ width: number, height: number }} size */
export function placeTip(tip, lines, x, y, size) {
  tip.replaceChildren(...lines.map((words) => Object.assign(document.createElement("div"), { textContent: words })));
  const isRight = x > size.width / 2;
  tip.style.left = isRight ? "" : `${x + 14}px`;
  tip.style.right = isRight ? `${size.width - x + 14}px` : "";
  tip.style.top = `${Math.max(4, Math.min(y - 12, size.height - 96))}px`;
}

/** The colours `--graph-...` of the page, and its type face, for a canvas. @param {HTMLElement} host */
export function coloursOf(host) {
  const probe = document.createElement("span");
  host.append(probe);
  /** @type {Record<string, string>} */
  const colours = { face: getComputedStyle(host).fontFamily };
  for (const name of COLOURS) {
    probe.style.color = `var(--graph-${name.replaceAll("_", "-")})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}
