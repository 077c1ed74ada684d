/** The view in the address, so that a colleague can open the same view: line, train, station, direction, window, wall. */

/** @typedef {{ line: string | null, train: string | null, station: string | null, direction: "up" | "down", fromS: number | null, toS: number | null, substation: string | null, replayS: number | null, isWall: boolean }} View
 * `replayS` is a moment of the past that is shown instead of now. Without `fromS` and `toS` the train graph follows the clock. */

const clock = (/** @type {number} */ timeS) => `${String(Math.floor(timeS / 3600)).padStart(2, "0")}:${String(Math.floor(timeS / 60) % 60).padStart(2, "0")}:${String(Math.floor(timeS) % 60).padStart(2, "0")}`;

/** @param {string | null} text */
export function seconds(text) {
  const found = /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(text ?? "");
  return found ? Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3]) : null;
}

/** @param {string} search of an address @returns {View} */
export function readAddress(search) {
  const given = new URLSearchParams(search);
  const [fromS, toS] = [seconds(given.get("from")), seconds(given.get("to"))];
  const isWindow = fromS !== null && toS !== null && toS > fromS;
  return {
    line: given.get("line"), train: given.get("train"), station: given.get("station"),
    direction: given.get("direction") === "down" ? "down" : "up",
    fromS: isWindow ? fromS : null, toS: isWindow ? toS : null, substation: given.get("substation"),
    replayS: seconds(given.get("replay")), isWall: given.has("wall"),
  }; // prettier-ignore
}

/** @param {View} view */
export function writeAddress(view) {
  const found = new URLSearchParams();
  if (view.line) found.set("line", view.line);
  if (view.train) found.set("train", view.train);
  if (view.station) found.set("station", view.station);
  if (view.direction === "down") found.set("direction", "down");
  if (view.fromS !== null && view.toS !== null) {
    found.set("from", clock(view.fromS));
    found.set("to", clock(view.toS));
  }
  if (view.substation) found.set("substation", view.substation);
  if (view.replayS !== null) found.set("replay", clock(view.replayS));
  if (view.isWall) found.set("wall", "");
  return `?${found}`;
}
