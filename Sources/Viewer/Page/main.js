// The page begins here. What is looked at lies in state.js, what can be done in actions.js; each other part is called by what
// it knows.

import './input.js';
import { drawBar } from './colors.js';
import { wake } from './drawing.js';
import { $ } from './elements.js';
import { takeListing } from './listing.js';
import { telling } from './messages.js';
import { offer } from './ordering.js';
import * as server from './server.js';
import { open } from './stack.js';
import { state } from './state.js';

// The key came in the address and is in a cookie by now; an address that is shown or kept need not have it.
history.replaceState(null, '', '/');

telling(async () => {
  // Asked for before the graphics card wakes up.
  const [asked, listed] = [server.settings(), server.stacks()];
  drawBar($('bar-colors'));
  wake();
  const settings = await asked;
  [state.largestUpload, state.archive] = [settings.largestUpload, settings.archive];
  offer(settings);
  takeListing(await listed);
  if (state.stacks.length > 0) await open(state.stacks[0].id);
})();
