import { clockText as clockOf } from "../pages/graph_labels.js";
import { shortened } from "../pages/graph_paint.js";
import { punctuality, replayGraph } from "./replay_graph.js";

// Plays a simulated day: trains on the line coloured by power, power of the substations, voltage along the line.
const meta = JSON.parse(document.getElementById("meta").textContent);
const byId = (id) => document.getElementById(id);
const KINDS = { int32: Int32Array, float32: Float32Array, uint16: Uint16Array, int16: Int16Array };
const SPEEDS = [1, 2, 5, 10, 30, 60, 120, 300, 600];
const FULL_KW = 2500; // a train at this power has the full colour and the longest bar
const MARGIN = { left: 46, right: 72 }; // to the right the last station has its name

const state = { at: 0, playing: false, speed: 30, last: 0, spots: [], data: null, total: null, graph: null };

async function unpack() {
  const text = byId("data").textContent.trim();
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const data = {};
  for (const { name, kind, at, count } of meta.arrays) data[name] = new KINDS[kind](buffer, at, count);
  return data;
}

const clockText = (second) => clockOf(Math.floor(meta.start_s + second));
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const megawatts = (kilowatts) => `${(kilowatts / 1000).toFixed(2)} MW`;

/** Size a canvas to its place in device pixels; drawing stays in CSS pixels. */
function prepared(id) {
  const canvas = byId(id);
  const box = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  pen.font = "12px system-ui, sans-serif";
  return { pen, width: box.width, height: box.height };
}

/** All trains at a moment: those that run, between two of their seconds, and those that stand. */
function trainsAt(moment) {
  const d = state.data;
  const found = [];
  const running = new Set();
  for (let r = 0; r < d.run_start.length; r += 1) {
    const since = moment - d.run_start[r];
    if (since < 0 || since >= d.run_length[r]) continue;
    const k = d.run_first[r] + Math.floor(since);
    const next = Math.min(k + 1, d.run_first[r] + d.run_length[r] - 1);
    const part = since - Math.floor(since);
    const metres = (i) => meta.low_m + (d.position[i] / 65535) * meta.span_m;
    running.add(d.run_vehicle[r]);
    found.push({
      at_m: metres(k) * (1 - part) + metres(next) * part, down: d.run_down[r] === 1, kw: d.power_kw[k],
      volts: d.voltage[k] / 10, speed: Math.abs(metres(next) - metres(k)) * 3.6, vehicle: d.run_vehicle[r],
      trip: d.run_trip[r], passengers: d.run_passengers[r], runs: true,
    });
  }
  for (let s = 0; s < d.stand_from.length; s += 1) {
    if (moment < d.stand_from[s] || moment >= d.stand_to[s] || running.has(d.stand_vehicle[s])) continue;
    found.push({
      at_m: meta.stations[d.stand_station[s]].at_m, down: d.stand_down[s] === 1, kw: 0, volts: null, speed: 0,
      vehicle: d.stand_vehicle[s], trip: d.stand_trip[s], passengers: null, runs: false,
    });
  }
  return found;
}

const across = (metres, width) =>
  MARGIN.left + ((metres - meta.low_m) / meta.span_m) * (width - MARGIN.left - MARGIN.right);

function powerColour(kw, runs) {
  if (!runs || Math.abs(kw) < 120) return colour("--rolls");
  return colour(kw > 0 ? "--draws" : "--feeds");
}

function drawLine(trains, second) {
  const { pen, width, height } = prepared("line");
  const [up, down, ground] = [118, 156, height - 24];
  const [ink, soft, rule] = [colour("--ink"), colour("--soft"), colour("--rule")];
  pen.strokeStyle = soft;
  pen.lineWidth = 2;
  for (const y of [up, down]) {
    pen.beginPath(); pen.moveTo(MARGIN.left - 8, y); pen.lineTo(width - MARGIN.right + 8, y); pen.stroke();
  }
  pen.lineWidth = 1;
  let last = -Infinity;
  for (const station of meta.stations) {
    const x = across(station.at_m, width);
    pen.fillStyle = rule;
    pen.fillRect(x - 2, up - 6, 4, down - up + 12);
    if (x - last < 13) continue; // names that would lie on each other are left out
    last = x;
    pen.save();
    pen.translate(x + 4, up - 36); pen.rotate(-0.6);
    pen.fillStyle = ink; pen.fillText(shortened(pen, station.name, (width - x - 12) / Math.cos(0.6)), 0, 0);
    pen.restore();
  }
  state.spots = [];
  for (const train of trains) {
    const x = across(train.at_m, width);
    const y = train.down ? down : up;
    const away = train.down ? 1 : -1;
    pen.fillStyle = powerColour(train.kw, train.runs);
    const tall = Math.min(1, Math.abs(train.kw) / FULL_KW) * 22;
    if (tall > 1) pen.fillRect(x - 3, train.down ? y + 9 : y - 9 - tall, 6, tall);
    pen.beginPath();
    const nose = train.down ? -1 : 1;
    pen.moveTo(x + nose * 11, y); pen.lineTo(x + nose * 5, y + 7); pen.lineTo(x - nose * 9, y + 7);
    pen.lineTo(x - nose * 9, y - 7); pen.lineTo(x + nose * 5, y - 7); pen.closePath(); pen.fill();
    state.spots.push({ x, y: y + (away * tall) / 2, train });
  }
  pen.textAlign = "center";
  let most = 500;
  const now = meta.substations.map((_, k) => state.data[`substation_kw_${k}`][second]);
  for (const kw of now) most = Math.max(most, Math.abs(kw));
  const scale = Math.min(60 / most, 60 / 2000);
  let text = -Infinity;
  meta.substations.forEach((substation, k) => {
    const x = across(substation.at_m, width);
    const tall = now[k] * scale;
    pen.fillStyle = colour(now[k] >= 0 ? "--draws" : "--feeds");
    pen.globalAlpha = 0.75;
    pen.fillRect(x - 8, ground - Math.max(tall, 0), 16, Math.abs(tall));
    pen.globalAlpha = 1;
    pen.fillStyle = rule;
    pen.fillRect(x - 10, ground, 20, 2);
    if (x - text > 44) {
      pen.fillStyle = soft; pen.fillText(`${(now[k] / 1000).toFixed(1)}`, x, ground + 15);
      text = x;
    }
  });
  drawStorages(pen, width, ground, second, scale);
  pen.textAlign = "left";
  pen.fillStyle = soft;
  pen.fillText("MW", 8, ground + 15);
}

/** Each storage as a vessel that its charge fills, with its power as a bar: up while it feeds the line. */
function drawStorages(pen, width, ground, second, scale) {
  const high = 46;
  meta.storages.forEach((storage, k) => {
    const x = across(storage.at_m, width) + 14;
    const charge = state.data[`storage_charge_${k}`][second] / 10000;
    const kw = state.data[`storage_kw_${k}`][second];
    pen.fillStyle = colour("--store");
    pen.globalAlpha = 0.8;
    pen.fillRect(x, ground - charge * high, 12, charge * high);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour("--soft");
    pen.strokeRect(x + 0.5, ground - high + 0.5, 11, high - 1);
    pen.fillStyle = powerColour(-kw, true); // what it takes from the line it draws, as a train does
    const tall = Math.min(Math.abs(kw) * scale, 60);
    if (tall > 1) pen.fillRect(x + 14, ground - tall, 5, tall);
    pen.fillStyle = colour("--store");
    pen.fillText(`${Math.round(100 * charge)} %`, x + 9, ground - high - 5);
    state.spots.push({ x: x + 8, y: ground - high / 2, storage: { name: storage.name, charge, kw } });
  });
}

const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** The state of charge of each storage over the day, a line each. */
function drawCharge() {
  if (!meta.storages.length) return;
  const { pen, width, height } = prepared("charge");
  const inner = width - MARGIN.left - MARGIN.right;
  const [top, floor] = [8, height - 8];
  const level = (share) => floor - share * (floor - top);
  pen.fillStyle = colour("--soft");
  pen.strokeStyle = colour("--rule");
  for (const share of [0, 0.5, 1]) {
    pen.beginPath(); pen.moveTo(MARGIN.left, level(share)); pen.lineTo(width - MARGIN.right, level(share)); pen.stroke();
    pen.fillText(String(100 * share), 14, level(share) + 4);
  }
  pen.strokeStyle = colour("--store");
  meta.storages.forEach((storage, k) => {
    const charge = state.data[`storage_charge_${k}`];
    pen.setLineDash(DASHES[k % DASHES.length]);
    pen.beginPath();
    for (let x = 0; x <= inner; x += 1) {
      const second = Math.min(Math.floor((x / inner) * meta.seconds), meta.seconds - 1);
      pen[x ? "lineTo" : "moveTo"](MARGIN.left + x, level(charge[second] / 10000));
    }
    pen.stroke();
  });
  pen.setLineDash([]);
  pen.fillStyle = colour("--ink");
  pen.fillRect(MARGIN.left + (state.at / meta.seconds) * inner - 1, 0, 2, height);
}

const SHOWN_S = 300; // an event stays in sight so long

function tellHappenings(second) {
  const now = meta.happenings.filter(({ at }) => at <= second && second < at + SHOWN_S);
  byId("befell").hidden = !now.length;
  byId("befell").textContent = now.map(({ at, words }) => `${clockText(Math.max(at, 0))} ${words}`).join(" · ");
}

function drawVoltage(trains, second) {
  const { pen, width, height } = prepared("voltage");
  const points = trains.filter((train) => train.volts).map((train) => [train.at_m, train.volts]);
  meta.substations.forEach((substation, k) => {
    const volts = state.data[`substation_v_${k}`][second] / 10;
    if (volts > 0) points.push([substation.at_m, volts]); // one that is out has none
  });
  points.sort((a, b) => a[0] - b[0]);
  const [low, high] = state.volts;
  const down = (volts) => 10 + ((high - volts) / (high - low)) * (height - 22);
  pen.fillStyle = colour("--soft");
  pen.strokeStyle = colour("--rule");
  const step = high - low > 300 ? 100 : 50;
  for (let volts = Math.ceil(low / step) * step; volts <= high; volts += step) {
    pen.beginPath(); pen.moveTo(MARGIN.left, down(volts)); pen.lineTo(width - MARGIN.right, down(volts)); pen.stroke();
    pen.fillText(String(volts), 10, down(volts) + 4);
  }
  pen.setLineDash([4, 4]);
  pen.strokeStyle = colour("--soft");
  pen.beginPath(); pen.moveTo(MARGIN.left, down(meta.no_load_v)); pen.lineTo(width - MARGIN.right, down(meta.no_load_v));
  pen.stroke();
  pen.setLineDash([]);
  pen.fillText("no load", width - MARGIN.right - 46, down(meta.no_load_v) - 4);
  pen.strokeStyle = colour("--volt");
  pen.lineWidth = 2;
  pen.beginPath();
  points.forEach(([metres, volts], k) => pen[k ? "lineTo" : "moveTo"](across(metres, width), down(volts)));
  pen.stroke();
  pen.lineWidth = 1;
  return points.length ? Math.min(...points.map((point) => point[1])) : null;
}

function drawDay() {
  const { pen, width, height } = prepared("day");
  const inner = width - MARGIN.left - MARGIN.right;
  const [top, floor] = [8, height - 18];
  const most = state.most;
  pen.fillStyle = colour("--draws");
  pen.globalAlpha = 0.7;
  for (let x = 0; x < inner; x += 1) { // the mean of what lies behind each pixel
    const from = Math.floor((x / inner) * meta.seconds);
    const to = Math.max(from + 1, Math.floor(((x + 1) / inner) * meta.seconds));
    const mean = (state.sums[to] - state.sums[from]) / (to - from);
    const tall = (Math.max(0, mean) / most) * (floor - top);
    pen.fillRect(MARGIN.left + x, floor - tall, 1, tall);
  }
  pen.globalAlpha = 1;
  pen.fillStyle = colour("--soft");
  pen.fillText((most / 1000).toFixed(1), 10, top + 8);
  pen.fillText("0", 30, floor);
  const every = meta.seconds > 6 * 3600 ? 7200 : meta.seconds > 5400 ? 1800 : 300;
  for (let clock = Math.ceil(meta.start_s / every) * every; clock < meta.start_s + meta.seconds; clock += every) {
    const x = MARGIN.left + ((clock - meta.start_s) / meta.seconds) * inner;
    pen.fillText(clockText(clock - meta.start_s).slice(0, 5), x - 14, height - 4);
  }
  const x = MARGIN.left + (state.at / meta.seconds) * inner;
  pen.fillStyle = colour("--ink");
  pen.fillRect(x - 1, 0, 2, floor);
}

function draw() {
  const second = Math.min(Math.floor(state.at), meta.seconds - 1);
  const trains = trainsAt(state.at);
  drawLine(trains, second);
  const lowest = drawVoltage(trains, second);
  drawCharge();
  drawDay();
  state.graph.setNow(meta.start_s + state.at);
  tellHappenings(second);
  const kw = trains.map((train) => train.kw);
  byId("clock").textContent = clockText(state.at);
  byId("total").textContent = megawatts(state.total[second]);
  byId("drawn").textContent = megawatts(kw.filter((one) => one > 0).reduce((a, b) => a + b, 0));
  byId("fed").textContent = megawatts(-kw.filter((one) => one < 0).reduce((a, b) => a + b, 0));
  const stored = meta.storages.map((_, k) => state.data[`storage_charge_${k}`][second] / 10000);
  const gives = meta.storages.reduce((sum, _, k) => sum + state.data[`storage_kw_${k}`][second], 0);
  if (stored.length) {
    const mean = stored.reduce((a, b) => a + b, 0) / stored.length;
    byId("storages").textContent = `${megawatts(gives)}, ${Math.round(100 * mean)} %`;
  }
  byId("lowest").textContent = lowest === null ? "–" : `${lowest.toFixed(0)} V`;
  const running = trains.filter((train) => train.runs).length;
  byId("count").textContent = `${running}, ${trains.length - running}`;
  byId("energy").textContent = `${Math.round(state.sums[second + 1] / 3600).toLocaleString("en")} kWh`;
  const scrubber = byId("scrubber");
  scrubber.value = String(second);
  scrubber.setAttribute("aria-valuetext", clockText(state.at));
}

function goTo(second) {
  state.at = Math.min(Math.max(second, 0), meta.seconds - 1);
  draw();
}

function play(wanted) {
  state.playing = wanted && state.at < meta.seconds - 1;
  byId("play").textContent = state.playing ? "Pause" : "Play";
  byId("play").setAttribute("aria-pressed", String(state.playing));
  state.last = performance.now();
  if (state.playing) requestAnimationFrame(step);
}

function step(now) {
  if (!state.playing) return;
  const passed = Math.min(now - state.last, 200) / 1000;
  state.last = now;
  goTo(state.at + passed * state.speed);
  if (state.at >= meta.seconds - 1) play(false);
  else requestAnimationFrame(step);
}

function faster(by) {
  const place = Math.min(Math.max(SPEEDS.indexOf(state.speed) + by, 0), SPEEDS.length - 1);
  state.speed = SPEEDS[place];
  byId("speed").value = String(state.speed);
}

/** The train or storage nearest to a point of the line, within reach. */
function spotAt(x, y) {
  let best = null;
  for (const spot of state.spots) {
    const far = Math.hypot(spot.x - x, (spot.y - y) / 2);
    if (far < 16 && (!best || far < best.far)) best = { far, ...spot };
  }
  return best;
}

/** Delay of a train at its last call, and the time since the train before. */
function delayText(trip) {
  const found = punctuality(state.data, state.at, trip);
  if (!found) return "";
  const late = Math.round(found.late_s);
  const punctual = late === 0 ? "on time" : `${Math.abs(late)} s ${late > 0 ? "late" : "early"}`;
  return `\n${punctual}${found.headway_s === null ? "" : `, ${Math.round(found.headway_s)} s after the train before`}`;
}

function listen() {
  byId("play").addEventListener("click", () => play(!state.playing));
  byId("speed").addEventListener("change", (event) => { state.speed = Number(event.target.value); });
  byId("scrubber").addEventListener("input", (event) => goTo(Number(event.target.value)));
  byId("day").addEventListener("click", (event) => {
    const box = event.target.getBoundingClientRect();
    const inner = box.width - MARGIN.left - MARGIN.right;
    goTo(((event.clientX - box.left - MARGIN.left) / inner) * meta.seconds);
  });
  const keys = {
    " ": () => play(!state.playing), ArrowUp: () => faster(1), ArrowDown: () => faster(-1),
    ArrowLeft: (event) => goTo(state.at - (event.shiftKey ? 60 : 10)),
    ArrowRight: (event) => goTo(state.at + (event.shiftKey ? 60 : 10)),
    Home: () => goTo(0), End: () => goTo(meta.seconds - 1),
  };
  document.addEventListener("keydown", (event) => {
    // The train graph, fields and buttons have keys of their own.
    if (event.defaultPrevented || event.target.closest("select, input:not([type=range]), .graph-table")) return;
    if (event.key === " " && event.target.closest("button, summary")) return;
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key](event);
  });
  const tip = byId("tip");
  byId("line").addEventListener("pointermove", (event) => {
    const box = event.target.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const best = spotAt(x, y);
    tip.hidden = !best;
    if (!best) return;
    tip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - 220)}px`;
    tip.style.top = `${event.clientY + 14}px`;
    if (best.storage) {
      const { name, charge, kw } = best.storage;
      tip.textContent = `Storage ${name}\n${kw < 0 ? "takes" : "gives"} ${Math.abs(kw)} kW, ${Math.round(100 * charge)} % charged`;
      return;
    }
    const { train } = best;
    const figures = train.runs
      ? `${train.kw} kW, ${train.volts.toFixed(0)} V\n${train.speed.toFixed(0)} km/h, ${train.passengers} passengers`
      : "stands";
    tip.textContent = `${meta.vehicles[train.vehicle]}, trip ${meta.trips[train.trip]}\n${figures}${delayText(train.trip)}`;
  });
  byId("line").addEventListener("click", (event) => {
    const box = event.target.getBoundingClientRect();
    const train = spotAt(event.clientX - box.left, event.clientY - box.top)?.train;
    if (!train) return;
    state.graph.select(meta.trips[train.trip]);
    state.graph.centre();
  });
  byId("line").addEventListener("pointerleave", () => { tip.hidden = true; });
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

function begin(data) {
  state.data = data;
  state.total = new Float64Array(meta.seconds);
  state.sums = new Float64Array(meta.seconds + 1);
  let [low, high] = [meta.no_load_v, meta.no_load_v];
  meta.substations.forEach((_, k) => {
    const kw = data[`substation_kw_${k}`];
    for (let t = 0; t < meta.seconds; t += 1) state.total[t] += kw[t];
  });
  for (let t = 0; t < meta.seconds; t += 1) state.sums[t + 1] = state.sums[t] + state.total[t];
  for (const tenth of data.voltage) { low = Math.min(low, tenth / 10); high = Math.max(high, tenth / 10); }
  state.volts = [Math.floor((low - 5) / 10) * 10, Math.ceil((high + 5) / 10) * 10];
  state.most = 1;
  const window_s = Math.min(60, meta.seconds);
  for (let t = window_s; t <= meta.seconds; t += 1) {
    state.most = Math.max(state.most, (state.sums[t] - state.sums[t - window_s]) / window_s);
  }
  byId("title").textContent = meta.title;
  const day = meta.seed === null ? "a day without disturbances" : `the disturbed day of seed ${meta.seed}`;
  byId("subtitle").textContent =
    `Timetable ${meta.timetable}, ${day}; ${Math.round(meta.energy_kwh).toLocaleString("en")} kWh on this day at the ` +
    `substations' DC terminals. Scenario ${meta.scenario}, Headwatt ${meta.version}.`;
  byId("note").textContent = meta.note;
  byId("note").hidden = !meta.note;
  for (const id of ["stored", "storage-key", "charge-figure"]) byId(id).hidden = !meta.storages.length;
  const strokes = ["solid", "dashed", "dotted", "dash-dotted"];
  byId("charge-key").textContent = meta.storages.map(({ name }, k) => `${name} ${strokes[k % 4]}`).join(", ");
  byId("scrubber").max = String(meta.seconds - 1);
  for (const speed of SPEEDS) {
    const option = document.createElement("option");
    option.value = String(speed);
    option.textContent = `${speed} ×`;
    byId("speed").append(option);
  }
  faster(0);
  const busy = Math.max(0, state.total.indexOf(state.total.reduce((a, b) => Math.max(a, b), 0)) - 60);
  const first = meta.seconds > 7200 ? busy : 0;
  state.graph = replayGraph(byId("graph"), meta, data, first);
  listen();
  goTo(first);
  document.documentElement.dataset.ready = "yes";
}

unpack().then(begin, (error) => {
  byId("failed").textContent = `This browser cannot unpack the day: ${error}`;
  byId("failed").hidden = false;
});
