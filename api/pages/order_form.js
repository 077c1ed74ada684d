/** The form of an order: its lines, changes and starting plans, and the order that it contains. */
import { element } from "./element.js";
import { known, t } from "./locale.js";
import { grouped, isTimetable } from "./override_groups.js";
import { optionsText, orderedText, readable, title } from "./plan_words.js";

const KEPT_LINE = "headwatt.line";
const form = /** @type {any} */ (document.getElementById("order"));
const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** Fill in the lines; call `changed` after each choice that changes which fields apply. @param {any[]} lines @param {() => void} changed */
export function fillForm(lines, changed) {
  const { scenario, mode, from_plan } = form.elements;
  scenario.replaceChildren(...lines.map((one) => new Option(one.title, one.name)));
  const kept = localStorage.getItem(KEPT_LINE);
  if (lines.some((one) => one.name === kept)) scenario.value = kept;
  scenario.addEventListener("change", () => {
    localStorage.setItem(KEPT_LINE, scenario.value);
    showLine(lines);
    changed();
  });
  mode.addEventListener("change", changed);
  from_plan.addEventListener("change", changed);
  for (const name of ["pick", "mean_waiting_s"]) form.elements[name].addEventListener("input", () => (form.elements.choice.value = name));
  part("fixes-file").addEventListener("change", async (/** @type {any} */ event) => {
    const [file] = event.target.files;
    if (file) form.elements.fixes.value = await file.text();
  });
  part("overrides").addEventListener("change", () => {
    countChanges();
    changed();
  });
  showLine(lines);
}

/** @param {any[]} lines */
function showLine(lines) {
  const chosen = lines.find((one) => one.name === form.elements.scenario.value);
  part("about").textContent = chosen ? t("about", { km: chosen.length_km, stations: chosen.stations }) : "";
  const box = part("overrides");
  box.hidden = !chosen?.overrides.length;
  box.open = false;
  part("changes").replaceChildren(...grouped(chosen?.overrides ?? []).map(groupView));
  countChanges();
}

/** @param {import("./override_groups.js").Group} group */
function groupView(group) {
  const input = (/** @type {string} */ value, /** @type {boolean} */ checked) => element("input", { type: group.isExclusive ? "radio" : "checkbox", name: `change-${group.name}`, value, checked });
  const nothing = group.isExclusive ? [element("label", {}, input("", true), t("none"))] : [];
  const one = (/** @type {string} */ name) => {
    const text = known(`change.${name}`, t(isTimetable(name) ? "change.timetable" : "change.other"));
    return element("div", {}, element("label", {}, input(name, false), readable(name)), element("small", {}, text));
  };
  return element("fieldset", {}, element("legend", {}, t(`group.${group.name}`)), ...nothing, ...group.overrides.map(one));
}

const chosenChanges = () => [...part("changes").querySelectorAll("input:checked")].map((one) => one.value).filter(Boolean);

function countChanges() {
  const all = new Set([...part("changes").querySelectorAll("input")].map((one) => one.value).filter(Boolean)).size;
  part("changes-title").textContent = t("changes", { count: chosenChanges().length, all });
}

/** Offer the plans from which the search may start, and show the fields that apply. @param {any[]} plans @param {any[]} lines */
export function showStarts(plans, lines) {
  const { scenario, mode, from_plan } = form.elements;
  const isDemandLed = mode.value === "demand-led";
  const fit = plans.filter((plan) => plan.status === "succeeded" && plan.order.scenario === scenario.value && plan.order.mode === mode.value);
  const wanted = [["", t(isDemandLed ? "start_demand" : "start_today")], ...fit.map((plan) => [plan.id, `${title(plan, lines)}, ${optionsText(plan.order)}, ${orderedText(plan)}`])];
  if (from_plan.dataset.drawn !== JSON.stringify(wanted)) {
    const before = from_plan.value;
    from_plan.dataset.drawn = JSON.stringify(wanted);
    from_plan.replaceChildren(...wanted.map(([value, text]) => new Option(text, value)));
    from_plan.value = fit.some((plan) => plan.id === before) ? before : "";
  }
  part("longer").hidden = isDemandLed;
  part("wished").hidden = !isDemandLed;
  part("trade").hidden = !isDemandLed || from_plan.value !== "";
}

/** The line that the form names, with the chosen changes. @param {any[]} lines */
export const chosenLine = (lines) => ({ line: lines.find((one) => one.name === form.elements.scenario.value), changes: /** @type {string[]} */ (chosenChanges()) });

/** The order that the form contains. */
export function formOrder() {
  const fields = new FormData(form);
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? "").trim();
  const amount = (/** @type {string} */ name) => (text(name) ? Number(text(name)) : null);
  const choice = part("trade").hidden ? "" : text("choice");
  const isDemandLed = text("mode") === "demand-led";
  return {
    scenario: text("scenario"),
    overrides: chosenChanges(),
    mode: text("mode"),
    objective: text("objective"),
    pick: choice === "pick" ? amount("pick") : null,
    mean_waiting_s: choice === "mean_waiting_s" ? amount("mean_waiting_s") : null,
    replications: Number(text("replications")),
    seed: Number(text("seed")),
    effort: text("effort"),
    from_plan: text("from_plan") || null,
    keep_close_s: amount("keep_close_s"),
    peak_limit_kw: amount("peak_limit_kw"),
    longer_trips_s: isDemandLed ? 0 : Number(text("longer_trips_s")),
    headways: isDemandLed && text("headways") ? fields.get("headways") : null,
    fixes: text("fixes") ? fields.get("fixes") : null,
  };
}
