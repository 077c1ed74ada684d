/** The tools of a train graph: layers, colours, find, zoom, save and print, with the key of the lines. */
import { element } from "./element.js";
import { hasPower } from "./graph_paint.js";
import { csvCell } from "./graph_svg.js";
import { formatWhole, t } from "./locale.js";
import { graphTable } from "./graph_table.js";

/** @typedef {import("./train_graph.js").TrainGraph} TrainGraph */

const KEYS = /** @type {Record<string, { width: number, dash: string }>} */ ({
  plan: { width: 1.5, dash: "" }, today: { width: 1.5, dash: "2 3" }, actual: { width: 3, dash: "" }, forecast: { width: 2, dash: "6 4" }, early: { width: 2, dash: "" }, late: { width: 2, dash: "7 3" },
  same: { width: 1, dash: "" }, added: { width: 3, dash: "" }, power_0: { width: 2.2, dash: "4 3" }, power_1: { width: 1.5, dash: "" }, power_2: { width: 2, dash: "" }, power_3: { width: 3, dash: "" }, power_4: { width: 4.5, dash: "" },
}); // prettier-ignore

/** Tools above and key and table below a graph. `file` is the beginning of the names of saved files.
 * @param {TrainGraph} graph @param {{ file: string, title: () => string, hasPower?: boolean }} options @returns {{ above: HTMLElement, below: HTMLElement[], refresh: () => void }} */
export function graphTools(graph, { file, title, hasPower: isColoured = false }) {
  const key = element("ul", { class: "graph-key" });
  const table = graphTable(graph);
  /** @type {Map<string, HTMLInputElement>} */
  const boxes = new Map();
  const layers = element("fieldset", {}, element("legend", {}, t("graph.show")));
  const colour = /** @type {HTMLSelectElement} */ (element("select", { "aria-label": t("graph.colour"), onchange: () => (graph.colourBy(colour.value === "power" ? "power" : "plain"), refresh()) }, element("option", { value: "plain" }, t("graph.colour.plain")), element("option", { value: "power" }, t("graph.colour.power"))));
  const refresh = () => {
    colour.value = graph.state.colour;
    // The boxes stay, so that the one that was pressed keeps the focus.
    const hidden = new Set(graph.state.hidden);
    if ([...boxes.keys()].join() !== graph.layers.map((one) => one.name).join()) {
      for (const box of boxes.values()) box.parentElement?.remove();
      boxes.clear();
      for (const one of graph.layers) {
        const box = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", onchange: () => (graph.showLayer(one.name, box.checked), drawKey(key, graph)) }));
        boxes.set(one.name, box);
        layers.append(element("label", {}, box, t(`graph.layer.${one.form}`)));
      }
    }
    for (const [name, box] of boxes) box.checked = !hidden.has(name);
    drawKey(key, graph);
    table.refresh();
  };
  const press = (/** @type {string} */ text, /** @type {() => void} */ call, /** @type {string | null} */ name = null) => element("button", { type: "button", onclick: call, "aria-label": name, title: name }, text);
  const save = (/** @type {string} */ kind) => saveAs(graph, kind, file);
  const above = element(
    "div", { class: "graph-tools" }, layers, isColoured ? colour : null, finder(graph),
    element("div", { class: "buttons" }, press("−", () => graph.zoom(1.25), t("graph.zoom_out")), press("+", () => graph.zoom(0.8), t("graph.zoom_in")), press(t("graph.day"), () => graph.look("day")), press(t("graph.centre"), () => graph.centre())),
    element("div", { class: "buttons", role: "group", "aria-label": t("graph.export") }, press("PNG", () => save("png")), press("SVG", () => save("svg")), press("CSV", () => save("csv")), press(t("graph.print"), () => printGraph(graph, title()))),
  ); // prettier-ignore
  refresh();
  return { above, below: [key, table.view], refresh };
}

/** The field in which a train is searched: Enter goes to the next one that fits. @param {TrainGraph} graph */
function finder(graph) {
  const told = element("output", {});
  let found = /** @type {string[]} */ ([]);
  let place = -1;
  const go = (/** @type {number} */ to) => {
    place = found.length ? (to + found.length) % found.length : -1;
    told.textContent = !field.value.trim() ? "" : place < 0 ? t("graph.found_none") : t("graph.found", { place: place + 1, count: found.length });
    if (place >= 0) {
      graph.select(found[place]);
      graph.centre();
    }
  };
  const field = /** @type {HTMLInputElement} */ (
    element("input", {
      type: "search", placeholder: t("graph.find"), "aria-label": t("graph.find"), spellcheck: "false", autocomplete: "off",
      oninput: () => {
        found = graph.find(field.value);
        told.textContent = !field.value.trim() ? "" : found.length ? t("graph.found", { place: 1, count: found.length }) : t("graph.found_none");
        place = -1;
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        go(place + (event.shiftKey ? -1 : 1));
      },
    })
  ); // prettier-ignore
  return element("div", { class: "buttons", role: "search" }, field, told);
}

/** @param {HTMLElement} key @param {TrainGraph} graph */
function drawKey(key, graph) {
  const shown = graph.shownLayers;
  const names = shown.flatMap((one) => (one.form === "difference" ? ["early", "late", "same", "added"] : [one.form]));
  const withPower = graph.state.colour === "power" ? shown.filter((one) => hasPower(one)).map((one) => one.form) : [];
  const isByPower = withPower.length > 0;
  const powers = isByPower ? ["power_0", "power_1", "power_2", "power_3", "power_4"] : [];
  const plain = names.filter((one) => !withPower.some((form) => form === one));
  const highest = isByPower ? graph.highestPower : 0;
  key.replaceChildren(
    ...[...new Set([...plain, ...powers])].map((name) => {
      const text = name.startsWith("power_") ? t(`graph.key.${name}`, { kw: formatWhole((highest * Number(name.slice(-1))) / 4) }) : t(KEY_TEXTS.has(name) ? `graph.key.${name}` : `graph.layer.${name}`);
      return element("li", {}, stroke(name), text);
    }),
  );
}

const KEY_TEXTS = new Set(["early", "late", "same", "added"]);

/** @param {string} name */
function stroke(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 28 10");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const { width, dash } = KEYS[name];
  for (const [attribute, value] of Object.entries({ x1: 0, x2: 28, y1: 5, y2: 5, stroke: `var(--graph-${name.replaceAll("_", "-")})`, "stroke-width": width, "stroke-dasharray": dash })) line.setAttribute(attribute, String(value));
  picture.append(line);
  return picture;
}

/** @param {TrainGraph} graph @param {string} kind @param {string} file */
async function saveAs(graph, kind, file) {
  const content = kind === "png" ? await graph.png() : kind === "svg" ? new Blob([graph.svg()], { type: "image/svg+xml" }) : new Blob(["\ufeff", graph.csv()], { type: "text/csv" });
  if (content) download(content, `${file}.${kind}`);
}

/** Save a content of the page as a file. @param {Blob} content @param {string} name */
export function download(content, name) {
  const address = URL.createObjectURL(content);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Rows of cells as a CSV file. @param {(string | number | null)[][]} rows @param {string} name */
export function downloadRows(rows, name) {
  download(new Blob(["\ufeff", rows.map((row) => row.map(csvCell).join(",")).join("\r\n"), "\r\n"], { type: "text/csv" }), name);
}

/** Print the graph on A3 across; the rest of the page is not printed. @param {TrainGraph} graph @param {string} title */
export function printGraph(graph, title) {
  const sheet = element("div", { class: "graph-print" }, element("h1", {}, title));
  const picture = new DOMParser().parseFromString(graph.svg({ width: 1500, height: 960 }), "image/svg+xml").documentElement;
  sheet.append(document.importNode(picture, true));
  document.body.append(sheet);
  document.body.classList.add("prints-graph");
  const end = () => {
    document.body.classList.remove("prints-graph");
    sheet.remove();
  };
  window.addEventListener("afterprint", end, { once: true });
  window.print();
}
