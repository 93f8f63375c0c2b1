// What there is to look at: the list, and files that are opened or dropped.

import { $ } from './elements.js';
import { showList } from './list.js';
import { say, telling } from './messages.js';
import * as server from './server.js';
import { open } from './stack.js';
import { state } from './state.js';

function list() {
  showList($('list'), state.stacks, $('filter').value, state.stack?.id, (chosen) => open(chosen.id));
}

export function takeListing(listing) {
  state.stacks = listing.stacks;
  $('notices').textContent = listing.notices.join(' ');
  list();
}

export const addFiles = telling(async (files) => {
  let last = null;
  for (const [number, file] of [...files].entries()) {
    say(files.length > 1 ? `Taking ${file.name}, ${number + 1} of ${files.length} …` : `Taking ${file.name} …`);
    try {
      if (file.size > state.largestUpload) {
        throw new server.Refusal(`${file.name}: is larger than fovea serve takes; serve its folder.`);
      }
      last = await server.upload(file);
      say('');
    } catch (error) {
      say(error.message);
      if (files.length === 1) return;
    }
  }
  takeListing(await server.stacks());
  if (last) await open(last.id);
});

$('open').addEventListener('click', () => $('files').click());
$('files').addEventListener('change', () => { addFiles($('files').files); });
$('rescan').addEventListener('click', telling(async () => takeListing(await server.scan())));
$('filter').addEventListener('input', list);
