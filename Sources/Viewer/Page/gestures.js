// Mouse, pen and fingers on the image.

/**
 * @param on {drag(dx, dy, point, isFirst), pan(dx, dy), zoom(factor, x, y), wheel(steps), hover(x, y), end()}: points in CSS
 *   pixels from the top left of the stage; drag is what the chosen tool does
 */
export function listen(canvas, on) {
  const pointers = new Map();
  let mode = null;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const middle = () => {
    const [a, b] = [...pointers.values()];
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, distance: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  };

  canvas.addEventListener('pointerdown', (event) => {
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, point(event));
    if (pointers.size === 2) mode = 'pinch';
    else mode = event.button === 1 ? 'pan' : event.button === 2 ? 'zoom' : 'tool';
    if (mode === 'tool') on.drag(0, 0, point(event), true);
    event.preventDefault();
  });
  canvas.addEventListener('pointermove', (event) => {
    const now = point(event);
    on.hover(...now);
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    if (mode === 'pinch' && pointers.size === 2) {
      const old = middle();
      pointers.set(event.pointerId, now);
      const fresh = middle();
      on.pan(fresh.x - old.x, fresh.y - old.y);
      if (old.distance > 0) on.zoom(fresh.distance / old.distance, fresh.x, fresh.y);
      return;
    }
    pointers.set(event.pointerId, now);
    if (mode === 'pan') on.pan(dx, dy);
    else if (mode === 'zoom') on.zoom(Math.exp(-dy / 150), ...now);
    else if (mode === 'tool') on.drag(dx, dy, now, false);
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    // The finger that stays does not go on as if it had come alone.
    mode = null;
    on.end();
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  let rest = 0;
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 40 : 1);
    if (event.ctrlKey || event.shiftKey) return on.zoom(Math.exp(-pixels / 300), ...point(event));
    rest += pixels;
    const steps = Math.trunc(rest / 60);
    if (steps !== 0) {
      rest -= steps * 60;
      on.wheel(steps, ...point(event));
    }
  }, { passive: false });
}
