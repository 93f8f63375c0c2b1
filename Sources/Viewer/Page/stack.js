// The stack that is looked at, and which of its slices.

import { panes, put, update } from './drawing.js';
import { $ } from './elements.js';
import { markCurrent } from './list.js';
import { say, telling } from './messages.js';
import { closePanels } from './panels.js';
import { offerPresets } from './presets.js';
import { clearResult, showProgress, showResult } from './results.js';
import * as server from './server.js';
import { Slices } from './slices.js';
import { currentFile, enlarging, state, view } from './state.js';
import { clamp } from './view.js';

export const open = telling(async (id) => {
  say('');
  closePanels();
  const facts = await server.stack(id);
  enlarging.leave();
  clearResult();
  state.sources?.close();
  put('source', null);
  state.stack = { ...facts, hasFileEach: (state.stacks.find((entry) => entry.id === id)?.files ?? 1) > 1 };
  [state.ruler, state.mark, state.cross] = [null, null, null];
  state.sources = new Slices((slice, signal) => server.sourceSlice(id, slice, signal), facts.slices);
  describe();
  markCurrent($('list'), id);
  await show(0);
  view.fit(panes()[0].pane);
  offerPresets();
  showProgress();
  // One that was asked for before this page was loaded anew.
  const before = (await server.results()).filter((status) => status.stack === id).pop();
  if (before) enlarging.resume(before);
});

function describe() {
  const { facts, heading, slices, title, hasFileEach } = state.stack;
  $('slice').max = slices;
  $('slice-row').hidden = slices < 2;
  $('whole-row').hidden = !hasFileEach;
  $('enlarge').disabled = false;
  $('empty').hidden = true;
  $('shown').textContent = `${title} — ${heading}`;
  $('shown').title = $('shown').textContent;
  $('facts').replaceChildren(...facts.flatMap(({ name, value }) => {
    const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
    [term.textContent, detail.textContent] = [name, value];
    return [term, detail];
  }));
}

export const show = telling(async (wanted) => {
  const at = clamp(wanted, 0, state.stack.slices - 1);
  state.index = at;
  $('slice').value = at + 1;
  $('slice-number').textContent = `${at + 1} of ${state.stack.slices}`;
  const slice = await state.sources.get(at);
  // Another may be wanted by now.
  if (at !== state.index) return;
  put('source', slice);
  view.show(slice.header.width, slice.header.height, slice.header.aspect);
  warn(slice.header);
  state.sources.prepare(at);
  await showResult();
  if (at === state.index) update();
});

function warn(header) {
  const lines = [...header.warnings, ...(currentFile()?.warnings ?? [])];
  $('warnings').replaceChildren(...lines.map((line) => {
    const item = document.createElement('li');
    item.textContent = line;
    return item;
  }));
}
