// What is shown from black to white, in real values: the file's own window, what suits the values, or what is usual for CT.

const ofCT = [
  ['lung', -600, 1500], ['soft tissue', 40, 400], ['mediastinum', 50, 350], ['bone', 400, 1800], ['brain', 40, 80],
  ['liver', 60, 160],
];

/** Windows by name, the one to begin with first. */
export function presets(header) {
  const list = [];
  if (header.window) list.push(['of the file', header.window.center, header.window.width]);
  list.push(['99 % of the values', header.usualWindow.center, header.usualWindow.width]);
  list.push(['all values', header.wholeWindow.center, header.wholeWindow.width]);
  if (header.unit === 'HU') list.push(...ofCT);
  return list.map(([name, center, width]) => ({ name, center, width }));
}

/** The window's limits as samples are stored, for which the shader asks. */
export function storedLimits(header, { center, width }) {
  const stored = [center - width / 2, center + width / 2].map((value) => (value - header.intercept) / header.slope);
  return stored[0] === stored[1] ? [stored[0], stored[0] + 1e-6] : stored;
}

/** How much a window changes by a drag of so many CSS pixels; 400 go from one end of the values to the other. */
export function dragged(window, header, dx, dy) {
  const range = Math.max(header.usualWindow.width, Math.abs(header.slope));
  return {
    center: window.center + (dy / 400) * range,
    width: Math.max(window.width + (dx / 400) * range, Math.abs(header.slope) / 1000),
  };
}

/** A number as a person reads it. */
export function numberText(value, digits = 4) {
  if (!Number.isFinite(value)) return 'no data';
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return String(Number(value.toPrecision(digits)));
}

/** Real values of a place, all channels; null where there is no place. */
export function valuesAt({ header, samples }, column, row) {
  if (column < 0 || row < 0 || column >= header.width || row >= header.height) return null;
  const first = (row * header.width + column) * header.channels;
  const stored = Array.from(samples.subarray(first, first + header.channels));
  if (header.padding && stored[0] >= header.padding[0] && stored[0] <= header.padding[1]) return [NaN];
  return stored.map((value) => value * header.slope + header.intercept);
}
