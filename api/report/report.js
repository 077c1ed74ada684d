import { reportGraph } from "./report_graph.js";
import { sayReport } from "./report_language.js";

const { charts, locale } = sayReport(JSON.parse(document.getElementById("charts").textContent));
const config = { ...locale, responsive: true, displaylogo: false, scrollZoom: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
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
  if (name === "train_graph") reportGraph(place, chart);
  else if (chart) Plotly.newPlot(place, chart.data, chart.layout, config);
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
  place.style.minHeight = `${chart?.layout?.height ?? 0}px`;
  watcher.observe(place);
}
window.addEventListener("beforeprint", () => {
  for (const name of places.keys()) draw(name);
});

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

// What scrolls can be reached by keyboard.
const wide = new ResizeObserver((changed) => {
  for (const { target } of changed) {
    const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
    if (scrolls) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(".scroll")) {
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", box.closest("section").querySelector("h2").textContent);
  wide.observe(box);
}

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
