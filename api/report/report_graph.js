/** The train graph of a report: today, plan and difference, coloured by power, with the borders of headway periods. */
import { element } from "../pages/element.js";
import { clockText } from "../pages/graph_labels.js";
import { graphTools } from "../pages/graph_tools.js";
import { busiest } from "../pages/graph_trips.js";
import { t } from "../pages/locale.js";
import { TrainGraph } from "../pages/train_graph.js";

/** `motion` has time in s, place in m and mean power up to the next point in kW, each as the change from the point before.
 * @typedef {import("../pages/graph_trips.js").Trip & { motion?: number[] | null }} ReportTrip */
/** @typedef {{ line_id: string, title: string, stations: { station_id: string, name: string, chainage_m: number }[], trips: ReportTrip[], today: ReportTrip[], borders_s: number[] }} GraphDocument */

const FIRST_SPAN_S = 5400;
const AROUND_BORDER_S = 2700;
const FAR_M = 1e7; // the whole line, whatever its length

/** A trip with the points of its motion, and the power between each two of them. @param {ReportTrip} trip @returns {import("../pages/graph_trips.js").Trip} */
export function withMotion({ motion, ...trip }) {
  if (!motion) return trip;
  /** @type {[number, number][]} */
  const points = [];
  const powers = [];
  let [time_s, place_m, power_kw] = [0, 0, 0];
  for (let k = 0; k < motion.length; k += 3) {
    const stands = k > 0 && motion[k + 1] === 0;
    if (k > 0 && !stands) powers.push(power_kw);
    [time_s, place_m, power_kw] = [time_s + motion[k], place_m + motion[k + 1], power_kw + motion[k + 2]];
    points.push([time_s, place_m]);
  }
  return { ...trip, points, power_kw: powers };
}

/** Put the graph with its tools, its key and its table into a place of the page. @param {HTMLElement} place @param {GraphDocument} document */
export function reportGraph(place, document) {
  const host = element("div", {});
  /** @type {ReturnType<typeof graphTools> | null} */
  let tools = null;
  const told = () => tools?.refresh();
  const graph = new TrainGraph(host, { label: t("graph.of", { line: document.title }), onSelect: told, onView: told });
  const plan = document.trips.map(withMotion);
  const busy = busiest(plan, FIRST_SPAN_S);
  graph.marks_s = document.borders_s;
  graph.state = { view: { ...busy, low_m: -FAR_M, high_m: FAR_M }, selected: null, hidden: ["difference"], colour: "plain" };
  graph.show(document.stations, [
    { name: "today", form: "today", trips: document.today },
    { name: "plan", form: "plan", trips: plan },
    { name: "difference", form: "difference", trips: plan, before: document.today },
  ]);
  tools = graphTools(graph, { file: `train-graph-${document.line_id}`, title: () => document.title, hasPower: true });
  tools.above.classList.add("no-print");
  tools.above.append(element("div", { class: "buttons" }, element("button", { type: "button", onclick: () => graph.look(busy) }, t("graph.busiest"))));
  if (document.borders_s.length) tools.above.append(borderChoice(graph, document.borders_s));
  place.append(tools.above, host, element("p", { class: "quiet no-print" }, t("graph.keys")), ...tools.below);
  return graph;
}

/** The choice of a border between two periods, which the view then has in its middle. @param {TrainGraph} graph @param {number[]} borders_s */
function borderChoice(graph, borders_s) {
  const options = borders_s.map((at_s) => element("option", { value: at_s }, clockText(at_s, false)));
  const choice = /** @type {HTMLSelectElement} */ (
    element("select", { onchange: () => choice.value && graph.look({ from_s: Number(choice.value) - AROUND_BORDER_S, to_s: Number(choice.value) + AROUND_BORDER_S }) }, element("option", { value: "" }, t("graph.border_none")), ...options)
  );
  return element("label", {}, t("graph.border"), " ", choice);
}
