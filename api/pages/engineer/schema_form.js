/** A part of a scenario as a form: a control for each field, with unit, limits, default, description, and the faults at their field. */
import { element } from "../element.js";
import { t } from "../locale.js";
import { faultText, problemView } from "../problem_view.js";
import { fieldOf, fieldsOf, itemSchema, limitsText, nearestPath, parsed, resolved, valueAt } from "./schema_fields.js";

/** `changes` by path and `tables` by file name are filled by the form.
 * @typedef {{ root: any, key: string, schema: any, isNeeded: boolean, values: any, changes: Map<string, { path: string[], value: any }>, tables: Map<string, string>, files: Record<string, string>, faults: any[], changed: () => void }} Form */
/** @typedef {import("./schema_fields.js").Field} Field */

const MOST_TABLE_BYTES = 300_000;
const TABLE = /\.csv$/i;
let made = 0;

/** @param {Form} form @returns {HTMLElement} */
export function schemaForm(form) {
  const field = fieldOf(form.root, form.key, form.schema, form.isNeeded);
  const view = element("div", {}, control(form, field, [form.key], true));
  const paths = [...view.querySelectorAll("[data-path]")].map((one) => /** @type {HTMLElement} */ (one).dataset.path ?? "");
  for (const fault of form.faults) {
    const isTable = TABLE.test(fault.file ?? "");
    const selector = isTable ? `[data-file="${CSS.escape(fault.file)}"]` : `[data-path="${CSS.escape(nearestPath(fault.field ?? "", paths) ?? "")}"]`;
    const at = /** @type {HTMLElement | null} */ (view.querySelector(selector));
    if (at) mark(at, faultText(fault));
    else view.prepend(element("p", { class: "fault" }, faultText(fault)));
  }
  return view;
}

/** Show a fault below its control. @param {HTMLElement} at @param {string} text */
function mark(at, text) {
  const told = element("p", { class: "fault", id: `fault-${(made += 1)}` }, text);
  if (at.matches("input, select, textarea")) {
    at.setAttribute("aria-invalid", "true");
    at.setAttribute("aria-describedby", [at.getAttribute("aria-describedby"), told.id].filter(Boolean).join(" "));
  }
  at.closest("details")?.setAttribute("open", "");
  const holder = at.matches("fieldset") ? at : (at.closest("label, .cell, .field") ?? at);
  if (at.matches("fieldset")) holder.querySelector("legend")?.after(told);
  else holder.after(told);
}

/** The present value at a path: as changed, or as it stands in the file. @param {Form} form @param {string[]} path */
function present(form, path) {
  const joined = path.join(".");
  if (form.changes.has(joined)) return form.changes.get(joined)?.value;
  return valueAt(form.values, path);
}

/** Note a value; a value as in the file is no change. @param {Form} form @param {string[]} path @param {any} value */
function note(form, path, value) {
  const joined = path.join(".");
  const was = valueAt(form.values, path) ?? null;
  if (JSON.stringify(was) === JSON.stringify(value ?? null)) form.changes.delete(joined);
  else form.changes.set(joined, { path, value });
  form.changed();
}

/** @param {Form} form @param {Field} field @param {string[]} path @param {boolean} [isTop] @returns {HTMLElement} */
function control(form, field, path, isTop = false) {
  const value = present(form, path);
  if (typeof value === "string" && TABLE.test(value) && ["list", "json"].includes(field.kind)) return tableText(form, field, path, value, isTop);
  if (field.kind === "part") return group(form, field, path, fieldsOf(form.root, field.schema), isTop);
  if (field.kind === "parts") return namedParts(form, field, path, isTop);
  if (field.kind === "list" && (value === undefined || Array.isArray(value))) return rows(form, field, path, value ?? []);
  return single(form, field, path, value);
}

/** @param {Form} form @param {Field} field @param {string[]} path @param {Field[]} fields @param {boolean} isTop */
function group(form, field, path, fields, isTop) {
  const inner = fields.map((one) => control(form, one, [...path, one.key]));
  if (isTop) return element("div", { class: "fields" }, ...inner);
  const isGiven = valueAt(form.values, path) !== undefined;
  const box = element("div", { class: "fields" }, ...inner);
  return element("details", { class: "part", open: isGiven && fields.length <= 4 }, element("summary", { "data-path": path.join(".") }, element("code", {}, field.key), isGiven ? null : element("small", {}, t("form.not_given"))), field.text ? element("p", { class: "quiet" }, field.text) : null, box);
}

/** Parts by name, for example train types; the names stand in the file. @param {Form} form @param {Field} field @param {string[]} path @param {boolean} isTop */
function namedParts(form, field, path, isTop) {
  const names = Object.keys(valueAt(form.values, path) ?? {});
  const inner = names.map((name) => control(form, fieldOf(form.root, name, itemSchema(field.schema), true), [...path, name]));
  for (const one of inner) if (names.length === 1 && one instanceof HTMLDetailsElement) one.open = true;
  return element("div", { class: "fields" }, isTop ? null : element("h4", {}, element("code", {}, field.key)), ...(inner.length ? inner : [element("p", { class: "quiet" }, t("form.no_names"))]));
}

/** @param {Form} form @param {Field} field @param {string[]} path @param {any} value */
function single(form, field, path, value) {
  const id = `field-${(made += 1)}`;
  const help = [limitsText(field), field.otherwise === undefined || field.otherwise === null ? "" : t("form.default", { value: typeof field.otherwise === "object" ? JSON.stringify(field.otherwise) : String(field.otherwise) }), field.isRequired ? t("form.required") : ""].filter(Boolean).join(" · ");
  const input = inputOf(field, value, { id, "data-path": path.join("."), "aria-describedby": `${id}-help` });
  const told = element("p", { class: "fault", id: `${id}-fault`, hidden: true });
  input.addEventListener("input", () => {
    const { value: read, fault } = parsed(field, input.value);
    told.hidden = !fault;
    told.textContent = fault ? t(fault, { limits: limitsText(field) }) : "";
    input.classList.toggle("typed-wrong", Boolean(fault));
    input.setAttribute("aria-invalid", String(Boolean(fault)));
    if (!fault) note(form, path, read);
    input.classList.toggle("changed", form.changes.has(path.join(".")));
  });
  input.classList.toggle("changed", form.changes.has(path.join(".")));
  return element("div", { class: "field" }, element("label", { for: id }, element("code", {}, field.key), field.unit ? element("span", { class: "unit" }, field.unit) : null), input, element("p", { class: "help", id: `${id}-help` }, field.text, help ? element("span", { class: "limits" }, help) : null), told);
}

/** @param {Field} field @param {any} value @param {Record<string, any>} attributes @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} */
function inputOf(field, value, attributes) {
  const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
  if (field.kind === "choice" || field.kind === "yes_no") {
    const words = field.kind === "yes_no" ? ["true", "false"] : field.choices;
    const select = /** @type {HTMLSelectElement} */ (element("select", attributes, ...(field.isRequired ? [] : [element("option", { value: "" }, t("form.not_given"))]), ...words.map((one) => element("option", { value: one }, field.kind === "yes_no" ? t(`form.${one}`) : one))));
    select.value = text;
    return select;
  }
  const isLong = field.kind === "json" || typeof value === "object" || (field.kind === "text" && text.length > 60);
  if (isLong) {
    const area = /** @type {HTMLTextAreaElement} */ (element("textarea", { ...attributes, rows: Math.min(12, 1 + text.split("\n").length + Math.floor(text.length / 90)), spellcheck: "false" }));
    area.value = text;
    return area;
  }
  const input = /** @type {HTMLInputElement} */ (element("input", { ...attributes, type: "text", inputmode: field.kind === "number" || field.kind === "whole" ? "decimal" : null, placeholder: field.otherwise === undefined || field.otherwise === null || typeof field.otherwise === "object" ? null : String(field.otherwise), autocomplete: "off", spellcheck: "false" }));
  input.value = text;
  return input;
}

/** A list of flat rows as a grid; each change sets the whole list. @param {Form} form @param {Field} field @param {string[]} path @param {any[]} value */
function rows(form, field, path, value) {
  const fields = fieldsOf(form.root, resolved(form.root, field.schema.items));
  const used = fields.filter((one) => one.isRequired || value.some((row) => row[one.key] !== undefined));
  const body = element("tbody", {});
  const save = (/** @type {any[]} */ changed) => note(form, path, changed);
  const draw = (/** @type {any[]} */ list) => {
    body.replaceChildren(...list.map((row, k) => element("tr", {},
      ...used.map((one) => {
        const input = inputOf(one, row[one.key], { "data-path": [...path, k, one.key].join("."), "aria-label": t("form.cell", { field: one.key, row: k + 1 }) });
        input.addEventListener("input", () => {
          const { value: read, fault } = parsed(one, input.value);
          input.classList.toggle("typed-wrong", Boolean(fault));
          input.setAttribute("aria-invalid", String(Boolean(fault)));
          if (fault) return;
          const now = present(form, path) ?? list;
          save(now.map((/** @type {any} */ old, /** @type {number} */ place) => (place === k ? withCell(old, one.key, read) : old)));
        });
        return element("td", {}, element("div", { class: "cell" }, input));
      }),
      element("td", {}, element("button", { type: "button", "aria-label": t("form.remove", { row: k + 1 }), onclick: () => { const now = (present(form, path) ?? list).filter((/** @type {any} */ _, /** @type {number} */ place) => place !== k); save(now); draw(now); } }, "×")),
    ))); // prettier-ignore
  };
  draw(value);
  const add = () => {
    const list = [...(present(form, path) ?? []), {}];
    save(list);
    draw(list);
    /** @type {HTMLElement | null} */ (body.lastElementChild?.querySelector("input, select") ?? null)?.focus();
  };
  const head = element("tr", {}, ...used.map((one) => element("th", { scope: "col", title: null }, element("code", {}, one.key), one.unit ? ` ${one.unit}` : "")), element("td", {}));
  return element("fieldset", { class: "rows", "data-path": path.join(".") }, element("legend", {}, element("code", {}, field.key)), field.text ? element("p", { class: "quiet" }, field.text) : null, element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": field.key }, element("table", {}, element("thead", {}, head), body)), element("button", { type: "button", onclick: add }, t("form.add")));
}

/** @param {any} row @param {string} key @param {any} value */
function withCell(row, key, value) {
  const { [key]: _, ...others } = row;
  return value === null ? others : { ...others, [key]: value };
}

/** A table of the folder as text, read when it is opened. @param {Form} form @param {Field} field @param {string[]} path @param {string} name @param {boolean} isTop */
function tableText(form, field, path, name, isTop) {
  const area = /** @type {HTMLTextAreaElement} */ (element("textarea", { rows: 12, spellcheck: "false", "data-path": path.join("."), "data-file": name, "aria-label": name, wrap: "off" }));
  const place = element("div", {});
  let before = "";
  const fill = async () => {
    if (!box.open || place.childElementCount) return;
    try {
      const response = await fetch(form.files[name]);
      before = (await response.text()).replaceAll("\r\n", "\n");
      const isLong = before.length > MOST_TABLE_BYTES;
      area.value = form.tables.get(name) ?? before;
      place.replaceChildren(element("p", {}, element("a", { href: form.files[name], download: name }, name)), isLong ? element("p", { class: "quiet" }, t("form.long_table")) : area);
    } catch (problem) {
      place.replaceChildren(problemView(problem));
    }
  };
  area.addEventListener("input", () => {
    if (area.value === before) form.tables.delete(name);
    else form.tables.set(name, area.value);
    form.changed();
  });
  const box = /** @type {HTMLDetailsElement} */ (element("details", { class: "field", open: isTop, ontoggle: () => void fill() }, element("summary", { "data-file": name, "data-path": `${path.join(".")}.` }, element("code", {}, field.key), " ", name), field.text ? element("p", { class: "quiet" }, field.text) : null, place));
  return box;
}
