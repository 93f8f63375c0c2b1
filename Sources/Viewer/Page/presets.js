// Which window is chosen: by name, by hand, or by drag.

import { update } from './drawing.js';
import { $ } from './elements.js';
import { state } from './state.js';
import { dragged, presets } from './windowing.js';

/** Offers what suits the slice that is shown, and begins with the first. */
export function offerPresets() {
  state.presets = presets(state.shown.source.header);
  $('preset').replaceChildren(...state.presets.map(({ name }) => new Option(name, name)), new Option('by hand', ''));
  $('invert').checked = false;
  choosePreset(0);
}

const chosen = () => state.presets.findIndex(({ name }) => name === $('preset').value);

function choosePreset(place) {
  const { name, center, width } = state.presets[place];
  state.window = { center, width };
  $('preset').value = name;
  update();
}

export function nextPreset() { if (state.shown.source) choosePreset((chosen() + 1) % state.presets.length); }

function setWindow(next) {
  state.window = next;
  $('preset').value = '';
  update();
}

/** By so many CSS pixels. */
export function dragWindow(dx, dy) {
  if (state.shown.source && (dx || dy)) setWindow(dragged(state.window, state.shown.source.header, dx, dy));
}

$('preset').addEventListener('change', () => { if (chosen() >= 0) choosePreset(chosen()); });
for (const id of ['center', 'width']) {
  $(id).addEventListener('change', () => {
    const next = { center: Number($('center').value), width: Math.abs(Number($('width').value)) };
    if (Number.isFinite(next.center) && next.width > 0) setWindow(next);
    else update();
  });
}
