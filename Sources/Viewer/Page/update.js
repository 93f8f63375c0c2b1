// Everything on the page that says what is drawn.

import { beforeFrames, fieldOf, isHigh, mode, panes } from './drawing.js';
import { $, checked, write } from './elements.js';
import { readout } from './readout.js';
import { currentFile, enlarging, state, view } from './state.js';
import { numberText } from './windowing.js';

const { shown } = state;

beforeFrames(() => {
  if (view.isFitted && shown.source) view.fit(panes()[0].pane);
  const current = mode();
  showComparison(current);
  for (const id of ['center', 'width']) {
    const text = numberText(state.window[id]);
    if ($(id).value !== text) $(id).value = text;
  }
  const unit = shown.source?.header.unit;
  showBar(current, unit);
  readOut();
  if (shown.source) nameSoon(current, unit);
});

let naming = null;
/** What the image is called by a screen reader, when it has come to rest: a drag is not to be spoken step by step. */
function nameSoon(current, unit) {
  clearTimeout(naming);
  naming = setTimeout(() => {
    $('canvas').setAttribute('aria-label',
      `${state.stack.title}, ${current === 'slider' ? 'original and result' : current}, `
      + `slice ${state.index + 1} of ${state.stack.slices}, `
      + `window center ${numberText(state.window.center)}, width ${numberText(state.window.width)} ${unit ?? ''}`);
  }, 200);
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
  write('label-left', shown.source && current !== 'result' ? 'original' : '');
  write('label-right', hasResult && current !== 'original'
    ? `${currentFile()?.model} ×${enlarging.status.order.scale}${sampleText()}` : '');
  $('label-right').style.top = current === 'beside' && isHigh() ? 'calc(50% + 8px)' : '';
}

function sampleText() {
  const count = currentFile()?.samples;
  if (!count) return '';
  return state.sample ? `, sample ${state.sample} of ${count}` : `, mean of ${count} samples`;
}

const layers = { bound: 'bound on the error', unsaid: 'not said by the input', deviation: 'samples’ deviation' };

/** What the colors of the overlay mean. */
function showBar(current, unit) {
  $('bar').hidden = !shown.overlay || current === 'original';
  if (!shown.overlay) return;
  const { header, scale } = shown.overlay;
  write('bar-high', `${numberText(scale * Math.abs(header.slope), 3)}${unit ? ` ${unit}` : ''} and more`);
  write('bar-low', '0');
  write('bar-title', layers[$('overlay').value] ?? '');
}

/** Values under the cursor, or under the cross that the keyboard moves. */
export function readOut() {
  const place = state.cursor ?? state.cross;
  write('readout', shown.source && place ? readout(place, shown, fieldOf, $('overlay').value, state.sample) : '');
}
