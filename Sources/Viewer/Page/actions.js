// What keys, buttons and gestures do, by name.

import { mode, panes, update } from './drawing.js';
import { $ } from './elements.js';
import { telling } from './messages.js';
import { showOverlay } from './overlay.js';
import { closePanels } from './panels.js';
import { dragWindow, nextPreset } from './presets.js';
import { enlarge, showSample } from './results.js';
import { show } from './stack.js';
import { currentFile, enlarging, state, view } from './state.js';
import { clamp } from './view.js';

function toggle(id) {
  $(id).checked = !$(id).checked;
  update();
}

export const act = {
  slice: (step) => state.stack && show(state.index + step),
  divide: (step) => { $('divide').value = Number($('divide').value) + step; update(); },
  mode: (value) => {
    const input = document.querySelector(`input[name=mode][value=${value}]`);
    if (!input.disabled) input.checked = true;
    update();
  },
  tool: (value) => { document.querySelector(`input[name=tool][value=${value}]`).checked = true; },
  window: dragWindow,
  nextPreset,
  invert: () => toggle('invert'),
  smooth: () => toggle('smooth'),
  nextOverlay: () => {
    const select = $('overlay');
    select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
    telling(showOverlay)();
  },
  nextSample: () => {
    const count = currentFile()?.samples ?? 0;
    if (count > 0) showSample(state.sample === count ? null : (state.sample ?? 0) + 1);
  },
  zoom: (factor) => {
    const { pane } = panes()[0];
    view.zoomBy(factor, pane.x + pane.width / 2, pane.y + pane.height / 2, pane);
    update();
  },
  fit: () => { view.fit(panes()[0].pane); update(); },
  /** A pixel of the finest image on one of the screen. */
  oneToOne: () => {
    const { source, result } = state.shown;
    if (!source) return;
    const finest = result && mode() !== 'original' ? result.header.width : source.header.width;
    view.isFitted = false;
    view.zoom = finest / source.header.width / (globalThis.devicePixelRatio || 1);
    update();
  },
  cross: (dx, dy) => {
    if (!state.shown.source) return;
    const { width, height } = state.shown.source.header;
    const [x, y] = state.cross ?? [Math.floor(view.x) + 0.5, Math.floor(view.y) + 0.5];
    state.cross = [clamp(x + dx, 0.5, width - 0.5), clamp(y + dy, 0.5, height - 0.5)];
    state.cursor = null;
    if (state.mark) state.ruler = [state.mark, state.cross];
    update();
  },
  mark: () => {
    if (!state.cross) return act.cross(0, 0);
    state.mark = state.mark ? null : state.cross;
    if (state.mark) state.ruler = [state.mark, state.cross];
    update();
  },
  enlarge,
  stop: telling(() => enlarging.stop()),
  download: () => { if (!$('download').hidden) $('download').click(); },
  escape: () => {
    if (closePanels()) return;
    if (state.ruler || state.cross) {
      [state.ruler, state.mark, state.cross] = [null, null, null];
      return update();
    }
    act.stop();
  },
  help: () => $('help').showModal(),
};
