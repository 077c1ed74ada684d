/** Durations and deviations as text. */

const two = (/** @type {number} */ value) => String(value).padStart(2, "0");

/** A duration as minutes and seconds, with a minus before a negative one. @param {number} seconds */
export function durationClock(seconds) {
  const whole = Math.round(Math.abs(seconds));
  const sign = seconds < 0 && whole ? "−" : "";
  return whole < 3600 ? `${sign}${Math.floor(whole / 60)}:${two(whole % 60)}` : `${sign}${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** A deviation with its sign. @param {number} seconds */
export function signedSeconds(seconds) {
  const whole = Math.round(seconds);
  return whole === 0 ? "0" : whole > 0 ? `+${whole}` : `−${-whole}`;
}
