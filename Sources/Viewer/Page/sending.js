// Results on their way to the archive that whoever started the viewer named.

import { $ } from './elements.js';
import { telling } from './messages.js';
import * as server from './server.js';
import { currentFile, enlarging, state } from './state.js';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
let followed = null;

export const send = telling(async () => {
  enlarging.take(await server.send(enlarging.status.id));
});

/** Offers to send what is shown, and says how far that is. */
export function showSending() {
  const sending = enlarging.status?.sending;
  const isObject = currentFile()?.stage === 'finished' && currentFile().name.endsWith('.dcm');
  $('send').hidden = !state.archive || enlarging.isUnderWay || !isObject;
  $('send').textContent = `Send to ${state.archive}`;
  $('send').disabled = sending?.stage === 'sending';
  $('send-text').textContent = sending ? line(sending) : '';
  $('send-text').classList.toggle('warning', sending?.stage === 'failed');
  if (sending?.stage === 'sending') telling(follow)(enlarging.status.id);
}

function line({ stage, count, taken, present, error }) {
  switch (stage) {
    case 'sending': return `Sends ${taken + present + 1} of ${count} …`;
    case 'failed': return taken > 0 ? `${error}; ${taken} of ${count} were sent before` : error;
    default: {
      const parts = [taken > 0 ? `${taken} sent` : '', present > 0 ? `${present} there already, not sent again` : ''];
      return `${state.archive} has ${count === 1 ? 'it' : `all ${count}`}: ${parts.filter(Boolean).join(', ')}.`;
    }
  }
}

/** Asks how far it is, until it is over or something else is looked at. */
async function follow(id) {
  if (followed === id) return;
  followed = id;
  try {
    while (enlarging.status?.id === id && enlarging.status.sending?.stage === 'sending') {
      await pause(300);
      const status = await server.result(id);
      if (enlarging.status?.id === id) enlarging.take(status);
    }
  } finally {
    followed = null;
  }
}
