// The page begins here. What is looked at lies in state.js, what can be done in actions.js; each other part is called by what
// it knows.

import './input.js';
import { drawBar } from './colors.js';
import { wake } from './drawing.js';
import { $ } from './elements.js';
import { takeListing } from './listing.js';
import { telling } from './messages.js';
import * as server from './server.js';
import { open } from './stack.js';
import { state } from './state.js';

// The key came in the address and is in a cookie by now; an address that is shown or kept need not have it.
history.replaceState(null, '', '/');

function offer(settings) {
  state.largestUpload = settings.largestUpload;
  $('model').replaceChildren(...settings.models.map(({ name, title }) => new Option(title, name)));
  $('subject').append(...settings.subjects.map((name) => new Option(name, name)));
}

telling(async () => {
  // Asked for before the graphics card wakes up.
  const [asked, listed] = [server.settings(), server.stacks()];
  drawBar($('bar-colors'));
  wake();
  offer(await asked);
  takeListing(await listed);
  if (state.stacks.length > 0) await open(state.stacks[0].id);
})();
