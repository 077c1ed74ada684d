/** The train graph of a plan: today, plan and difference, with what is known of the selected train. */
import { element } from "./element.js";
import { graphTools } from "./graph_tools.js";
import { busiest } from "./graph_trips.js";
import { stateOf, stateText } from "./graph_view.js";
import { t } from "./locale.js";
import { TrainGraph } from "./train_graph.js";

const FIRST_SPAN_S = 5400;
const FAR_M = 1e7; // the whole line, whatever its length

/** @param {any} plan @param {any} document the graph of the plan @param {{ title: string, state: string, onState: (state: string) => void, explain: (trip: string, place: HTMLElement) => void }} given */
export function planGraph(plan, document, { title, state, onState, explain }) {
  const host = element("div", {});
  const about = element("section", { class: "train", hidden: true });
  const view = element("div", {});
  /** @type {ReturnType<typeof graphTools> | null} */
  let tools = null;
  const told = () => {
    onState(stateText(graph.state));
    tools?.refresh();
  };
  const chosen = (/** @type {string | null} */ trip) => {
    about.hidden = trip === null;
    if (trip !== null) about.replaceChildren(...aboutTrain(graph, trip, explain));
    told();
  };
  const graph = new TrainGraph(host, { label: t("graph.of", { line: title }), onSelect: chosen, onView: told, onOpen: (trip) => explain(trip, about) });
  const wanted = stateOf(state);
  const first = { ...busiest(document.trips, FIRST_SPAN_S), low_m: -FAR_M, high_m: FAR_M };
  graph.state = wanted ?? { view: first, selected: null, hidden: ["difference"], colour: "plain" };
  graph.show(document.stations, [
    { name: "today", form: "today", trips: document.today },
    { name: "plan", form: "plan", trips: document.trips },
    { name: "difference", form: "difference", trips: document.trips, before: document.today },
  ]);
  tools = graphTools(graph, { file: `train-graph-${plan.id}`, title: () => title, hasPower: true });
  if (wanted?.selected) graph.select(wanted.selected);
  view.append(tools.above, host, element("p", { class: "quiet" }, t("graph.keys")), about, ...tools.below);
  return view;
}

/** @param {TrainGraph} graph @param {string} trip @param {(trip: string, place: HTMLElement) => void} explain */
function aboutTrain(graph, trip, explain) {
  const answer = element("div", {});
  const button = element("button", { type: "button", onclick: () => explain(trip, answer) }, t("explain.this"));
  const lines = graph.shownLayers.flatMap((layer) => {
    const index = layer.set.index.get(trip);
    return index === undefined ? [] : [element("li", {}, graph.describe(layer, index).join(" · "))];
  });
  return [element("h2", {}, t("graph.selected", { name: trip })), element("ul", {}, ...lines), element("p", { class: "buttons" }, button), answer];
}
