// What is asked for, and the result of the slice that is shown.

import { put } from './drawing.js';
import { $ } from './elements.js';
import { say, telling } from './messages.js';
import { showOverlay } from './overlay.js';
import * as server from './server.js';
import { Slices } from './slices.js';
import { currentFile, enlarging, progressText, state } from './state.js';
import { update } from './update.js';

/** Lets go of the slices of a result, and shows none. */
export function clearResult() {
  for (const slices of [state.results, state.overlays]) slices?.close();
  [state.results, state.overlays] = [null, null];
  for (const name of ['result', 'overlay']) put(name, null);
}

enlarging.changed = (status, before) => {
  if (status.id !== before?.id) {
    clearResult();
    state.results = new Slices(
      (slice, signal) => server.resultSlice(status.id, 'image', slice, signal), state.stack.slices);
  }
  showProgress();
};

/** How far it is, and what came of the slice that is shown. */
export function showProgress() {
  const file = currentFile();
  const isDone = file?.stage === 'finished';
  $('stop').hidden = !enlarging.isUnderWay;
  $('progress').hidden = !enlarging.isUnderWay;
  $('progress').value = enlarging.status?.progress ?? 0;
  $('progress-text').textContent = progressText();
  $('download').hidden = !isDone;
  if (isDone) {
    $('download').href = server.fileAddress(enlarging.status.id, file.index);
    $('download').download = file.name;
    $('download').textContent = `Download ${file.name}`;
  }
  const trust = file?.trust;
  $('trust-text').textContent = !trust ? '' : trust.isRefused ? `No bound: ${trust.reason}.` : trust.statement;
  if (isDone && !state.shown.result) telling(showResult)();
  update();
}

/** Of the slice that is shown: the result and what is laid over it, where they are there. */
export async function showResult() {
  const at = state.index;
  if (currentFile()?.stage !== 'finished') {
    put('result', null);
    put('overlay', null);
    return update();
  }
  const slice = await state.results.get(at);
  if (at !== state.index) return;
  put('result', slice);
  await showOverlay();
  $('progress-text').textContent = progressText();
}

export const enlarge = telling(async () => {
  if (!state.stack) return;
  say('');
  await enlarging.begin({
    stack: state.stack.id, slice: state.index, isWhole: state.stack.hasFileEach && $('whole').checked,
    order: {
      model: $('model').value, scale: Number($('scale').value), grain: Number($('grain').value) / 100,
      isConsistent: $('consistent').checked, wantsTrust: $('trust').checked,
      subject: $('trust').checked && $('subject').value || null,
    },
  });
});
