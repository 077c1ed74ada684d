const charts = JSON.parse(document.getElementById("charts").textContent);
const config = { responsive: true, displaylogo: false, scrollZoom: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
const places = new Map([...document.querySelectorAll("[data-chart]")].map((place) => [place.dataset.chart, place]));
const drawn = new Set();

function draw(name) {
  if (drawn.has(name)) return;
  drawn.add(name);
  const place = places.get(name);
  if (name === "driving") {
    showSection();
    return;
  }
  const chart = charts[name];
  if (!chart) return;
  Plotly.newPlot(place, chart.data, chart.layout, { ...config, scrollZoom: name === "train_graph" });
}

// The wheel alone scrolls the page; with Ctrl it zooms the train graph.
places.get("train_graph")?.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  },
  { capture: true },
);

// Each chart is drawn when it comes near the window, all of them before printing.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target.dataset.chart);
  },
  { rootMargin: "400px" },
);
for (const [name, place] of places) {
  const chart = name === "driving" ? charts.driving[0]?.chart : charts[name];
  place.style.minHeight = `${chart?.layout.height ?? 0}px`;
  watcher.observe(place);
}
window.addEventListener("beforeprint", () => {
  for (const name of places.keys()) draw(name);
});

const hours = charts.train_graph.layout.xaxis.range.slice();
const viewButtons = [...document.querySelectorAll("[data-view]")];
const border = document.getElementById("border");
const AROUND_BORDER_MS = 45 * 60_000;

// Of the ways to choose a time range only the last one that was used is marked.
function showRange(range, button) {
  draw("train_graph");
  for (const other of viewButtons) other.setAttribute("aria-pressed", String(other === button));
  if (button && border) border.value = "";
  Plotly.relayout(places.get("train_graph"), { "xaxis.range": range.slice(), "yaxis.autorange": true });
}

for (const button of viewButtons) {
  button.addEventListener("click", () => showRange(button.dataset.view === "day" ? charts.day_range_ms : hours, button));
}
border?.addEventListener("change", () => {
  if (!border.value) return;
  const at = Number(border.value) * 1000;
  showRange([at - AROUND_BORDER_MS, at + AROUND_BORDER_MS], null);
});

// Coloured by power: the plan's lines stay thin below, for their names; the view stays where it is.
const byPower = () => [
  ...charts.train_graph.data
    .filter((trace) => trace.name.startsWith("plan"))
    .map((trace) => ({ ...trace, showlegend: false, line: { color: "#c5ccd4", width: 0.5 } })),
  ...charts.train_power.data,
];
const colourButtons = [...document.querySelectorAll("[data-colours]")];
for (const button of colourButtons) {
  button.addEventListener("click", () => {
    draw("train_graph");
    const place = places.get("train_graph");
    const data = button.dataset.colours === "power" ? byPower() : charts.train_graph.data;
    Plotly.react(place, data, { ...place.layout }, { ...config, scrollZoom: true });
    for (const other of colourButtons) other.setAttribute("aria-pressed", String(other === button));
  });
}

const select = document.getElementById("section");
let group = null;
charts.driving.forEach((one, index) => {
  if (group?.label !== one.group) {
    group = document.createElement("optgroup");
    group.label = one.group;
    select.append(group);
  }
  group.append(new Option(one.name, String(index)));
});

function showSection() {
  const one = charts.driving[Number(select.value)];
  if (!one) return;
  document.getElementById("driving-text").textContent = one.text;
  Plotly.react(places.get("driving"), one.chart.data, one.chart.layout, config);
}

function step(by) {
  select.selectedIndex = (select.selectedIndex + by + select.options.length) % select.options.length;
  drawn.add("driving");
  showSection();
}

select.addEventListener("change", () => {
  drawn.add("driving");
  showSection();
});
document.getElementById("previous").addEventListener("click", () => step(-1));
document.getElementById("next").addEventListener("click", () => step(1));

// The contents mark the section that is read.
const entries = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
const reader = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      for (const link of entries.values()) link.removeAttribute("aria-current");
      entries.get(target.id)?.setAttribute("aria-current", "true");
    }
  },
  { rootMargin: "-8% 0px -86% 0px" },
);
for (const id of entries.keys()) reader.observe(document.getElementById(id));
