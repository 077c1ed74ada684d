/** The best saving of a running search over time: a figure with a small step curve, marked as an estimate of the search. */
import { element } from "./element.js";
import { formatTenth, formatWhole, t } from "./locale.js";
import { stepCorners } from "./plan_progress.js";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 360;
const HEIGHT = 72;
const MARGIN = { left: 4, right: 6, top: 8, bottom: 6 };

/** An empty place for the best saving; `show` fills it. */
export function savingCurve() {
  const figure = element("strong", {});
  const told = element("span", { class: "quiet" });
  const picture = document.createElementNS(NS, "svg");
  const line = document.createElementNS(NS, "path");
  const end = document.createElementNS(NS, "circle");
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute("class", "saving-curve");
  picture.setAttribute("role", "img");
  line.setAttribute("class", "curve");
  end.setAttribute("r", "3.5");
  picture.append(line, end);
  const view = element("div", { class: "best-saving", hidden: true }, element("p", {}, figure, " ", told), picture);
  let drawn = "";
  const show = (/** @type {{ saving_percent: number, curve: import("./plan_progress.js").Point[] } | null} */ best) => {
    const text = JSON.stringify(best);
    if (text === drawn) return;
    drawn = text;
    view.hidden = best === null;
    if (best === null) return;
    const box = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
    const corners = stepCorners(best.curve, box).map(([x, y]) => [x + MARGIN.left, y + MARGIN.top]);
    const [x, y] = corners[corners.length - 1];
    const [begin, last] = [best.curve[0][0], best.curve[best.curve.length - 1][0]];
    figure.textContent = t("best.figure", { percent: formatTenth(best.saving_percent) });
    told.textContent = t("best.estimate");
    line.setAttribute("d", corners.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join(""));
    end.setAttribute("cx", x.toFixed(1));
    end.setAttribute("cy", y.toFixed(1));
    picture.setAttribute("aria-label", t("best.curve", { from: formatTenth(best.curve[0][1]), to: formatTenth(best.saving_percent), n: formatWhole(last - begin) }));
  };
  return { view, show };
}
