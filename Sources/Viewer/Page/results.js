// What is asked for, and the result of the slice that is shown.

import { put, update } from './drawing.js';
import { $ } from './elements.js';
import { say, telling } from './messages.js';
import { order } from './ordering.js';
import { showOverlay } from './overlay.js';
import { showSending } from './sending.js';
import * as server from './server.js';
import { Slices } from './slices.js';
import { currentFile, enlarging, isMade, progressText, state } from './state.js';

/** Lets go of the slices of a result, and shows none. */
export function clearResult() {
  closeSlices();
  state.sample = null;
  for (const name of ['result', 'overlay']) put(name, null);
}

function closeSlices() {
  for (const slices of [state.results, state.overlays]) slices?.close();
  [state.results, state.overlays] = [null, null];
}

/** Of the result, and behind these of the first sample, of the second, and so on. */
function openSlices() {
  closeSlices();
  const [id, count] = [enlarging.status.id, state.stack.slices];
  state.results = new Slices(
    (place, signal) => server.resultSlice(id, 'image', place % count, Math.floor(place / count), signal), count);
}

enlarging.changed = (status, before) => {
  if (status.id !== before?.id) {
    clearResult();
    openSlices();
  } else if (before.files.some((file, place) => file.slicesMade && !status.files[place].slicesMade)) {
    // What was looked at while it was made is in a file now, or gone.
    openSlices();
    put('result', null);
  }
  showProgress();
};

/** How far it is, and what came of the slice that is shown. */
export function showProgress() {
  $('stop').hidden = !enlarging.isUnderWay;
  $('progress').hidden = !enlarging.isUnderWay;
  $('progress').value = enlarging.status?.progress ?? 0;
  $('progress-text').textContent = progressText();
  const trust = currentFile()?.trust;
  $('trust-text').textContent = !trust ? '' : trust.isRefused ? `No bound: ${trust.reason}.` : trust.statement;
  offerDownloads();
  offerSamples();
  showSending();
  if (isMade() && !state.shown.result) telling(showResult)();
  update();
}

function offerDownloads() {
  const [status, file] = [enlarging.status, currentFile()];
  $('download').hidden = file?.stage !== 'finished';
  if (!$('download').hidden) {
    $('download').href = server.fileAddress(status.id, file.index);
    $('download').download = file.name;
    $('download').textContent = `Download ${file.name}`;
  }
  const done = status?.files.filter(({ stage }) => stage === 'finished').length ?? 0;
  $('download-all').hidden = done < 2 || enlarging.isUnderWay;
  if (!$('download-all').hidden) {
    $('download-all').href = server.archiveAddress(status.id);
    $('download-all').textContent = `Download all ${done} as .zip`;
  }
}

/** Which of the samples can be looked at in the place of their mean. */
function offerSamples() {
  const count = currentFile()?.samples ?? 0;
  $('sample-row').hidden = count === 0;
  if (count > 0 && $('sample').length !== count + 1) {
    const samples = Array.from({ length: count }, (_, number) => new Option(`sample ${number + 1}`, number + 1));
    $('sample').replaceChildren(new Option(`mean of ${count}`, ''), ...samples);
  }
  $('sample').value = state.sample ?? '';
}

/** @param number from 1; null for the mean */
export const showSample = telling(async (number) => {
  if (!currentFile()?.samples) return;
  state.sample = number;
  offerSamples();
  await showResult();
});

/** Of the slice that is shown: the result and what is laid over it, where they are there. */
export async function showResult() {
  const [at, sample, results] = [state.index, state.sample, state.results];
  if (!isMade()) {
    put('result', null);
    put('overlay', null);
    return update();
  }
  const slice = await results.get((sample ?? 0) * state.stack.slices + at);
  if (at !== state.index || sample !== state.sample || results !== state.results) return;
  put('result', slice);
  await showOverlay();
  $('progress-text').textContent = progressText();
}

export const enlarge = telling(async () => {
  if (!state.stack) return;
  say('');
  await enlarging.begin({
    stack: state.stack.id, slice: state.index, isWhole: state.stack.hasFileEach && $('whole').checked, order: order(),
  });
});
