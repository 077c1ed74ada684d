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
let shown = null;

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
  try {
    response = await fetch(path, options);
  } catch {
    throw { title: "The server does not answer", detail: "Is headwatt serve still running?" };
  }
  const body = await response.json();
  if (!response.ok) throw body;
  return body;
}

function problemView(problem) {
  const errors = (problem.errors ?? []).map((one) => element("li", {}, [one.field, one.detail].filter(Boolean).join(": ")));
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
    element(
      "p",
      { class: "verdict" },
      element("strong", {}, `${result.saving_percent.toFixed(1)} % saved`),
      ` at the ${result.metering_point} (95 % interval ${low} to ${high} %): ${energies}. ${checks}`,
    ),
    element(
      "p",
      { class: "links" },
      element("a", { href: links.report, target: "_blank" }, "Open the report"),
      ...Object.entries(links.files).map(([name, path]) => element("a", { href: path, download: name }, name)),
    ),
    element("iframe", { src: links.report, title: "Report of the plan" }),
  ];
}

function planView(plan) {
  const head = [
    element("h1", {}, title(plan)),
    element(
      "p",
      { class: "quiet" },
      element("span", { class: `status ${plan.status}` }, WORDS[plan.status]),
      ` · ${plan.order.mode} · ${plan.order.replications} days · seed ${plan.order.seed} · ordered ${new Date(plan.created_at).toLocaleString()}`,
    ),
  ];
  if (plan.status === "succeeded") return [...head, ...resultView(plan)];
  if (ENDED.has(plan.status)) return [...head, plan.problem ? problemView(plan.problem) : element("p", {}, "Stopped before it was done.")];
  const stage = plan.status === "queued" ? "waiting for its turn" : plan.progress.stage || "starting";
  const bar = element("progress", { max: 1, "aria-label": stage });
  if (plan.status === "running" && plan.progress.share > 0) bar.value = plan.progress.share;
  const stop = element("button", { type: "button", onclick: () => cancel(plan, stop) }, "Stop");
  return [...head, bar, element("p", { class: "quiet" }, stage), stop];
}

async function cancel(plan, button) {
  button.disabled = true;
  try {
    await ask(plan.links.cancel, { method: "POST" });
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
      const state = JSON.stringify([plan.status, plan.progress]);
      if (state !== before) main.replaceChildren(...planView(plan));
      if (plan.status !== JSON.parse(before || "[null]")[0]) await showList();
      before = state;
      if (ENDED.has(plan.status)) return;
    } else before = "";
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function showList() {
  const { plans } = await ask("/v1/plans?limit=20");
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

form.elements.scenario.addEventListener("change", showScenario);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const order = {
    scenario: fields.get("scenario"),
    overrides: fields.getAll("override"),
    mode: fields.get("mode"),
    replications: Number(fields.get("replications")),
    seed: Number(fields.get("seed")),
    time_limit_s: Number(fields.get("time_limit_s")),
  };
  const place = document.getElementById("order-problem");
  const button = form.querySelector("button");
  place.hidden = true;
  button.disabled = true;
  try {
    const plan = await ask("/v1/plans", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
    location.hash = plan.id;
  } catch (problem) {
    place.replaceChildren(problemView(problem));
    place.hidden = false;
  } finally {
    button.disabled = false;
  }
});

function showChosen() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id) return;
  shown = id;
  follow(id);
}
window.addEventListener("hashchange", showChosen);

try {
  ({ scenarios } = await ask("/v1/scenarios"));
  form.elements.scenario.replaceChildren(...scenarios.map((one) => new Option(one.title, one.name)));
  showScenario();
  await showList();
} catch (problem) {
  main.replaceChildren(problemView(problem));
}
showChosen();
