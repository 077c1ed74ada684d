/** The page of the service: orders plans, follows the plan in view, and keeps the list of plans up to date. */
import { apiView } from "./api_view.js";
import { ask, serviceNow, useToken } from "./client.js";
import { homeView } from "./home_view.js";
import { language, switchLanguage, writeTexts } from "./locale.js";
import { chosenLine, fillForm, formOrder, showStarts } from "./order_form.js";
import { filtered } from "./list_filter.js";
import { importView } from "./import_view.js";
import { placeOf } from "./plan_address.js";
import { drawList, planTexts } from "./plan_list.js";
import { advanced, BEGINNING } from "./plan_progress.js";
import { ENDED, planView, showProgress } from "./plan_view.js";
import { problemView } from "./problem_view.js";
import { showSiteNav } from "./site_nav.js";
import { followTheme } from "./theme.js";

const POLL_MS = 700;
const LIST_POLL_MS = 3000;
const API = "api";
const IMPORT = "import";
const main = /** @type {HTMLElement} */ (document.getElementById("plan"));
const list = /** @type {HTMLElement} */ (document.getElementById("plans"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("order"));
const home = homeView();
/** @type {any[]} */
let lines = [];
/** @type {any[]} */
let plans = [];
/** @type {string | null} */
let shown = null;
/** @type {any} */
let session = null;
const search = /** @type {HTMLInputElement} */ (document.getElementById("search"));
const filter = /** @type {HTMLSelectElement} */ (document.getElementById("filter"));
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Follow a plan until it ends or another view is chosen. @param {string} id */
async function follow(id) {
  let drawn = "";
  let progress = BEGINNING;
  while (shown === id) {
    let plan = null;
    try {
      plan = await ask(`/v1/plans/${encodeURIComponent(id)}`);
    } catch (problem) {
      if (shown !== id) return;
      main.replaceChildren(problemView(problem));
      drawn = "";
      if (/** @type {any} */ (problem).status === 404) return;
    }
    if (shown !== id) return;
    if (plan) {
      const state = JSON.stringify([plan.status, plan.links.keep_best]);
      if (state !== drawn) {
        const at = placeOf(location.hash);
        const reload = () => ((drawn = ""), follow(id));
        main.replaceChildren(...planView(plan, lines, { place, end: (link, button) => end(link, button), at, opened: () => undefined, reload, session, plans: () => plans }));
        await readList();
      }
      drawn = state;
      if (ENDED.has(plan.status)) return;
      progress = advanced(progress, plan.progress.stage, plan.progress.share);
      showProgress(main, plan, progress.whole, serviceNow());
    }
    await pause(POLL_MS);
  }
}

/** @param {string} link @param {HTMLButtonElement} button */
async function end(link, button) {
  button.disabled = true;
  try {
    await ask(link, { method: "POST" });
  } catch {
    // The plan ended before; the next reading of the plan shows how.
  }
}

async function readList() {
  ({ plans } = await ask("/v1/plans?limit=200"));
  showList();
  showStarts(plans, lines);
  showHome();
}

function showHome() {
  const chosen = chosenLine(lines);
  if (chosen.line && !home.view.isConnected && shown === null) main.replaceChildren(home.view);
  if (shown === null) void home.show({ ...chosen, plans });
}

function showList() {
  const view = /** @type {any} */ (filter.value);
  const left = filtered(plans, { words: search.value, view }, session?.user ?? "", (plan) => planTexts(plan, lines).join(" "));
  const isFirst = !plans.length && !list.querySelector("[data-plan]");
  if (!isFirst) drawList(list, left, lines, shown);
  /** @type {HTMLElement} */ (document.getElementById("no-plans")).hidden = left.length > 0 || isFirst;
}

/** Plans of other users appear and change without a reload. */
async function keepList() {
  for (;;) {
    await pause(LIST_POLL_MS);
    if (document.hidden) continue;
    try {
      await readList();
    } catch {
      // The list stays as it is until the service answers again.
    }
  }
}

/** @param {any} order @param {any} button */
async function place(order, button) {
  const told = /** @type {HTMLElement} */ (document.getElementById("order-problem"));
  told.hidden = true;
  button.disabled = true;
  try {
    const plan = await ask("/v1/plans", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
    location.hash = plan.id;
    main.scrollIntoView({ block: "nearest" });
  } catch (problem) {
    told.replaceChildren(...problemView(problem).childNodes);
    told.hidden = false;
    told.scrollIntoView({ block: "nearest" });
  } finally {
    button.disabled = false;
  }
}

async function showChosen() {
  const { id } = placeOf(location.hash);
  if (id === shown || (!id && !shown)) return;
  shown = id || null;
  document.body.classList.toggle("shows-plan", shown !== null);
  showList();
  if (id === IMPORT) return main.replaceChildren(importView(lines, session, () => void readLines()));
  if (id !== API) return id ? follow(id) : showHome();
  try {
    const view = await apiView();
    if (shown === API) main.replaceChildren(...view);
  } catch (problem) {
    main.replaceChildren(problemView(problem));
  }
}

async function readLines() {
  ({ scenarios: lines } = await ask("/v1/scenarios"));
  fillForm(lines, () => {
    showStarts(plans, lines);
    showHome();
  });
}

/** A session has a user and an end; on this machine without users there is neither. @param {any} session */
function showUser(session) {
  useToken(session.csrf_token);
  const button = /** @type {HTMLElement} */ (document.getElementById("sign-out"));
  const name = /** @type {HTMLElement} */ (document.getElementById("user"));
  button.hidden = name.hidden = !session.csrf_token;
  name.textContent = session.user;
  button.addEventListener("click", async () => {
    await ask("/v1/session", { method: "DELETE" });
    location.assign("/sign-in");
  });
}

writeTexts();
showSiteNav("planner");
followTheme(/** @type {HTMLSelectElement} */ (document.getElementById("theme")));
const languages = /** @type {HTMLSelectElement} */ (document.getElementById("language"));
languages.value = language;
languages.addEventListener("change", () => switchLanguage(languages.value));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  place(formOrder(), form.querySelector("button.primary"));
});
document.getElementById("skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  /** @type {HTMLElement} */ (form.elements.namedItem("scenario")).focus();
});
window.addEventListener("hashchange", showChosen);
search.addEventListener("input", showList);
filter.addEventListener("change", showList);
try {
  session = await ask("/v1/session");
  showUser(session);
  await readLines();
  await readList();
} catch (problem) {
  main.replaceChildren(problemView(problem));
}
showChosen();
keepList();
