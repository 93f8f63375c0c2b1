// What is laid over a result: one number a place, of whatever sign and in however many channels it comes.

import { put, update } from './drawing.js';
import { $ } from './elements.js';
import { say } from './messages.js';
import * as server from './server.js';
import { Slices } from './slices.js';
import { currentFile, enlarging, state } from './state.js';

/** The layer that is chosen, of the slice that is shown; or why it is not there. */
export async function showOverlay() {
  const layer = $('overlay').value;
  const file = currentFile();
  const reason = state.shown.result && file?.stage === 'finished' ? missing(layer, file) : null;
  if (reason) say(reason);
  if (layer === 'none' || !state.shown.result || missing(layer, file)) {
    put('overlay', null);
    return update();
  }
  const sample = layer === 'unsaid' ? state.sample : null;
  if (state.overlays?.layer !== layer || state.overlays.sample !== sample) {
    state.overlays?.close();
    const id = enlarging.status.id;
    state.overlays = new Slices(
      (slice, signal) => server.resultSlice(id, layer, slice, sample, signal), state.stack.slices);
    [state.overlays.layer, state.overlays.sample] = [layer, sample];
  }
  const [at, overlays] = [state.index, state.overlays];
  const slice = await overlays.get(at);
  if (at !== state.index || overlays !== state.overlays || $('overlay').value !== layer) return;
  put('overlay', magnitudes(slice));
  update();
}

/** Why a result has no such layer; null where it has. */
function missing(layer, file) {
  if (layer === 'bound' && !file.trust?.hasBound) {
    return file.trust ? `No bound: ${file.trust.reason}.` : 'This result was made without a bound; enlarge it with one.';
  }
  if (layer === 'deviation' && !file.samples) {
    return 'This result is no mean of samples; take a model that draws them, and several.';
  }
  return null;
}

/** The largest magnitude of a place's channels, and which of them has the last color. */
function magnitudes({ header, samples }) {
  const values = new Float32Array(header.width * header.height);
  for (let place = 0; place < values.length; place++) {
    for (let channel = 0; channel < header.channels; channel++) {
      values[place] = Math.max(values[place], Math.abs(samples[place * header.channels + channel]));
    }
  }
  return { header: { ...header, channels: 1, samples: 'float32' }, samples: values, scale: strongest(values) };
}

/** What one place in two hundred goes beyond: a single edge is not to leave all else dark. */
function strongest(values) {
  const step = Math.ceil(values.length / 65536);
  const some = values.filter((_, place) => place % step === 0).sort();
  return some[Math.floor(some.length * 0.995)] || some[some.length - 1] || 1;
}
