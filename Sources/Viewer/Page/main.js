// The page: what is looked at, how, and what is asked for. The parts that know how lie in files of their own.

import * as server from './server.js';
import { drawBar } from './colors.js';
import { takeDrops } from './dropping.js';
import { Enlarging } from './enlarging.js';
import { listen } from './gestures.js';
import { listenToKeys } from './keys.js';
import { markCurrent, showList } from './list.js';
import { drawMarks } from './marks.js';
import { magnitudes } from './overlay.js';
import { closePanels } from './panels.js';
import { arrange } from './panes.js';
import { readout } from './readout.js';
import { Renderer } from './renderer.js';
import { Slices } from './slices.js';
import { View, clamp } from './view.js';
import { dragged, numberText, presets, storedLimits } from './windowing.js';

const $ = (id) => document.getElementById(id);
const checked = (name) => document.querySelector(`input[name=${name}]:checked`).value;

// The key came in the address and is in a cookie by now; an address that is shown or kept need not have it.
history.replaceState(null, '', '/');

const view = new View();
let renderer;
/** What is listed, and how large an upload may be. */
let stacks = [];
let largestUpload = Infinity;
/** The stack that is looked at, with the facts of it. */
let stack = null;
let index = 0;
let sources = null; // Slices of the stack, of the result, and of what is laid over it
let results = null;
let overlays = null;
/** What is drawn: slices with their textures. */
let shown = { source: null, result: null, overlay: null };
let window_ = { center: 0.5, width: 1 };
let choices = [];
let ruler = null;
let mark = null; // where a ruler of the keyboard begins
let cross = null;
let cursor = null;

const enlarging = new Enlarging(resultChanged);

// MARK: Messages

function say(line) { $('message').textContent = line; }
/** Tells what went wrong in the one line that the server has for it. */
const telling = (work) => async (...values) => {
  try {
    return await work(...values);
  } catch (error) {
    if (error.name !== 'AbortError') say(error.message);
  }
};

// MARK: The list

function list() { showList($('list'), stacks, $('filter').value, stack?.id, (chosen) => open(chosen.id)); }

function take(listing) {
  stacks = listing.stacks;
  $('notices').textContent = listing.notices.join(' ');
  list();
}

const addFiles = telling(async (files) => {
  let last = null;
  for (const [number, file] of [...files].entries()) {
    say(files.length > 1 ? `Taking ${file.name}, ${number + 1} of ${files.length} …` : `Taking ${file.name} …`);
    try {
      if (file.size > largestUpload) throw new server.Refusal(`${file.name}: is larger than fovea serve takes; serve its folder.`);
      last = await server.upload(file);
      say('');
    } catch (error) {
      say(error.message);
      if (files.length === 1) return;
    }
  }
  take(await server.stacks());
  if (last) await open(last.id);
});

// MARK: Stack and slice

const open = telling(async (id) => {
  say('');
  closePanels();
  const facts = await server.stack(id);
  enlarging.leave();
  for (const slices of [sources, results, overlays]) slices?.close();
  stack = { ...facts, hasFileEach: (stacks.find((entry) => entry.id === id)?.files ?? 1) > 1 };
  [results, overlays, ruler, mark, cross] = [null, null, null, null, null];
  for (const name of ['source', 'result', 'overlay']) put(name, null);
  sources = new Slices((slice, signal) => server.sourceSlice(id, slice, signal), facts.slices);
  $('slice').max = facts.slices;
  $('slice-row').hidden = facts.slices < 2;
  $('whole-row').hidden = !stack.hasFileEach;
  $('enlarge').disabled = false;
  $('empty').hidden = true;
  $('shown').textContent = `${facts.title} — ${facts.heading}`;
  $('shown').title = $('shown').textContent;
  describe(facts);
  markCurrent($('list'), id);
  await show(0);
  view.fit(panes()[0].pane);
  setChoices();
  resultChanged(null, null);
  // One that was asked for before this page was loaded anew.
  const before = (await server.results()).filter((status) => status.stack === id).pop();
  if (before) enlarging.resume(before);
});

function describe(facts) {
  const entries = facts.facts.flatMap(({ name, value }) => {
    const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
    [term.textContent, detail.textContent] = [name, value];
    return [term, detail];
  });
  $('facts').replaceChildren(...entries);
}

/** Puts a slice in the place of what is drawn. */
function put(name, slice) {
  if (shown[name]) renderer.free(shown[name].image);
  shown[name] = slice ? { ...slice, image: renderer.upload(slice.header, slice.samples) } : null;
  draw();
}

const show = telling(async (wanted) => {
  index = clamp(wanted, 0, stack.slices - 1);
  const at = index;
  $('slice').value = index + 1;
  $('slice-number').textContent = `${index + 1} of ${stack.slices}`;
  const slice = await sources.get(at);
  // Another may be wanted by now.
  if (at !== index) return;
  put('source', slice);
  view.show(slice.header.width, slice.header.height, slice.header.aspect);
  warn(slice.header);
  sources.prepare(at);
  await showResult();
  if (at === index) update();
});

function warn(header) {
  const lines = [...header.warnings, ...(enlarging.file(index, stack.hasFileEach)?.warnings ?? [])];
  $('warnings').replaceChildren(...lines.map((line) => {
    const item = document.createElement('li');
    item.textContent = line;
    return item;
  }));
}

// MARK: Results

function resultChanged(status, before) {
  const isNew = status && status.id !== before?.id;
  if (isNew || !status) {
    for (const slices of [results, overlays]) slices?.close();
    results = status && new Slices((slice, signal) => server.resultSlice(status.id, 'image', slice, signal), stack.slices);
    overlays = null;
    put('result', null);
    put('overlay', null);
  }
  const file = enlarging.file(index, stack?.hasFileEach);
  const isDone = file?.stage === 'finished';
  $('stop').hidden = !enlarging.isUnderWay;
  $('progress').hidden = !enlarging.isUnderWay;
  $('progress').value = status?.progress ?? 0;
  $('progress-text').textContent = enlarging.text(index, stack?.hasFileEach);
  $('download').hidden = !isDone;
  if (isDone) {
    $('download').href = server.fileAddress(status.id, file.index);
    $('download').download = file.name;
    $('download').textContent = `Download ${file.name}`;
  }
  const trust = file?.trust;
  $('trust-text').textContent = !trust ? '' : trust.isRefused ? `No bound: ${trust.reason}.` : trust.statement;
  if (isDone && !shown.result) telling(showResult)();
  update();
}

/** Of the slice that is shown: the result and what is laid over it, where they are there. */
async function showResult() {
  const file = enlarging.file(index, stack.hasFileEach);
  const at = index;
  if (file?.stage !== 'finished') {
    put('result', null);
    put('overlay', null);
    return update();
  }
  const slice = await results.get(at);
  if (at !== index) return;
  put('result', slice);
  await showOverlay();
  $('progress-text').textContent = enlarging.text(index, stack.hasFileEach);
}

async function showOverlay() {
  const layer = $('overlay').value;
  const file = enlarging.file(index, stack?.hasFileEach);
  const isThere = layer !== 'none' && shown.result && (layer !== 'bound' || file?.trust?.hasBound);
  if (layer === 'bound' && shown.result && !isThere) {
    say(file?.trust ? `No bound: ${file.trust.reason}.` : 'This result was made without a bound; enlarge it with one.');
  }
  if (!isThere) {
    put('overlay', null);
    return update();
  }
  if (overlays?.layer !== layer) {
    const id = enlarging.status.id;
    overlays = new Slices((slice, signal) => server.resultSlice(id, layer, slice, signal), stack.slices);
    overlays.layer = layer;
  }
  const at = index;
  const slice = await overlays.get(at);
  if (at !== index || $('overlay').value !== layer) return;
  put('overlay', magnitudes(slice));
  update();
}

const enlarge = telling(async () => {
  if (!stack) return;
  say('');
  await enlarging.begin({
    stack: stack.id, slice: index, isWhole: stack.hasFileEach && $('whole').checked,
    order: {
      model: $('model').value, scale: Number($('scale').value), grain: Number($('grain').value) / 100,
      isConsistent: $('consistent').checked, wantsTrust: $('trust').checked,
      subject: $('trust').checked && $('subject').value || null,
    },
  });
});

// MARK: Drawing

const mode = () => (shown.result ? checked('mode') : 'original');
const panes = () => {
  const { clientWidth: width, clientHeight: height } = $('canvas');
  return arrange(mode(), { width, height }, $('divide').value);
};

let isDrawing = false;
function draw() {
  if (isDrawing || !renderer) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    paint();
  });
}

function paint() {
  renderer.begin();
  if (!shown.source) return;
  // Of the first one, it is told how long it took.
  if (!performance.getEntriesByName('first-image').length) performance.mark('first-image');
  const drawn = panes();
  for (const { name, pane, part } of drawn) {
    const { header, image } = shown[name];
    renderer.draw(image, view, pane, part, {
      window: storedLimits(header, window_), inverted: $('invert').checked !== header.isInverted,
      smooth: $('smooth').checked, padding: header.padding, field: fieldOf(header),
      overlay: name === 'result' && shown.overlay
        ? {
          image: shown.overlay.image, field: fieldOf(shown.overlay.header), scale: shown.overlay.scale,
          opacity: $('opacity').value / 100,
        } : null,
    });
  }
  drawMarks($('marks'), mode() === 'beside' ? drawn.map(({ pane }) => pane) : [drawn[0].pane],
    ([x, y], pane) => view.toScreen(x, y, pane), { ruler, cross, spacing: shown.source.header.spacing });
}

/** How much of the world an image covers: a result of a whole scale exactly the original's field of view. */
function fieldOf(header) {
  const { width, height } = shown.source.header;
  const scale = enlarging.status?.order.scale ?? 1;
  if (header === shown.source.header || Number.isInteger(scale)) return [width, height];
  return [header.width / scale, header.height / scale];
}

/** Everything on the page that says what is drawn. */
function update() {
  const hasResult = Boolean(shown.result);
  if (view.isFitted && shown.source) view.fit(panes()[0].pane);
  const current = mode();
  for (const input of document.querySelectorAll('input[name=mode]')) {
    input.disabled = !hasResult && input.value !== 'original' && input.value !== checked('mode');
  }
  $('divide-row').hidden = current !== 'slider';
  $('divider').hidden = current !== 'slider';
  $('divider').style.left = `${$('divide').value}%`;
  $('divide').setAttribute('aria-valuetext', `${$('divide').value} % original`);
  const model = enlarging.file(index, stack?.hasFileEach)?.model;
  $('label-left').textContent = shown.source && current !== 'result' ? 'original' : '';
  $('label-right').textContent = hasResult && current !== 'original' ? `${model} ×${enlarging.status.order.scale}` : '';
  if (current === 'beside' && $('canvas').clientWidth <= $('canvas').clientHeight) {
    $('label-right').style.top = 'calc(50% + 8px)';
  } else {
    $('label-right').style.top = '';
  }
  [$('center').value, $('width').value] = [numberText(window_.center), numberText(window_.width)];
  const unit = shown.source?.header.unit;
  $('bar').hidden = !shown.overlay || current === 'original';
  if (shown.overlay) {
    const { header, scale } = shown.overlay;
    $('bar-high').textContent = `${numberText(scale * Math.abs(header.slope), 3)}${unit ? ` ${unit}` : ''} and more`;
    $('bar-low').textContent = '0';
  }
  if (shown.source) {
    $('canvas').setAttribute('aria-label',
      `${stack.title}, ${current === 'slider' ? 'original and result' : current}, slice ${index + 1} of ${stack.slices}, `
      + `window center ${numberText(window_.center)}, width ${numberText(window_.width)} ${unit ?? ''}`);
  }
  readOut();
  draw();
}

/** Values under the cursor, or under the cross that the keyboard moves. */
function readOut() {
  const place = cursor ?? cross;
  $('readout').textContent = shown.source && place ? readout(place, shown, fieldOf, $('overlay').value) : '';
}

// MARK: Window

function setChoices() {
  const header = shown.source.header;
  choices = presets(header);
  $('preset').replaceChildren(...choices.map(({ name }) => new Option(name, name)), new Option('by hand', ''));
  $('invert').checked = false;
  choose(0);
}

function choose(place) {
  const { name, center, width } = choices[place];
  window_ = { center, width };
  $('preset').value = name;
  update();
}

function setWindow(next) {
  window_ = next;
  $('preset').value = '';
  update();
}

// MARK: What keys, buttons and gestures do

const act = {
  slice: (step) => stack && show(index + step),
  divide: (step) => { $('divide').value = Number($('divide').value) + step; update(); },
  mode: (value) => {
    const input = document.querySelector(`input[name=mode][value=${value}]`);
    if (!input.disabled) input.checked = true;
    update();
  },
  tool: (value) => { document.querySelector(`input[name=tool][value=${value}]`).checked = true; },
  window: (dx, dy) => shown.source && setWindow(dragged(window_, shown.source.header, dx, dy)),
  nextPreset: () => shown.source && choose((choices.findIndex(({ name }) => name === $('preset').value) + 1) % choices.length),
  invert: () => { $('invert').checked = !$('invert').checked; update(); },
  smooth: () => { $('smooth').checked = !$('smooth').checked; update(); },
  nextOverlay: () => {
    const select = $('overlay');
    select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
    telling(showOverlay)();
  },
  zoom: (factor) => {
    const { pane } = panes()[0];
    view.zoomBy(factor, pane.x + pane.width / 2, pane.y + pane.height / 2, pane);
    update();
  },
  fit: () => { view.fit(panes()[0].pane); update(); },
  /** A pixel of the finest image on one of the screen. */
  oneToOne: () => {
    if (!shown.source) return;
    const finest = shown.result && checked('mode') !== 'original' ? shown.result.header.width : shown.source.header.width;
    view.isFitted = false;
    view.zoom = finest / shown.source.header.width / (globalThis.devicePixelRatio || 1);
    update();
  },
  cross: (dx, dy) => {
    if (!shown.source) return;
    const { width, height } = shown.source.header;
    cross = cross ?? [Math.floor(view.x) + 0.5, Math.floor(view.y) + 0.5];
    cross = [clamp(cross[0] + dx, 0.5, width - 0.5), clamp(cross[1] + dy, 0.5, height - 0.5)];
    cursor = null;
    if (mark) ruler = [mark, cross];
    update();
  },
  mark: () => {
    if (!cross) return act.cross(0, 0);
    mark = mark ? null : cross;
    if (mark) ruler = [mark, cross];
    update();
  },
  enlarge,
  stop: telling(() => enlarging.stop()),
  download: () => { if (!$('download').hidden) $('download').click(); },
  escape: () => {
    if (closePanels()) return;
    if (ruler || cross) {
      [ruler, mark, cross] = [null, null, null];
      return update();
    }
    act.stop();
  },
  help: () => $('help').showModal(),
};

/** The pane under a point. */
const paneAt = (x, y) => (panes().find(({ part }) =>
  x >= part.x && y >= part.y && x < part.x + part.width && y < part.y + part.height) ?? panes()[0]).pane;

let dragPane = null;
listen($('canvas'), {
  drag: (dx, dy, [x, y], isFirst) => {
    if (!shown.source) return;
    if (isFirst) dragPane = paneAt(x, y);
    switch (checked('tool')) {
      case 'window': if (dx || dy) setWindow(dragged(window_, shown.source.header, dx, dy)); break;
      case 'pan': view.pan(dx, dy); update(); break;
      case 'ruler': {
        const point = view.toWorld(x, y, dragPane);
        ruler = [isFirst ? point : ruler[0], point];
        update();
      }
    }
  },
  pan: (dx, dy) => { view.pan(dx, dy); update(); },
  zoom: (factor, x, y) => { view.zoomBy(factor, x, y, paneAt(x, y)); update(); },
  wheel: (steps, x, y) => {
    if (!stack) return;
    if (stack.slices > 1) return act.slice(steps);
    view.zoomBy(Math.exp(-steps / 5), x, y, paneAt(x, y));
    update();
  },
  hover: (x, y) => {
    cursor = shown.source ? view.toWorld(x, y, paneAt(x, y)) : null;
    readOut();
  },
  // A ruler without a length is a click.
  end: () => {
    if (ruler && ruler[0][0] === ruler[1][0] && ruler[0][1] === ruler[1][1] && !mark) {
      ruler = null;
      draw();
    }
  },
});
$('canvas').addEventListener('pointerleave', () => { cursor = null; readOut(); });

$('divider').addEventListener('pointerdown', (event) => {
  $('divider').setPointerCapture(event.pointerId);
  event.preventDefault();
});
$('divider').addEventListener('pointermove', (event) => {
  if (!$('divider').hasPointerCapture(event.pointerId)) return;
  const box = $('stage').getBoundingClientRect();
  $('divide').value = ((event.clientX - box.left) / box.width) * 100;
  update();
});

listenToKeys(act);
for (const [id, action] of Object.entries({
  enlarge: act.enlarge, stop: act.stop, fit: act.fit, one: act.oneToOne, in: () => act.zoom(1.25), out: () => act.zoom(0.8),
  'show-help': act.help, open: () => $('files').click(), rescan: telling(async () => take(await server.scan())),
})) $(id).addEventListener('click', action);
$('files').addEventListener('change', () => { addFiles($('files').files); });
$('filter').addEventListener('input', list);
$('slice').addEventListener('input', () => show($('slice').value - 1));
$('overlay').addEventListener('change', telling(showOverlay));
$('grain').addEventListener('input', () => { $('grain-text').textContent = $('grain').value === '100' ? 'all' : `${$('grain').value} %`; });
$('preset').addEventListener('change', () => {
  const place = choices.findIndex(({ name }) => name === $('preset').value);
  if (place >= 0) choose(place);
});
for (const id of ['center', 'width']) {
  $(id).addEventListener('change', () => {
    const next = { center: Number($('center').value), width: Math.abs(Number($('width').value)) };
    if (Number.isFinite(next.center) && next.width > 0) setWindow(next);
    else update();
  });
}
$('trust').addEventListener('change', () => { $('subject-row').hidden = !$('trust').checked; });
for (const id of ['divide', 'smooth', 'invert', 'opacity']) $(id).addEventListener('input', update);
for (const input of document.querySelectorAll('input[name=mode]')) input.addEventListener('change', update);

takeDrops($('stage'), addFiles);
new ResizeObserver(update).observe($('stage'));

// MARK: Begin

telling(async () => {
  // Asked for before the graphics card wakes up.
  const [asked, listed] = [server.settings(), server.stacks()];
  drawBar($('bar-colors'));
  renderer = new Renderer($('canvas'));
  renderer.onRestored = () => { for (const name of Object.keys(shown)) if (shown[name]) put(name, shown[name]); };
  const settings = await asked;
  largestUpload = settings.largestUpload;
  $('model').replaceChildren(...settings.models.map(({ name, title }) => new Option(title, name)));
  $('subject').append(...settings.subjects.map((name) => new Option(name, name)));
  take(await listed);
  if (stacks.length > 0) await open(stacks[0].id);
})();
