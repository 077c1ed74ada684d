/** The fields of a form from the JSON schema of scenarios: kinds, units, limits, checks of what was typed. Pure functions. */

/** @typedef {"number" | "whole" | "text" | "clock" | "yes_no" | "choice" | "part" | "parts" | "list" | "json"} FieldKind */
/** `choices` of a choice, `fields` of a part, `item` the schema of the items of a list or of named parts; limits include their end unless `isAbove` or `isBelow`.
 * @typedef {{ key: string, kind: FieldKind, text: string, unit: string, isRequired: boolean, isOptional: boolean, otherwise: any, choices: string[], low: number | null, high: number | null, isAbove: boolean, isBelow: boolean, pattern: string | null, schema: any }} Field */

const UNITS = /** @type {Record<string, string>} */ ({
  m_s2: "m/s²", m_s3: "m/s³", m_s: "m/s", kmh: "km/h", km: "km", kwh: "kWh", kw: "kW", kn: "kN", kg: "kg", v: "V", a: "A", ohm: "Ω", t: "t", m: "m", s: "s", c: "°C", permil: "‰", percent: "%", deg: "°",
  ohm_per_km: "Ω/km", n_m_per_kn: "N·m/kN", per_m_s_kn: "kN/(m/s)", per_m_s_squared_kn: "kN/(m/s)²", per_kwh: "1/kWh", kg_per_kwh: "kg/kWh", per_kw_month: "1/(kW·month)", share: "0–1",
}); // prettier-ignore
const ENDINGS = Object.keys(UNITS).sort((a, b) => b.length - a.length);

/** The unit at the end of a name, "" for none. @param {string} key */
export function unitOf(key) {
  const ending = ENDINGS.find((one) => key === one || key.endsWith(`_${one}`));
  return ending ? UNITS[ending] : "";
}

/** A schema with its reference replaced; keys of the schema itself come before keys of the reference. @param {any} root @param {any} schema */
export function resolved(root, schema) {
  let found = schema;
  while (found.$ref) {
    const { $ref, ...beside } = found;
    found = { ...root.$defs[$ref.split("/").at(-1)], ...beside };
  }
  return found;
}

/** The fields of a part, in the order of the schema. @param {any} root the whole schema @param {any} part @returns {Field[]} */
export function fieldsOf(root, part) {
  const required = new Set(part.required ?? []);
  return Object.entries(part.properties ?? {}).map(([key, schema]) => fieldOf(root, key, schema, required.has(key)));
}

/** @param {any} root @param {string} key @param {any} given @param {boolean} isRequired @returns {Field} */
export function fieldOf(root, key, given, isRequired) {
  const choices = (given.anyOf ?? [given]).map((/** @type {any} */ one) => resolved(root, one));
  const isOptional = choices.some((/** @type {any} */ one) => one.type === "null");
  // A list may also be the name of a table; the list has the schema of the rows.
  const schema = choices.find((/** @type {any} */ one) => one.type === "array") ?? choices.find((/** @type {any} */ one) => one.type !== "null") ?? given;
  const [low, above] = [schema.minimum ?? null, schema.exclusiveMinimum ?? null];
  const [high, below] = [schema.maximum ?? null, schema.exclusiveMaximum ?? null];
  const words = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  return {
    key, kind: kindOf(root, schema), text: given.description ?? schema.description ?? "", unit: unitOf(key), isRequired, isOptional, otherwise: given.default, choices: words,
    low: above ?? low, high: below ?? high, isAbove: above !== null, isBelow: below !== null, pattern: schema.pattern ?? null, schema,
  }; // prettier-ignore
}

/** @param {any} root @param {any} schema @returns {FieldKind} */
function kindOf(root, schema) {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (schema.enum || schema.const !== undefined) return "choice";
  if (schema.format === "clock") return "clock";
  if (type === "number") return "number";
  if (type === "integer") return "whole";
  if (type === "boolean") return "yes_no";
  if (type === "string") return "text";
  if (type === "array") return isFlat(root, schema.items ?? {}) ? "list" : "json";
  if (type === "object" && schema.properties) return "part";
  if (type === "object" && itemSchema(schema)) return "parts";
  return "json";
}

/** The schema of the parts by name; undefined for an object without such parts. @param {any} schema */
export function itemSchema(schema) {
  const [byPattern] = Object.values(schema.patternProperties ?? {});
  return byPattern ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
}

/** Whether each field of the rows of a list is one cell. @param {any} root @param {any} items */
function isFlat(root, items) {
  const row = resolved(root, items);
  if (!row.properties) return false;
  return fieldsOf(root, row).every((field) => ["number", "whole", "text", "clock", "yes_no", "choice"].includes(field.kind));
}

/** What was typed as a value, or the key of the text of its fault. Empty is no value, which only an optional field may have.
 * @param {Field} field @param {string} typed @returns {{ value?: any, fault?: string }} */
export function parsed(field, typed) {
  const text = typed.trim();
  if (field.kind === "yes_no") return { value: text === "true" };
  if (text === "") return field.isOptional || !field.isRequired ? { value: null } : { fault: "form.needed" };
  if (field.kind === "json") {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return { fault: "form.no_json" };
    }
  }
  if (field.kind === "number" || field.kind === "whole") {
    const value = Number(text.replace("−", "-"));
    if (!Number.isFinite(value)) return { fault: "form.no_number" };
    if (field.kind === "whole" && !Number.isInteger(value)) return { fault: "form.no_whole" };
    if (field.low !== null && (field.isAbove ? value <= field.low : value < field.low)) return { fault: "form.too_low" };
    if (field.high !== null && (field.isBelow ? value >= field.high : value > field.high)) return { fault: "form.too_high" };
    return { value };
  }
  if (field.pattern && !new RegExp(field.pattern, "u").test(text)) return { fault: field.kind === "clock" ? "form.no_clock" : "form.no_pattern" };
  return { value: text };
}

/** The limits of a number as a sign and a value, "" for none. @param {Field} field */
export function limitsText(field) {
  const low = field.low === null ? "" : `${field.isAbove ? ">" : "≥"} ${field.low}`;
  const high = field.high === null ? "" : `${field.isBelow ? "<" : "≤"} ${field.high}`;
  return [low, high].filter(Boolean).join(", ");
}

/** The value at a path of keys. @param {any} values @param {string[]} path */
export const valueAt = (values, path) => path.reduce((/** @type {any} */ found, step) => found?.[step], values);

/** The steps of the field of a fault: `train_types.six_car.traction.points[0].speed_kmh`. @param {string} field */
export const stepsOf = (field) => field.split(/[.[\]]+/).filter(Boolean);

/** The path that is the longest beginning of a fault's field; null if there is none. @param {string} field @param {string[]} paths joined with dots */
export function nearestPath(field, paths) {
  const steps = stepsOf(field);
  for (let length = steps.length; length; length -= 1) {
    const joined = steps.slice(0, length).join(".");
    if (paths.includes(joined)) return joined;
  }
  return null;
}
