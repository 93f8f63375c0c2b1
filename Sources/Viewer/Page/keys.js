// The keyboard: everything that the mouse can do.

/** @param act what keys do, by name; see actions.js */
export function listenToKeys(act) {
  const plain = {
    ArrowUp: () => act.slice(-1), ArrowDown: () => act.slice(1), PageUp: () => act.slice(-10), PageDown: () => act.slice(10),
    Home: () => act.slice(-1e9), End: () => act.slice(1e9),
    ArrowLeft: () => act.divide(-2), ArrowRight: () => act.divide(2),
    1: () => act.mode('slider'), 2: () => act.mode('beside'), 3: () => act.mode('original'), 4: () => act.mode('result'),
    w: () => act.tool('window'), p: () => act.tool('pan'), r: () => act.tool('ruler'),
    '[': () => act.window(-10, 0), ']': () => act.window(10, 0), ',': () => act.window(0, 10), '.': () => act.window(0, -10),
    n: act.nextPreset, x: act.nextSample, i: act.invert, s: act.smooth, o: act.nextOverlay, m: act.mark,
    '+': () => act.zoom(1.25), '=': () => act.zoom(1.25), '-': () => act.zoom(0.8), f: act.fit, 0: act.oneToOne,
    e: act.enlarge, d: act.download, Escape: act.escape, '?': act.help,
  };
  const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
    const field = event.target.closest('input, select, textarea');
    // What a field does with a key is the field's.
    if (field && event.key !== 'Escape') return;
    const action = event.shiftKey && steps[event.key]
      ? () => act.cross(...steps[event.key])
      : plain[event.key] ?? plain[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
