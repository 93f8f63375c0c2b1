// The stage: which images are drawn, and where, once for each frame in which something has changed.

import { $, checked } from './elements.js';
import { drawMarks } from './marks.js';
import { arrange } from './panes.js';
import { Renderer } from './renderer.js';
import { enlarging, state, view } from './state.js';
import { storedLimits } from './windowing.js';

const { shown } = state;
let renderer;
/** Of the stage, in CSS pixels; asked for when it changes, since to ask makes the browser lay out the page. */
let stage = { width: 0, height: 0 };
let refresh = () => {};

/** @param work done before the next frame is drawn, where `update` asks for it */
export function beforeFrames(work) { refresh = work; }

export function measure() {
  const { clientWidth: width, clientHeight: height } = $('canvas');
  stage = { width, height };
}

export function wake() {
  renderer = new Renderer($('canvas'));
  measure();
  renderer.onRestored = () => { for (const name of Object.keys(shown)) if (shown[name]) put(name, shown[name]); };
}

/** Puts a slice in the place of what is drawn. */
export function put(name, slice) {
  if (shown[name]) renderer.free(shown[name].image);
  shown[name] = slice ? { ...slice, image: renderer.upload(slice.header, slice.samples) } : null;
  draw();
}

/** How is compared: slider, beside, original or result. */
export const mode = () => (shown.result ? checked('mode') : 'original');

export const panes = () => arrange(mode(), stage, $('divide').value);

/** Whether panes that are beside one another lie above one another. */
export const isHigh = () => stage.width <= stage.height;

/** The pane under a point. */
export const paneAt = (x, y) => (panes().find(({ part }) =>
  x >= part.x && y >= part.y && x < part.x + part.width && y < part.y + part.height) ?? panes()[0]).pane;

/** How much of the world an image covers: a result of a whole scale exactly the original's field of view. */
export function fieldOf(header) {
  const { width, height } = shown.source.header;
  const scale = enlarging.status?.order.scale ?? 1;
  if (header === shown.source.header || Number.isInteger(scale)) return [width, height];
  return [header.width / scale, header.height / scale];
}

/** What the next frame is to do: null where none is waited for. */
let next = null;

/** Draws what is shown, once, however often that is asked for before the next frame. */
export function draw() {
  if (!renderer) return;
  if (!next) {
    requestAnimationFrame(() => {
      const { isStale } = next;
      next = null;
      if (isStale) refresh();
      paint();
    });
  }
  next ??= { isStale: false };
}

/** The same, and what the page says of it. */
export function update() {
  draw();
  if (next) next.isStale = true;
}

function paint() {
  renderer.begin(stage);
  if (!shown.source) return;
  // Of the first one, it is told how long it took.
  if (!performance.getEntriesByName('first-image').length) performance.mark('first-image');
  const drawn = panes();
  for (const { name, pane, part } of drawn) {
    const { header, image } = shown[name];
    renderer.draw(image, view, pane, part, {
      window: storedLimits(header, state.window), inverted: $('invert').checked !== header.isInverted,
      smooth: $('smooth').checked, padding: header.padding, field: fieldOf(header),
      overlay: name === 'result' && shown.overlay
        ? {
          image: shown.overlay.image, field: fieldOf(shown.overlay.header), scale: shown.overlay.scale,
          opacity: $('opacity').value / 100,
        } : null,
    });
  }
  drawMarks($('marks'), mode() === 'beside' ? drawn.map(({ pane }) => pane) : [drawn[0].pane],
    ([x, y], pane) => view.toScreen(x, y, pane),
    { ruler: state.ruler, cross: state.cross, spacing: shown.source.header.spacing });
}
