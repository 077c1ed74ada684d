/** Bring a line of your own: the zip of a scenario folder, a GTFS feed or a timetable; checked fault by fault. */
import { element } from "./element.js";
import { jobOf } from "./job_follow.js";
import { formatWhole, t } from "./locale.js";
import { table } from "./plan_power.js";
import { mayDo } from "./roles.js";

const FORMS = ["folder", "gtfs", "timetable"];
const ID = /^[a-z0-9_-]{1,80}$/;

/** @param {any[]} lines @param {any} session @param {() => void} changed called after a new version */
export function importView(lines, session, changed) {
  const form = /** @type {HTMLSelectElement} */ (element("select", { onchange: () => fit() }, ...FORMS.map((one) => element("option", { value: one }, t(`import.form.${one}`)))));
  const file = /** @type {HTMLInputElement} */ (element("input", { type: "file", required: true }));
  const line = /** @type {HTMLInputElement} */ (element("input", { type: "text", required: true, pattern: "[a-z0-9_\\-]{1,80}", maxlength: 80, spellcheck: "false", autocomplete: "off" }));
  const like = /** @type {HTMLSelectElement} */ (element("select", {}, element("option", { value: "" }, t("import.like_none")), ...lines.map((one) => element("option", { value: one.name }, one.title))));
  const route = /** @type {HTMLInputElement} */ (element("input", { type: "text", maxlength: 200, spellcheck: "false" }));
  const date = /** @type {HTMLInputElement} */ (element("input", { type: "date" }));
  const answer = element("div", { "aria-live": "polite" });
  const [likeLabel, routeLabel, dateLabel] = [element("label", {}, t("import.like"), like), element("label", {}, t("import.route"), route), element("label", {}, t("import.date"), date)];
  const hint = element("p", { class: "quiet" });
  const fit = () => {
    likeLabel.hidden = form.value === "folder";
    routeLabel.hidden = dateLabel.hidden = form.value !== "gtfs";
    file.accept = form.value === "timetable" ? ".csv,.xlsx" : ".zip";
    hint.textContent = t(`import.hint.${form.value}`);
  };
  const send = async (/** @type {boolean} */ isCheck) => {
    const [chosen] = file.files ?? [];
    if (!chosen || !ID.test(line.value)) {
      answer.replaceChildren(element("p", { class: "problem" }, t(chosen ? "import.bad_id" : "import.no_file")));
      (chosen ? line : file).focus();
      return;
    }
    const query = new URLSearchParams({ line: line.value, form: form.value, check_only: String(isCheck) });
    if (!likeLabel.hidden && like.value) query.set("like", like.value);
    if (!routeLabel.hidden && route.value.trim()) for (const one of route.value.split(",")) query.append("route", one.trim());
    if (!dateLabel.hidden && date.value) query.set("date", date.value);
    const place = element("div", {});
    answer.replaceChildren(place);
    const job = await jobOf(`/v1/imports?${query}`, chosen, place);
    if (!job) return ledThrough(place);
    answer.replaceChildren(accepted(job, line.value, isCheck));
    if (!isCheck) changed();
  };
  fit();
  const may = mayDo(session, "import", line.value || "*");
  return element(
    "section", {}, element("h1", {}, t("import.title")), element("p", {}, t("import.text")), may ? null : element("p", { class: "problem" }, t("import.may_not")),
    element("ol", { class: "steps" },
      element("li", {}, element("label", {}, t("import.what"), form), hint),
      element("li", {}, element("label", {}, t("import.file"), file)),
      element("li", {}, element("label", {}, t("import.id"), line), likeLabel, routeLabel, dateLabel),
    ),
    element("p", { class: "buttons" }, element("button", { type: "button", onclick: () => void send(true) }, t("import.check")), element("button", { type: "button", onclick: () => void send(false) }, t("import.take"))), answer,
  ); // prettier-ignore
}

/** The faults of a refused file, numbered, with what to do. @param {HTMLElement} place */
function ledThrough(place) {
  const list = place.querySelector(".problem")?.querySelector("ul");
  if (!list) return;
  const count = list.children.length;
  place.prepend(element("p", {}, t("import.faults", { n: formatWhole(count) })));
  const numbered = element("ol", {}, ...list.children);
  list.replaceWith(numbered);
  place.append(element("p", { class: "quiet" }, t("import.again")));
}

/** @param {any} job @param {string} line @param {boolean} isCheck */
function accepted(job, line, isCheck) {
  const files = Object.entries(job.links.files).filter(([name]) => name !== "result.json");
  const rows = files.map(([name, path]) => element("tr", {}, element("td", {}, element("a", { href: path, download: name }, name))));
  const version = job.facts.version;
  const text = version ? t("import.made", { line, version }) : isCheck ? t("import.valid") : t("import.lacking");
  return element("div", {}, element("p", {}, element("strong", {}, text)), rows.length ? table([t("import.files")], rows, t("import.files")) : null);
}
