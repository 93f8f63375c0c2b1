// The line that says what lies at a place.

import { numberText, valuesAt } from './windowing.js';

const layers = { bound: 'wrong by at most', unsaid: 'not said', deviation: 'samples differ by' };

/**
 * @param place of the world
 * @param shown the slices that are drawn: {source, result, overlay}
 * @param fieldOf how much of the world a slice covers
 * @param layer what the overlay is
 * @param sample which sample the result is; null for the result itself
 */
export function readout(place, shown, fieldOf, layer, sample) {
  const at = (slice) => {
    if (!slice) return null;
    const [width, height] = fieldOf(slice.header);
    const column = Math.floor((place[0] / width) * slice.header.width);
    const row = Math.floor((place[1] / height) * slice.header.height);
    const values = valuesAt(slice, column, row);
    return values && { column, row, text: values.map((value) => numberText(value)).join(' ') };
  };
  const source = at(shown.source);
  if (!source) return '';
  const unit = shown.source.header.unit ? ` ${shown.source.header.unit}` : '';
  const words = [`column ${source.column}, row ${source.row}`, `original ${source.text}${unit}`];
  const result = at(shown.result);
  if (result) words.push(`${sample ? `sample ${sample}` : 'result'} ${result.text}${unit}`);
  const overlay = at(shown.overlay);
  if (overlay) words.push(`${layers[layer]} ${overlay.text}${unit}`);
  if (shown.source.header.codes) words.push('codes');
  return words.join(' · ');
}
