// What is looked at, and how: read by all parts of the page, each of which changes its own.

import { Enlarging } from './enlarging.js';
import { View } from './view.js';

export const view = new View();
export const enlarging = new Enlarging();

export const state = {
  /** What is listed, and how large an upload may be; see listing.js. */
  stacks: [],
  largestUpload: Infinity,
  /** The archive that results can be sent to; see sending.js. */
  archive: null,
  /** The stack that is looked at, with the facts of it, and the slice; see stack.js. */
  stack: null,
  index: 0,
  /** `Slices` of the stack, of the result, and of what is laid over it. */
  sources: null,
  results: null,
  overlays: null,
  /** Which of the samples whose mean the result is; null for the mean. */
  sample: null,
  /** What is drawn: slices with their textures; see drawing.js. */
  shown: { source: null, result: null, overlay: null },
  /** In real values, and what else there is to choose; see presets.js. */
  window: { center: 0.5, width: 1 },
  presets: [],
  /** Places of the world: see actions.js and input.js. */
  ruler: null,
  mark: null, // where a ruler of the keyboard begins
  cross: null, // moved by the keyboard
  cursor: null,
};

/** What became of the file that the shown slice is in, or is. */
export const currentFile = () => enlarging.file(state.index, state.stack?.hasFileEach);

/** Whether there is a result of the shown slice: of a file of several slices, before the file is whole. */
export function isMade() {
  const file = currentFile();
  return file?.stage === 'finished' || (!state.stack?.hasFileEach && state.index < (file?.slicesMade ?? 0));
}

/** How far what is asked for is, in a line or two for people. */
export const progressText = () => enlarging.text(state.index, state.stack?.hasFileEach);
