const POLL_MS = 700;
const ENDED = new Set(["succeeded", "infeasible", "failed", "cancelled"]);
const WORDS = {
  queued: "waiting",
  running: "computing",
  succeeded: "done",
  infeasible: "cannot be met",
  failed: "failed",
  cancelled: "stopped",
};
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const form = document.getElementById("order");
const main = document.getElementById("plan");
const list = document.getElementById("plans");
let scenarios = [];
let plans = [];
let shown = null;
let session = null;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

async function ask(path, options) {
  let response;
  const token = options && session?.csrf_token ? { "X-CSRF-Token": session.csrf_token } : {};
  try {
    response = await fetch(path, options && { ...options, headers: { ...options.headers, ...token } });
  } catch {
    throw { title: "The server does not answer", detail: "Is headwatt serve still running?" };
  }
  if (response.status === 401) location.assign("/sign-in");
  if (response.status === 204) return null;
  const body = await response.json();
  if (!response.ok) throw body;
  return body;
}

function problemView(problem) {
  // The reasons of a wish that cannot be met have no field.
  const errors = (problem.errors ?? []).map((one) => element("li", {}, one.field && !one.detail.includes(one.field) ? `${one.field}: ${one.detail}` : one.detail));
  const view = element("div", { class: "problem" }, element("strong", {}, problem.title ?? "Something failed"));
  if (errors.length) view.append(element("ul", {}, ...errors));
  else view.append(element("div", {}, problem.detail ?? String(problem)));
  return view;
}

function title(plan) {
  const found = scenarios.find((one) => one.name === plan.order.scenario);
  return [found?.title ?? plan.order.scenario, ...plan.order.overrides].join(" + ");
}

function resultView(plan) {
  const { result, links } = plan;
  const [low, high] = result.saving_ci95_percent.map((value) => value.toFixed(1));
  const rules = result.checks.rules.length;
  const checks = result.checks.passed ? `All ${rules} rules hold.` : `${result.checks.violations.length} violations of ${rules} rules: do not run this plan.`;
  const energies = `${number.format(result.plan.energy_kwh)} instead of ${number.format(result.baseline.energy_kwh)} kWh a day`;
  return [
    element("p", { class: "quiet" }, ...result.notes.map((note) => element("span", {}, `${note} `))),
    element(
      "p",
      { class: "verdict" },
      element("strong", {}, result.no_saving_because.length ? "No saving is quoted" : `${result.saving_percent.toFixed(1)} % saved`),
      result.no_saving_because.length ? `: ${result.no_saving_because.join(" ")} ${checks}` : ` at the ${result.metering_point}, judged on ${result.replications} pairs of simulated days (95 % interval ${low} to ${high} %): ${energies}. ${result.saving_caveat ? `${result.saving_caveat} ` : ""}${checks}`,
    ),
    element(
      "p",
      { class: "links" },
      element("a", { href: links.report, target: "_blank" }, "Open the report"),
      ...Object.entries(links.files).map(([name, path]) => element("a", { href: path, download: name }, name)),
    ),
    ...tradeView(plan),
    element("iframe", { src: links.report, title: "Report of the plan" }),
  ];
}

// The headways that could be had; each of them can be planned with a click.
function tradeView(plan) {
  const { result, order } = plan;
  if (!result.pareto.length) return [];
  const head = ["", "kWh", "mean waiting, s", "fullest train, %", "trips", "trains", result.currency ?? "cost", "CO2, t", ""];
  const rows = result.pareto.map((row) => {
    const name = row.number === 0 ? "today" : row.number === null ? "as asked" : String(row.number);
    const cells = [name, number.format(row.energy_kwh), row.mean_waiting_s.toFixed(1), number.format(100 * row.fullest_train_share), row.trips, row.vehicles, number.format(row.cost), (row.co2_kg / 1000).toFixed(1)];
    const button = element("button", { type: "button", onclick: () => place({ ...order, mean_waiting_s: null, pick: row.number }, button) }, "Plan this");
    const last = row.chosen ? "this plan" : row.number ? button : "";
    return element("tr", { class: row.chosen ? "chosen" : null }, ...cells.map((cell) => element("td", {}, String(cell))), element("td", {}, last));
  });
  return [
    element("h2", {}, "Headways to choose from"),
    element("p", { class: "quiet" }, "Trains run as today, every train on time, on one equivalent track: not the judged figures above. Timing and driving save more on each choice."),
    element("div", { class: "wide" }, element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text) => element("th", {}, text)))), element("tbody", {}, ...rows))),
  ];
}

// What was asked beyond the line, in words.
function asked(order) {
  return [
    order.mode === "demand-led" ? "headways by demand" : "same service",
    order.objective === "energy" ? null : `for ${order.objective === "co2" ? "CO2" : order.objective}`,
    order.pick === null ? null : `number ${order.pick} of the set`,
    order.mean_waiting_s === null ? null : `waiting at most ${order.mean_waiting_s} s`,
    order.peak_limit_kw === null ? null : `peak at most ${number.format(order.peak_limit_kw)} kW`,
    order.effort === 1 ? null : `${order.effort} times the standard search`,
    order.time_limit_s === null ? null : `search of at most ${order.time_limit_s} s`,
    order.longer_trips_s ? `trips up to ${order.longer_trips_s} s longer` : null,
    order.from_plan === null ? null : "from another plan",
    order.keep_close_s === null ? null : `moved by at most ${order.keep_close_s} s`,
    order.fixes === null ? null : "with fixes",
  ]
    .filter(Boolean)
    .join(", ");
}

function planView(plan) {
  const head = [
    element("h1", {}, title(plan)),
    element(
      "p",
      { class: "quiet" },
      element("span", { class: `status ${plan.status}` }, WORDS[plan.status]),
      ` · ${asked(plan.order)} · ${plan.order.replications} days · seed ${plan.order.seed} · ordered ${new Date(plan.created_at).toLocaleString()}`,
    ),
  ];
  if (plan.status === "succeeded" && plan.result) return [...head, ...resultView(plan)];
  if (ENDED.has(plan.status)) return [...head, plan.problem ? problemView(plan.problem) : element("p", {}, "Stopped before it was done.")];
  const stage = plan.status === "queued" ? "waiting for its turn" : plan.progress.stage || "starting";
  const bar = element("progress", { max: 1, "aria-label": stage });
  if (plan.status === "running" && plan.progress.share > 0) bar.value = plan.progress.share;
  const stop = element("button", { type: "button", onclick: () => cancel(plan, plan.links.cancel, stop) }, "Stop");
  const keep = plan.links.keep_best && element("button", { type: "button", onclick: () => cancel(plan, plan.links.keep_best, keep) }, "End the search, keep the best");
  const said = plan.is_ending ? `${stage}; the search ends, the best plan so far follows` : stage;
  return [...head, bar, element("p", { class: "quiet" }, said), element("p", { class: "buttons" }, keep, stop)];
}

async function cancel(plan, link, button) {
  button.disabled = true;
  try {
    await ask(link, { method: "POST" });
  } catch {
    // It ended first; the next look shows how.
  }
  await follow(plan.id);
}

// One plan is followed at a time; choosing another ends the following of the one before.
async function follow(id) {
  const mine = Symbol(id);
  follow.current = mine;
  let before = "";
  while (follow.current === mine) {
    let plan;
    try {
      plan = await ask(`/v1/plans/${encodeURIComponent(id)}`);
    } catch (problem) {
      if (follow.current !== mine) return;
      main.replaceChildren(problemView(problem));
      if (problem.status === 404) return;
    }
    if (follow.current !== mine) return;
    if (plan) {
      const state = JSON.stringify([plan.status, plan.progress, plan.is_ending]);
      if (state !== before) main.replaceChildren(...planView(plan));
      if (plan.status !== JSON.parse(before || "[null]")[0]) await showList();
      before = state;
      if (ENDED.has(plan.status)) return;
    } else before = "";
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function showList() {
  ({ plans } = await ask("/v1/plans?limit=20"));
  showStarts();
  if (!plans.length) return;
  list.replaceChildren(
    ...plans.map((plan) =>
      element(
        "li",
        {},
        element(
          "a",
          { href: `#${plan.id}`, "aria-current": plan.id === shown ? "true" : null },
          title(plan),
          element("small", {}, element("span", { class: `status ${plan.status}` }, WORDS[plan.status]), ` · ${new Date(plan.created_at).toLocaleString()}`),
        ),
      ),
    ),
  );
}

function showScenario() {
  const chosen = scenarios.find((one) => one.name === form.elements.scenario.value);
  document.getElementById("about").textContent = chosen ? `${chosen.length_km} km, ${chosen.stations} stations` : "";
  const box = document.getElementById("overrides");
  box.hidden = !chosen?.overrides.length;
  box.replaceChildren(
    element("legend", {}, "Changes"),
    ...(chosen?.overrides ?? []).map((name) => element("label", {}, element("input", { type: "checkbox", name: "override", value: name }), name.replaceAll("_", " "))),
  );
}

// Plans of the same line and mode, from which another search may start.
function showStarts() {
  const { scenario, mode, from_plan } = form.elements;
  const fit = plans.filter((plan) => plan.status === "succeeded" && plan.order.scenario === scenario.value && plan.order.mode === mode.value);
  const before = from_plan.value;
  const first = new Option(mode.value === "demand-led" ? "the demand" : "today's timetable", "");
  from_plan.replaceChildren(first, ...fit.map((plan) => new Option(`${title(plan)}, ${new Date(plan.created_at).toLocaleString()}`, plan.id)));
  from_plan.value = fit.some((plan) => plan.id === before) ? before : "";
  document.getElementById("longer").hidden = mode.value === "demand-led";
  document.getElementById("wished").hidden = mode.value !== "demand-led";
  document.getElementById("trade").hidden = mode.value !== "demand-led" || from_plan.value !== "";
}

form.elements.scenario.addEventListener("change", () => {
  showScenario();
  showStarts();
});
form.elements.mode.addEventListener("change", showStarts);
form.elements.from_plan.addEventListener("change", showStarts);
for (const name of ["pick", "mean_waiting_s"]) {
  form.elements[name].addEventListener("input", () => {
    form.elements.choice.value = name;
  });
}
document.getElementById("fixes-file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) form.elements.fixes.value = await file.text();
});

function ordered() {
  const fields = new FormData(form);
  const amount = (name) => (fields.get(name) ? Number(fields.get(name)) : null);
  const choice = document.getElementById("trade").hidden ? "" : fields.get("choice");
  return {
    scenario: fields.get("scenario"),
    overrides: fields.getAll("override"),
    mode: fields.get("mode"),
    objective: fields.get("objective"),
    pick: choice === "pick" ? amount("pick") : null,
    mean_waiting_s: choice === "mean_waiting_s" ? amount("mean_waiting_s") : null,
    replications: Number(fields.get("replications")),
    seed: Number(fields.get("seed")),
    effort: fields.get("effort"),
    from_plan: fields.get("from_plan") || null,
    keep_close_s: amount("keep_close_s"),
    peak_limit_kw: amount("peak_limit_kw"),
    longer_trips_s: fields.get("mode") === "demand-led" ? 0 : Number(fields.get("longer_trips_s")),
    headways: fields.get("mode") === "demand-led" && fields.get("headways").trim() ? fields.get("headways") : null,
    fixes: fields.get("fixes").trim() ? fields.get("fixes") : null,
  };
}

async function place(order, button) {
  const told = document.getElementById("order-problem");
  told.hidden = true;
  button.disabled = true;
  try {
    const plan = await ask("/v1/plans", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
    location.hash = plan.id;
    main.scrollIntoView();
  } catch (problem) {
    told.replaceChildren(...problemView(problem).childNodes);
    told.hidden = false;
    told.scrollIntoView({ block: "nearest" });
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  place(ordered(), form.querySelector("button.primary"));
});

function showChosen() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id) return;
  shown = id;
  follow(id);
}
window.addEventListener("hashchange", showChosen);

// A session has a user and an end; on this machine without users there is neither.
function showUser() {
  const button = document.getElementById("sign-out");
  const name = document.getElementById("user");
  button.hidden = name.hidden = !session.csrf_token;
  name.textContent = session.user;
  button.addEventListener("click", async () => {
    await ask("/v1/session", { method: "DELETE" });
    location.assign("/sign-in");
  });
}

try {
  session = await ask("/v1/session");
  showUser();
  ({ scenarios } = await ask("/v1/scenarios"));
  form.elements.scenario.replaceChildren(...scenarios.map((one) => new Option(one.title, one.name)));
  showScenario();
  await showList();
} catch (problem) {
  main.replaceChildren(problemView(problem));
}
showChosen();
