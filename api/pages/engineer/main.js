/** The engineer's page: its line, its five views as tabs, and the address of what is shown. */
import { ask, useToken } from "../client.js";
import { element } from "../element.js";
import { formatTenth, language, switchLanguage, t, writeTexts } from "../locale.js";
import { problemView } from "../problem_view.js";
import { showSiteNav } from "../site_nav.js";
import { followTheme } from "../theme.js";
import { addressOf, placeOf, VIEWS } from "./address.js";
import { lineView } from "./line_view.js";
import { powerView } from "./power_view.js";
import { replayView } from "./replay_view.js";
import { scenarioView } from "./scenario_view.js";
import { studyView } from "./study_view.js";

/** @typedef {import("./address.js").ViewName} ViewName */

const MAKERS = { scenario: scenarioView, line: lineView, power: powerView, studies: studyView, replay: replayView };
const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const lineChoice = /** @type {HTMLSelectElement} */ (part("line"));
const panel = part("panel");
/** @type {any[]} */
let lines = [];
/** @type {any} */
let session = null;
let place = placeOf(location.hash);

const tabs = VIEWS.map((view) => element("button", { type: "button", role: "tab", id: `tab-${view}`, "aria-controls": "panel", onclick: () => go(view), onkeydown: (/** @type {KeyboardEvent} */ event) => step(event, view) }, t(`engineer.view.${view}`)));
part("tabs").append(...tabs);

/** @param {ViewName} view */
function go(view) {
  history.pushState(null, "", addressOf(view, place.line));
  show();
}

/** @param {KeyboardEvent} event @param {ViewName} view */
function step(event, view) {
  const at = VIEWS.indexOf(view);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const wanted = (next + VIEWS.length) % VIEWS.length;
  go(VIEWS[wanted]);
  tabs[wanted].focus();
}

/** Show what the address names; the view is made anew. */
function show() {
  place = placeOf(location.hash);
  const line = lines.find((one) => one.name === place.line) ?? lines[0];
  for (const [k, view] of VIEWS.entries()) {
    tabs[k].setAttribute("aria-selected", String(view === place.view));
    tabs[k].tabIndex = view === place.view ? 0 : -1;
  }
  panel.setAttribute("aria-labelledby", `tab-${place.view}`);
  if (!line) {
    panel.replaceChildren(element("p", { class: "empty" }, t("engineer.no_lines")));
    return;
  }
  const isUnknown = place.line !== "" && line.name !== place.line;
  place = { ...place, line: line.name };
  lineChoice.value = line.name;
  document.title = `${line.title} · Headwatt`;
  part("about").textContent = t("about", { km: formatTenth(line.length_km), stations: line.stations });
  const keep = (/** @type {Record<string, string | number | null>} */ changed) => {
    place = { ...place, state: /** @type {Record<string, string>} */ (Object.fromEntries(Object.entries({ ...place.state, ...changed }).filter(([, value]) => value !== null && value !== "").map(([name, value]) => [name, String(value)]))) }; // prettier-ignore
    history.replaceState(null, "", addressOf(place.view, place.line, place.state));
    context.state = place.state;
  };
  const context = { lines, line, session, state: place.state, keep, changed: readLines };
  panel.replaceChildren(...(isUnknown ? [element("p", { class: "problem" }, t("engineer.unknown_line"))] : []), MAKERS[place.view](context));
}

async function readLines() {
  ({ scenarios: lines } = await ask("/v1/scenarios"));
  lineChoice.replaceChildren(...lines.map((one) => element("option", { value: one.name }, one.title)));
  lineChoice.value = place.line;
}

/** @param {any} found */
function showUser(found) {
  useToken(found.csrf_token);
  part("user").hidden = !found.csrf_token;
  part("user").textContent = found.user;
}

writeTexts();
showSiteNav("engineer");
followTheme(/** @type {HTMLSelectElement} */ (part("theme")));
const languages = /** @type {HTMLSelectElement} */ (part("language"));
languages.value = language;
languages.addEventListener("change", () => switchLanguage(languages.value));
lineChoice.addEventListener("change", () => {
  history.pushState(null, "", addressOf(place.view, lineChoice.value));
  show();
});
for (const event of ["hashchange", "popstate"]) window.addEventListener(event, () => show());
try {
  session = await ask("/v1/session");
  showUser(session);
  await readLines();
  show();
} catch (problem) {
  panel.replaceChildren(problemView(problem));
}
