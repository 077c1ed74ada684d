/** The dialog of a disruption: choose what happened, compare recoveries, read the table. It stays until it is closed. */
import { ask } from "../client.js";
import { element } from "../element.js";
import { clockText } from "../graph_labels.js";
import { formatTenth, t } from "../locale.js";
import { saidOr } from "../said.js";
import { comparisonRows, DISRUPTIONS, disruptionText, recoveryName } from "./disruption.js";
import { choice, csvText, download, field, part, tell } from "./parts.js";
import { stationName } from "./state.js";

const LOOK_MS = 500;
const RECOVERIES = 3;

/** @param {() => import("./state.js").State} stateOf @param {(answer: any) => void} compared is called with what is compared */
export function disruptionDialog(stateOf, compared) {
  const dialog = /** @type {HTMLDialogElement} */ (part("disruption"));
  /** The newest answer; a later one replaces it. @type {any} */
  let answer = null;
  let number = 0;
  const nameOf = (/** @type {string} */ id) => stationName(stateOf(), id);
  const close = () => element("button", { type: "button", onclick: () => dialog.close() }, t("room.close"));

  /** @param {string} [kind] @param {string} [at] chosen beforehand */
  function showForm(kind = "train failed", at = "") {
    const { snapshot, timetable, view } = stateOf();
    const rows = (/** @type {any[]} */ list, /** @type {string} */ id, /** @type {string} */ name) => list.map((one) => /** @type {[string, string]} */ ([one[id], one[name]]));
    const { stations } = timetable;
    const places = /** @type {Record<string, [string, string][]>} */ ({
      train_id: rows(snapshot.trains, "train_id", "train_id"),
      substation_id: rows(snapshot.substations, "substation_id", "name").map(([id, name]) => /** @type {[string, string]} */ ([id, nameOf(name)])),
      station_id: stations.slice(0, -1).map((/** @type {any} */ one, /** @type {number} */ index) => /** @type {[string, string]} */ ([one.station_id, `${one.name} – ${stations[index + 1].name}`])),
    }); // prettier-ignore
    const what = choice("kind", t("disruption.kind"), Object.keys(DISRUPTIONS).map((one) => /** @type {[string, string]} */ ([one, t(`disruption.${one}`)]))); // prettier-ignore
    const where = choice("at", t("disruption.where"), []);
    const direction = choice("direction", t("room.direction"), [["", t("recovery.both")], ["up", t("room.up")], ["down", t("room.down")]]);
    const kinds = /** @type {HTMLSelectElement} */ (what.querySelector("select"));
    const target = /** @type {HTMLSelectElement} */ (where.querySelector("select"));
    const fill = () => {
      direction.hidden = kinds.value !== "section blocked";
      target.replaceChildren(...places[DISRUPTIONS[kinds.value]].map(([value, text]) => new Option(text, value)));
    };
    kinds.value = kind;
    kinds.addEventListener("change", fill);
    fill();
    if (at || (view.train && DISRUPTIONS[kind] === "train_id")) target.value = at || String(view.train);
    if (target.selectedIndex < 0) target.selectedIndex = 0;
    const form = /** @type {HTMLFormElement} */ (
      element("form", { class: "choices" }, what, where, direction,
        field("begins", t("disruption.begins"), { type: "number", min: 0, max: 720, value: 0, required: true }),
        field("minutes", t("disruption.minutes"), { type: "number", min: 1, max: 240, value: 10, required: true }),
        element("div", { class: "buttons" }, element("button", { class: "primary" }, t("disruption.compare")), close()))
    ); // prettier-ignore
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      compare(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))));
    });
    dialog.replaceChildren(element("h2", { id: "disruption-title" }, t("disruption.title")), element("p", { class: "quiet" }, t("disruption.text")), form);
    kinds.focus();
  }

  /** @param {Record<string, string>} given */
  async function compare(given) {
    const mine = (number += 1);
    const { view, snapshot } = stateOf();
    const address = `/v1/live/${encodeURIComponent(view.line ?? "")}/recoveries`;
    const place = DISRUPTIONS[given.kind];
    const begins = Number(given.begins);
    const body = {
      kind: given.kind, [place]: given.at, direction: given.kind === "section blocked" ? given.direction || null : null,
      from_s: begins ? Math.round(snapshot.time_s + 60 * begins) : null, duration_s: 60 * Number(given.minutes),
    }; // prettier-ignore
    try {
      const asked = await ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      answer = { ...asked, kind: given.kind, at: given.at, direction: body.direction, from_s: body.from_s ?? snapshot.time_s, to_s: (body.from_s ?? snapshot.time_s) + body.duration_s };
      compared({ kind: answer.kind, at: answer.at, from_s: answer.from_s, to_s: answer.to_s });
      showAnswer();
      while (mine === number && answer.status !== "done" && answer.status !== "failed") {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        const found = await ask(`${address}/${asked.recovery_id}`);
        if (mine !== number) return;
        answer = { ...answer, ...found };
        showAnswer();
      }
      if (answer.status === "done") tell(t("recovery.recommended", { name: recoveryName(answer.recommended) }));
    } catch (problem) {
      answer = { ...answer, kind: given.kind, at: given.at, status: "failed", problem: saidOr(/** @type {any} */ (problem).detail ?? "") };
      showAnswer();
    }
  }

  /** The state of the answer in words. */
  function progressText() {
    const done = answer.recoveries?.length ?? 0;
    if (answer.status === "failed") return t("recovery.failed", { why: answer.problem ?? "" });
    if (answer.status === "done") return t("recovery.took", { seconds: formatTenth(answer.took_s) });
    return answer.without ? t("recovery.computing", { done, all: RECOVERIES }) : t("recovery.waiting");
  }

  function showAnswer() {
    const table = comparisonRows(answer, nameOf);
    const cells = (/** @type {(string | number)[]} */ row) => row.map((cell, column) => element(column ? "td" : "th", column ? {} : { scope: "row" }, String(cell)));
    const names = ["", ...(answer.recoveries ?? []).map((/** @type {any} */ one) => one.name)];
    const body = table.rows.map((row, index) => element("tr", { class: names[index] && names[index] === answer.recommended ? "best" : null }, ...cells(row)));
    const focused = dialog.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement)?.dataset.action : undefined;
    const again = element("button", { type: "button", "data-action": "again", onclick: () => showForm(answer.kind, answer.at) }, t("disruption.again"));
    const csv = element("button", { type: "button", "data-action": "csv", onclick: () => download(new Blob([csvText(table)], { type: "text/csv" }), "recoveries.csv") }, t("room.csv"));
    const text = answer.kind ? disruptionText(answer, nameOf) : "";
    dialog.replaceChildren(
      element("h2", { id: "disruption-title" }, t("disruption.title")),
      element("p", {}, text),
      element("p", { role: "status", class: answer.status === "done" || answer.status === "failed" ? "" : "loading" }, progressText()),
      answer.status === "done" ? element("p", { class: "recommended" }, element("strong", {}, `► ${t("recovery.recommended", { name: recoveryName(answer.recommended) })}`), ` ${t("recovery.rule")}`) : "",
      element("div", { class: "twin", role: "region", tabindex: 0, "aria-label": t("recovery.table") },
        element("table", {}, element("thead", {}, element("tr", {}, ...table.head.map((one) => element("th", { scope: "col" }, one)))), element("tbody", {}, ...body))),
      answer.window ? element("p", { class: "quiet" }, t("recovery.assumed", { from: clockText(answer.window[0], false), to: clockText(answer.window[1], false) })) : "",
      element("div", { class: "buttons" }, again, answer.status === "done" ? csv : null, close()),
    ); // prettier-ignore
    const target = /** @type {HTMLElement | null} */ (dialog.querySelector(`[data-action="${focused ?? "again"}"]`));
    if (dialog.open) (target ?? again).focus();
  }

  return {
    /** Open with the newest comparison, or with the form. @param {string} [kind] @param {string} [at] */
    open(kind, at) {
      if (!stateOf().snapshot) return;
      if (stateOf().replay) return tell(t("replay.no_orders"));
      if (!dialog.open) dialog.showModal();
      if (kind || !answer) showForm(kind, at);
      else showAnswer();
    },
  };
}
