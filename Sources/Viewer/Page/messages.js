// The line below the image that tells what went wrong.

import { $ } from './elements.js';

export function say(line) { $('message').textContent = line; }

/** Tells what went wrong in the one line that the server has for it. */
export const telling = (work) => async (...values) => {
  try {
    return await work(...values);
  } catch (error) {
    if (error.name !== 'AbortError') say(error.message);
  }
};
