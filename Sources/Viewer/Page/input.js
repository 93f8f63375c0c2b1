// From mouse, fingers, keys and fields to what they do.

import { act } from './actions.js';
import { draw, measure, paneAt, update } from './drawing.js';
import { takeDrops } from './dropping.js';
import { $, checked } from './elements.js';
import { listen } from './gestures.js';
import { listenToKeys } from './keys.js';
import { addFiles } from './listing.js';
import { telling } from './messages.js';
import { showOverlay } from './overlay.js';
import { dragWindow } from './presets.js';
import { showSample } from './results.js';
import { send } from './sending.js';
import { show } from './stack.js';
import { state, view } from './state.js';
import { readOut } from './update.js';

const zoom = (factor, x, y) => { view.zoomBy(factor, x, y, paneAt(x, y)); update(); };
const pan = (dx, dy) => { view.pan(dx, dy); update(); };

let dragPane = null;
listen($('canvas'), {
  drag: (dx, dy, [x, y], isFirst) => {
    if (!state.shown.source) return;
    if (isFirst) dragPane = paneAt(x, y);
    switch (checked('tool')) {
      case 'window': dragWindow(dx, dy); break;
      case 'pan': pan(dx, dy); break;
      case 'ruler': {
        const point = view.toWorld(x, y, dragPane);
        state.ruler = [isFirst ? point : state.ruler[0], point];
        update();
      }
    }
  },
  pan,
  zoom,
  wheel: (steps, x, y) => {
    if (!state.stack) return;
    if (state.stack.slices > 1) act.slice(steps);
    else zoom(Math.exp(-steps / 5), x, y);
  },
  hover: (x, y) => {
    state.cursor = state.shown.source ? view.toWorld(x, y, paneAt(x, y)) : null;
    readOut();
  },
  end: () => {
    const { ruler, mark } = state;
    // A ruler without a length is a click.
    if (ruler && ruler[0][0] === ruler[1][0] && ruler[0][1] === ruler[1][1] && !mark) {
      state.ruler = null;
      draw();
    }
  },
});
$('canvas').addEventListener('pointerleave', () => { state.cursor = null; readOut(); });

$('divider').addEventListener('pointerdown', (event) => {
  $('divider').setPointerCapture(event.pointerId);
  event.preventDefault();
});
$('divider').addEventListener('pointermove', (event) => {
  if (!$('divider').hasPointerCapture(event.pointerId)) return;
  const box = $('stage').getBoundingClientRect();
  $('divide').value = ((event.clientX - box.left) / box.width) * 100;
  update();
});

listenToKeys(act);
takeDrops($('stage'), addFiles);

for (const [id, action] of Object.entries({
  enlarge: act.enlarge, stop: act.stop, fit: act.fit, one: act.oneToOne, in: () => act.zoom(1.25),
  out: () => act.zoom(0.8), 'show-help': act.help, send,
})) $(id).addEventListener('click', action);
$('slice').addEventListener('input', () => show($('slice').value - 1));
$('overlay').addEventListener('change', telling(showOverlay));
$('sample').addEventListener('change', () => showSample(Number($('sample').value) || null));
for (const id of ['divide', 'smooth', 'invert', 'opacity']) $(id).addEventListener('input', update);
for (const input of document.querySelectorAll('input[name=mode]')) input.addEventListener('change', update);
new ResizeObserver(() => { measure(); update(); }).observe($('stage'));
