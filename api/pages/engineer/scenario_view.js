/** Scenarios: the versions of a line, its parts as a form made from the schema, what each override changes, check and save. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { jobOf } from "../job_follow.js";
import { formatTenth, formatTime, formatWhole, t } from "../locale.js";
import { table } from "../plan_power.js";
import { faultText, problemView } from "../problem_view.js";
import { mayDo } from "../roles.js";
import { overridesView } from "./override_view.js";
import { labelled } from "./parts.js";
import { nearestPath, resolved, stepsOf } from "./schema_fields.js";
import { schemaForm } from "./schema_form.js";

/** Parts that the form does not show: the override differences have their own place. */
const LEFT_OUT = ["overrides"];
/** @type {any} */
let schema = null;

/** @param {import("./parts.js").Context} context @returns {HTMLElement} */
export function scenarioView(context) {
  const place = element("section", {});
  void open(context, place);
  return place;
}

/** @param {import("./parts.js").Context} context @param {HTMLElement} place */
async function open(context, place) {
  const { line } = context;
  place.replaceChildren(element("p", { class: "quiet", role: "status" }, t("engineer.reading")));
  try {
    schema = schema ?? (await ask("/v1/scenario-schema"));
    const { versions } = await ask(`/v1/lines/${line.name}/scenarios`);
    const known = versions.some((/** @type {any} */ one) => String(one.version) === context.state.version);
    const version = known ? Number(context.state.version) : line.version;
    const [values, files] = await Promise.all([ask(`/v1/lines/${line.name}/scenarios/${version}/values`), ask(`/v1/lines/${line.name}/scenarios/${version}`)]);
    place.replaceChildren(versionsView(context, versions, version), editor(context, { values, files, version, isNewest: version === line.version }), overridesView(values.overrides, line.name));
  } catch (problem) {
    place.replaceChildren(problemView(problem));
  }
}

/** @param {import("./parts.js").Context} context @param {any[]} versions @param {number} shown */
function versionsView(context, versions, shown) {
  const { line } = context;
  const difference = element("div", { "aria-live": "polite" });
  const compare = async (/** @type {number} */ before, /** @type {number} */ after) => {
    try {
      const { files } = await ask(`/v1/lines/${line.name}/scenario-differences?before=${before}&after=${after}`);
      difference.replaceChildren(...files.map((/** @type {any} */ one) => element("section", {}, element("h3", {}, one.name, " – ", t(`scenario.${one.change}`)), one.lines ? element("pre", { tabindex: 0 }, one.lines.join("\n")) : null)));
    } catch (problem) {
      difference.replaceChildren(problemView(problem));
    }
  };
  const rows = versions.map((one, k) => {
    const link = element("a", { href: `#scenario/${line.name}?version=${one.version}`, "aria-current": one.version === shown && "true" }, formatWhole(one.version));
    const before = versions[k + 1];
    const button = before ? element("button", { type: "button", onclick: () => void compare(before.version, one.version) }, t("scenario.differences", { n: before.version })) : "";
    return element("tr", { class: one.version === shown ? "chosen" : null }, element("th", { scope: "row" }, link), element("td", {}, formatTenth(one.length_km)), element("td", {}, formatWhole(one.stations)), element("td", {}, one.created_by), element("td", {}, formatTime(one.created_at)), element("td", {}, button));
  });
  return element("section", {}, element("h2", {}, t("scenario.versions")), table([t("scenario.version"), "km", t("scenario.stations"), t("scenario.by"), t("scenario.when"), ""], rows, t("scenario.versions")), difference);
}

/** @typedef {{ values: any, files: any, version: number, isNewest: boolean }} Read */

/** The form with its parts, and the buttons that check and save. @param {import("./parts.js").Context} context @param {Read} read */
function editor(context, read) {
  const { line, session } = context;
  const isBundled = read.files.origin === "bundled";
  const parts = Object.keys(schema.properties).filter((one) => !LEFT_OUT.includes(one));
  /** @type {Map<string, { path: string[], value: any }>} */
  const changes = new Map();
  /** @type {Map<string, string>} */
  const tables = new Map();
  /** @type {any[]} */
  let faults = [];
  let shown = parts.includes(context.state.part ?? "") ? context.state.part : parts[0];
  const list = element("ul", { class: "parts" });
  const form = element("form", { class: "schema-form", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), void send(true)) });
  const answer = element("div", { "aria-live": "polite" });
  const summary = element("p", { class: "quiet", role: "status" });
  const target = /** @type {HTMLInputElement} */ (element("input", { type: "text", pattern: "[a-z0-9_\\-]{1,80}", maxlength: 80, spellcheck: "false", autocomplete: "off", value: isBundled ? `${line.name}_2`.slice(0, 80) : line.name }));
  const may = mayDo(session, "import", isBundled ? "*" : line.name);
  const count = () => changes.size + tables.size;
  const partOf = (/** @type {any} */ fault) => (fault.file?.endsWith(".csv") ? "" : (stepsOf(fault.field ?? "")[0] ?? ""));
  const told = () => {
    summary.textContent = count() ? t("scenario.changed", { n: count() }) : t("scenario.unchanged");
    list.replaceChildren(...parts.map((part) => {
      const wrong = faults.filter((one) => partOf(one) === part || isOfTable(one, part)).length;
      const edited = [...changes.values()].filter((one) => one.path[0] === part).length;
      return element("li", {}, element("button", { type: "button", "aria-current": part === shown && "true", class: wrong ? "wrong" : null, onclick: () => openPart(part) }, element("code", {}, part), edited ? element("small", {}, t("scenario.edited", { n: edited })) : null, wrong ? element("small", {}, t("scenario.wrong", { n: wrong })) : null));
    })); // prettier-ignore
  };
  /** A fault of a table belongs to the part that names the table. @param {any} fault @param {string} part */
  const isOfTable = (fault, part) => Boolean(fault.file?.endsWith(".csv")) && JSON.stringify(read.values.values[part] ?? "").includes(`"${fault.file}"`);
  const openPart = (/** @type {string} */ part, /** @type {string} */ focus = "") => {
    shown = part;
    context.keep({ part });
    const field = schema.properties[part];
    const isNeeded = schema.required.includes(part);
    form.replaceChildren(
      element("h3", {}, element("code", {}, part)), element("p", { class: "quiet" }, resolved(schema, field).description ?? ""),
      schemaForm({ root: schema, key: part, schema: field, isNeeded, values: read.values.values, changes, tables, files: read.files.files, faults: faults.filter((one) => partOf(one) === part || isOfTable(one, part)), changed: told }),
    ); // prettier-ignore
    told();
    const paths = [...form.querySelectorAll("[data-path]")].map((one) => /** @type {HTMLElement} */ (one).dataset.path ?? "");
    const nearest = focus ? nearestPath(focus, paths) : null;
    const table = focus ? /** @type {HTMLElement | null} */ (form.querySelector(`summary[data-file="${CSS.escape(focus)}"]`)) : null;
    if (table) table.focus();
    else if (nearest !== null) /** @type {HTMLElement} */ (form.querySelector(`[data-path="${CSS.escape(nearest)}"]`)).focus();
    else if (focus) /** @type {HTMLElement | null} */ (form.querySelector("input, textarea, select"))?.focus();
  };
  const send = async (/** @type {boolean} */ isCheck) => {
    const invalid = /** @type {HTMLElement | null} */ (form.querySelector('[aria-invalid="true"].typed-wrong'));
    if (invalid) return invalid.focus();
    const query = new URLSearchParams({ check_only: String(isCheck) });
    if (!isCheck && target.value !== line.name) query.set("line", target.value);
    const order = { changes: [...changes.values()], files: Object.fromEntries(tables) };
    const place = element("div", {});
    answer.replaceChildren(place);
    const job = await jobOf(`/v1/lines/${line.name}/scenarios/${read.version}/changes?${query}`, order, place, {}, (problem) => {
      faults = problem.errors ?? [];
    });
    if (job) faults = [];
    openPart(shown ?? parts[0]);
    if (!job) return answer.replaceChildren(...refused(place));
    const warnings = job.result?.check?.warnings ?? [];
    answer.replaceChildren(element("p", {}, element("strong", {}, job.facts.version ? t("import.made", { line: job.line, version: job.facts.version }) : t("scenario.valid"))), warnings.length ? element("details", {}, element("summary", {}, t("scenario.warnings", { n: warnings.length })), element("ul", {}, ...warnings.map((/** @type {string} */ one) => element("li", {}, one)))) : element("span", {}));
    if (job.facts.version) {
      changes.clear();
      tables.clear();
      await context.changed();
      const link = element("a", { href: `#scenario/${job.line}?version=${job.facts.version}` }, t("scenario.open"));
      answer.append(element("p", {}, link));
      told();
    }
  };
  /** Each fault as a button that moves to its field. @param {HTMLElement} place */
  const refused = (place) => {
    if (!faults.length) return [...place.childNodes];
    const rows = faults.map((one) => element("li", {}, element("button", { type: "button", class: "fault-link", onclick: () => openPart(parts.find((part) => partOf(one) === part || isOfTable(one, part)) ?? shown ?? parts[0], one.file?.endsWith(".csv") ? one.file : one.field || "-") }, faultText(one))));
    return [element("div", { class: "problem" }, element("strong", {}, t("scenario.faults", { n: faults.length })), element("ol", {}, ...rows))];
  };
  openPart(shown ?? parts[0]);
  const buttons = element("p", { class: "buttons" },
    element("button", { type: "button", onclick: () => void send(true) }, t("scenario.check")),
    labelled(t("scenario.save_as"), target),
    element("button", { type: "button", class: "primary", disabled: !may, onclick: () => void send(false) }, t("scenario.save")),
  ); // prettier-ignore
  const note = may ? (isBundled ? t("scenario.bundled") : read.isNewest ? "" : t("scenario.old")) : t("import.may_not");
  return element("section", { class: "scenario-editor" }, element("h2", {}, t("scenario.form", { version: read.version })), note ? element("p", { class: "quiet" }, note) : null, element("div", { class: "form-columns" }, element("nav", { "aria-label": t("scenario.parts") }, list), form), summary, buttons, answer);
}
