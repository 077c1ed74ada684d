/** The head of the page: clock, age of each feed, active plan, stop of advising; the banner of stale data; empty and error. */
import { durationClock } from "../duration_text.js";
import { clockText } from "../graph_labels.js";
import { element } from "../element.js";
import { formatWhole, known, t } from "../locale.js";
import { saidOr } from "../said.js";
import { keepRows, part, write } from "./parts.js";
import { feedsNow, isStale, silenceS } from "./state.js";

const CALL = "headwatt live beijing_yizhuang --virtual --speed 10";

/** @param {import("./state.js").State} state */
export function showHead(state) {
  const { snapshot } = state;
  part("room").hidden = !snapshot || !state.timetable;
  showState(state);
  if (!snapshot) return;
  for (const id of ["time", "feeds", "mode", "stop"]) part(id).hidden = false;
  write(part("clock"), clockText(snapshot.time_s));
  const day = snapshot.day ?? "";
  write(part("day"), t("room.day", { day }));
  write(part("virtual"), snapshot.is_virtual ? t("room.virtual", { speed: snapshot.speed }) : "");
  write(part("line"), snapshot.line_name);
  const { plan } = snapshot;
  write(part("plan-version"), plan ? t("room.plan", { version: plan.version ?? plan.id }) : t("room.no_plan"));
  write(part("plan-approver"), plan ? t("room.approved", { by: plan.approved_by ?? t("room.unknown") }) : t("room.todays"));
  keepRows(part("feeds"), feedsNow(state), {
    key: (feed) => feed.name,
    signature: (feed) => `${feed.isOld} ${feedText(feed)}`,
    make: (feed) => element("li", { class: feed.isOld ? "old" : null }, feedText(feed)),
  });
  const isOn = snapshot.advising.is_on;
  write(part("stop"), t(isOn ? "room.stop" : "room.resume"));
  part("stop").classList.toggle("off", !isOn);
  part("incident").hidden = !snapshot.is_virtual;
  document.title = `${snapshot.line_name} ${clockText(snapshot.time_s, false)} - Headwatt`;
}

/** A feed with its age; words say that it is old. @param {{ name: string, ageS: number | null, isOld: boolean }} feed */
export function feedText(feed) {
  const name = known(`feed.${feed.name}`, feed.name);
  if (feed.ageS === null) return t("feed.none", { name });
  return t(feed.isOld ? "feed.old" : "feed.age", { name, age: formatWhole(feed.ageS) });
}

/** The banner of stale data. @param {import("./state.js").State} state */
export function showStale(state) {
  const banner = part("stale");
  const old = feedsNow(state).filter((feed) => feed.isOld);
  banner.hidden = !isStale(state) && !old.length;
  document.body.classList.toggle("old", isStale(state));
  if (banner.hidden) return;
  const age = durationClock(silenceS(state));
  const names = old.map(feedText).join(", ");
  const text = state.phase === "ended" ? t("room.ended", { age }) : isStale(state) ? t("room.stale", { age }) : t("room.stale_feeds", { feeds: names });
  write(banner, text);
}

/** What is shown in place of the line: reading, no live line, or a problem. @param {import("./state.js").State} state */
function showState(state) {
  const target = part("state");
  target.hidden = Boolean(state.snapshot && state.timetable);
  const signature = `${state.phase} ${state.problem?.detail ?? ""}`;
  if (target.hidden || target.dataset.signature === signature) return;
  target.dataset.signature = signature;
  const views = {
    empty: () => [element("h2", {}, t("room.empty")), element("p", {}, t("room.empty_text")), element("pre", {}, element("code", {}, CALL))],
    error: () => [element("h2", {}, t("room.error")), element("p", {}, [state.problem?.title, state.problem?.detail].filter(Boolean).map((one) => saidOr(String(one))).join(". ")), element("p", {}, t("room.error_text"))],
  };
  const view = views[/** @type {"empty" | "error"} */ (state.phase)];
  target.replaceChildren(...(view ? view() : [element("p", { class: "loading" }, t("room.loading"))]));
}
