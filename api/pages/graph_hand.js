/** What the hand does on a train graph: wheel with Ctrl, drag, pinch and keys become calls. A plain wheel scrolls the page. */

/** @typedef {{ zoom: (x: number, y: number, time: number, place: number) => void, pan: (dx: number, dy: number) => void, grab: (x: number, y: number) => boolean, pull: (dx: number) => void, drop: (isKept: boolean) => void, pick: (x: number, y: number) => void, hover: (x: number, y: number, isTouch: boolean) => void, leave: () => void, key: (event: KeyboardEvent) => boolean, hint: () => void }} Calls */

const STEP = 1.0018;
const CLICK_PX = 4;

/** @param {HTMLElement} area @param {Calls} calls @param {AbortSignal} signal ends the listening */
export function followHand(area, calls, signal) {
  /** @type {Map<number, { x: number, y: number, startX: number, startY: number }>} */
  const held = new Map();
  let mode = /** @type {"none" | "pan" | "train" | "pinch"} */ ("none");
  let moved = 0;
  const at = (/** @type {MouseEvent} */ event) => {
    const box = area.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const listen = (/** @type {string} */ name, /** @type {(event: any) => void} */ call, passive = true) => area.addEventListener(name, call, { signal, passive });

  listen(
    "wheel",
    (/** @type {WheelEvent} */ event) => {
      if (!event.ctrlKey && !event.metaKey) return calls.hint();
      event.preventDefault();
      const { x, y } = at(event);
      const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const delta = event.shiftKey && !event.deltaY ? event.deltaX : event.deltaY;
      const factor = STEP ** (delta * lines);
      calls.zoom(x, y, event.shiftKey ? 1 : factor, event.shiftKey ? factor : 1);
    },
    false,
  );
  listen("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    const { x, y } = at(event);
    held.set(event.pointerId, { x, y, startX: x, startY: y });
    area.setPointerCapture(event.pointerId);
    if (held.size === 2) {
      if (mode === "train") calls.drop(false);
      mode = "pinch";
      return;
    }
    moved = 0;
    mode = calls.grab(x, y) ? "train" : "pan";
  });
  listen("pointermove", (/** @type {PointerEvent} */ event) => {
    const { x, y } = at(event);
    const one = held.get(event.pointerId);
    if (!one) return calls.hover(x, y, event.pointerType === "touch");
    const [dx, dy] = [x - one.x, y - one.y];
    moved = Math.max(moved, Math.hypot(x - one.startX, y - one.startY));
    if (mode === "train") calls.pull(x - one.startX);
    else if (mode === "pan" && moved > CLICK_PX) calls.pan(dx, dy);
    else if (mode === "pinch") pinch(event.pointerId, dx, dy);
    if (mode !== "pan" || moved > CLICK_PX) [one.x, one.y] = [x, y];
  });
  const pinch = (/** @type {number} */ id, /** @type {number} */ dx, /** @type {number} */ dy) => {
    const mine = held.get(id);
    const other = [...held].find(([key]) => key !== id)?.[1];
    if (!mine || !other) return;
    const before = Math.max(Math.hypot(mine.x - other.x, mine.y - other.y), 20);
    const after = Math.max(Math.hypot(mine.x + dx - other.x, mine.y + dy - other.y), 20);
    calls.zoom((mine.x + other.x) / 2, (mine.y + other.y) / 2, before / after, 1);
    calls.pan(dx / 2, dy / 2);
  };
  const release = (/** @type {PointerEvent} */ event, /** @type {boolean} */ isKept) => {
    if (!held.delete(event.pointerId)) return;
    if (held.size) return;
    const { x, y } = at(event);
    const was = mode;
    mode = "none";
    if (was === "train") calls.drop(isKept && moved > CLICK_PX);
    if (isKept && moved <= CLICK_PX && was !== "pinch") calls.pick(x, y);
  };
  listen("pointerup", (event) => release(event, true));
  listen("pointercancel", (event) => release(event, false));
  listen("pointerleave", () => {
    if (!held.size) calls.leave();
  });
  listen(
    "keydown",
    (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && mode === "train") {
        mode = "none";
        held.clear();
        calls.drop(false);
        event.preventDefault();
      } else if (calls.key(event)) event.preventDefault();
    },
    false,
  );
}

/** What a key does on a graph; false for a key without a meaning here. @param {KeyboardEvent} event @param {import("./train_graph.js").TrainGraph} graph @returns {boolean} */
export function graphKey(event, graph) {
  if (event.altKey || event.ctrlKey || event.metaKey) return false;
  const part = event.shiftKey ? 0.5 : 0.1;
  const { selected } = graph.state;
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => graph.pan(-part, 0), ArrowRight: () => graph.pan(part, 0), ArrowUp: () => graph.pan(0, -part), ArrowDown: () => graph.pan(0, part),
    "+": () => graph.zoom(0.8), "=": () => graph.zoom(0.8), "-": () => graph.zoom(1.25), 0: () => graph.look("day"),
    c: () => graph.centre(), n: () => graph.step(1), p: () => graph.step(-1), Escape: () => graph.select(null), Enter: () => selected !== null && graph.options.onOpen?.(selected),
  }; // prettier-ignore
  const call = keys[event.key] ?? keys[event.key.toLowerCase()];
  call?.();
  return call !== undefined;
}
