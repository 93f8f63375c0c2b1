// Where what is drawn: one pane with a slider in it, two beside one another, or one alone.

/**
 * @param mode slider, beside, original or result
 * @param cut percent of the width that is the original's, where there is a slider
 * @returns {name, pane, part} each: the image, where it lies, and what of that is drawn, in CSS pixels
 */
export function arrange(mode, { width, height }, cut) {
  const whole = { x: 0, y: 0, width, height };
  if (mode === 'beside') {
    // Above one another where the screen is high.
    const isWide = width > height;
    const size = isWide ? { width: width / 2 - 1, height } : { width, height: height / 2 - 1 };
    const second = isWide ? { x: width / 2 + 1, y: 0 } : { x: 0, y: height / 2 + 1 };
    return [['source', { x: 0, y: 0, ...size }], ['result', { ...second, ...size }]]
      .map(([name, pane]) => ({ name, pane, part: pane }));
  }
  if (mode === 'slider') {
    const middle = (width * cut) / 100;
    return [
      { name: 'source', pane: whole, part: { ...whole, width: middle } },
      { name: 'result', pane: whole, part: { ...whole, x: middle, width: width - middle } },
    ];
  }
  return [{ name: mode === 'result' ? 'result' : 'source', pane: whole, part: whole }];
}
