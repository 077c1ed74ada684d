/** What the drawings of the pages share: sharp canvases, colours of the tokens, hatching, places for labels. */

/** @typedef {{ x: number, y: number, width: number, height: number }} Box in CSS pixels */

/** Size a canvas to its box on sharp pixels; returns its context in CSS pixels, or null while it has no size.
 * @param {HTMLCanvasElement} canvas @returns {{ context: CanvasRenderingContext2D, width: number, height: number, ratio: number } | null} */
export function sized(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!width || !height || !context) return null;
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height, ratio };
}

/** The colours of tokens as a canvas takes them: light, dark or forced. @param {readonly string[]} names @returns {Record<string, string>} */
export function readColours(names) {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found);
}

/** Size and face of the text of an element. @param {HTMLElement} element @returns {{ size: number, font: (weight?: number, share?: number) => string }} */
export function readType(element) {
  const { fontSize, fontFamily } = getComputedStyle(element);
  const size = Number.parseFloat(fontSize);
  return { size, font: (weight = 400, share = 1) => `${weight} ${Math.round(size * share * 10) / 10}px ${fontFamily}` };
}

/** Hatch a box: the sign of stale data. @param {CanvasRenderingContext2D} context @param {Box} box @param {string} colour @param {number} step */
export function hatch(context, box, colour, step = 8) {
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.beginPath();
  const first = Math.floor(box.x / step) * step;
  for (let x = first - box.height; x < box.x + box.width; x += step) {
    context.moveTo(x, box.y + box.height);
    context.lineTo(x + box.height, box.y);
  }
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** Rows of labels that do not overlap: the first row with room for each label, null where no row has room.
 * @param {{ at: number, width: number }[]} labels in ascending order of `at` (their centres) @param {number} rows @param {number} gap
 * @returns {(number | null)[]} */
export function placeLabels(labels, rows, gap = 6) {
  const ends = Array(rows).fill(-Infinity);
  return labels.map(({ at, width }) => {
    const row = ends.findIndex((end) => at - width / 2 >= end + gap);
    if (row < 0) return null;
    ends[row] = at + width / 2;
    return row;
  });
}

/** Round steps of an axis from zero: 1, 2 or 5 times a power of ten. @param {number} top @param {number} most @returns {number[]} */
export function niceTicks(top, most) {
  if (!(top > 0) || most < 1) return [0];
  const least = top / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least - 1e-9 * power) ?? 10 * power;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** Steps of a time axis in s, so that labels of `labelPx` do not touch. @param {number} pxPerS @param {number} labelPx */
export function timeStep(pxPerS, labelPx) {
  const steps = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  return steps.find((one) => one * pxPerS >= labelPx) ?? 14400;
}
