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
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    draw("train_graph");
    const range = button.dataset.view === "day" ? charts.day_range_ms : hours;
    Plotly.relayout(places.get("train_graph"), { "xaxis.range": range.slice(), "yaxis.autorange": true });
  });
}

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
