/** The stream of the live line. A watchdog opens it again when nothing arrives, so that a restart of the server is
 * bridged without a reload; the browser itself resumes a broken stream after the last event. */

export const EXPECTED_MS = 1000;
export const STALE_AFTER_MS = 5 * EXPECTED_MS;
const SILENT_MS = 2500;
const AGAIN_MS = 3000;

/** When the stream is opened again: it is silent, and the last attempt was long enough ago. @param {number} nowMs @param {number} lastMs of the last event @param {number} openedMs of the last attempt */
export const isDue = (nowMs, lastMs, openedMs) => nowMs - Math.max(lastMs, openedMs) > (lastMs > openedMs ? SILENT_MS : AGAIN_MS);

/** Follow the events of a line until the returned function is called.
 * @param {string} address @param {{ state: (snapshot: any) => void, end: () => void }} listener */
export function follow(address, listener) {
  /** @type {EventSource | null} */
  let source = null;
  let lastMs = 0;
  let openedMs = 0;
  const open = () => {
    source?.close();
    openedMs = performance.now();
    source = new EventSource(address);
    source.addEventListener("state", (event) => {
      lastMs = performance.now();
      listener.state(JSON.parse(event.data));
    });
    source.addEventListener("end", () => {
      lastMs = performance.now();
      listener.end();
    });
  };
  const watch = setInterval(() => {
    if (isDue(performance.now(), lastMs, openedMs)) open();
  }, 500);
  open();
  return () => {
    clearInterval(watch);
    source?.close();
  };
}
