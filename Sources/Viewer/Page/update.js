// Everything on the page that says what is drawn.

import { draw, fieldOf, mode, panes } from './drawing.js';
import { $, checked } from './elements.js';
import { readout } from './readout.js';
import { currentFile, enlarging, state, view } from './state.js';
import { numberText } from './windowing.js';

const { shown } = state;

export function update() {
  if (view.isFitted && shown.source) view.fit(panes()[0].pane);
  const current = mode();
  showComparison(current);
  [$('center').value, $('width').value] = [numberText(state.window.center), numberText(state.window.width)];
  const unit = shown.source?.header.unit;
  showBar(current, unit);
  if (shown.source) {
    $('canvas').setAttribute('aria-label',
      `${state.stack.title}, ${current === 'slider' ? 'original and result' : current}, `
      + `slice ${state.index + 1} of ${state.stack.slices}, `
      + `window center ${numberText(state.window.center)}, width ${numberText(state.window.width)} ${unit ?? ''}`);
  }
  readOut();
  draw();
}

/** Which image lies where. */
function showComparison(current) {
  const hasResult = Boolean(shown.result);
  for (const input of document.querySelectorAll('input[name=mode]')) {
    input.disabled = !hasResult && input.value !== 'original' && input.value !== checked('mode');
  }
  $('divide-row').hidden = current !== 'slider';
  $('divider').hidden = current !== 'slider';
  $('divider').style.left = `${$('divide').value}%`;
  $('divide').setAttribute('aria-valuetext', `${$('divide').value} % original`);
  $('label-left').textContent = shown.source && current !== 'result' ? 'original' : '';
  $('label-right').textContent = hasResult && current !== 'original'
    ? `${currentFile()?.model} ×${enlarging.status.order.scale}` : '';
  const isBelow = current === 'beside' && $('canvas').clientWidth <= $('canvas').clientHeight;
  $('label-right').style.top = isBelow ? 'calc(50% + 8px)' : '';
}

/** What the colors of the overlay mean. */
function showBar(current, unit) {
  $('bar').hidden = !shown.overlay || current === 'original';
  if (!shown.overlay) return;
  const { header, scale } = shown.overlay;
  $('bar-high').textContent = `${numberText(scale * Math.abs(header.slope), 3)}${unit ? ` ${unit}` : ''} and more`;
  $('bar-low').textContent = '0';
}

/** Values under the cursor, or under the cross that the keyboard moves. */
export function readOut() {
  const place = state.cursor ?? state.cross;
  $('readout').textContent = shown.source && place ? readout(place, shown, fieldOf, $('overlay').value) : '';
}
