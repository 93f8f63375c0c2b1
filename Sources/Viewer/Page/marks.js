// The ruler and the cross that the keyboard moves, drawn over the image.

const svg = 'http://www.w3.org/2000/svg';

function line(parent, [x1, y1], [x2, y2], name) {
  const element = document.createElementNS(svg, 'line');
  for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) element.setAttribute(key, value);
  if (name) element.setAttribute('class', name);
  parent.append(element);
}

/** How long a ruler is, in millimetres where the file says how large its pixels are. */
export function rulerText([from, to], spacing) {
  const [columns, rows] = [to[0] - from[0], to[1] - from[1]];
  if (!spacing) return `${Math.hypot(columns, rows).toFixed(1)} pixels of the original`;
  return `${Math.hypot(columns * spacing.column, rows * spacing.row).toFixed(1)} mm`;
}

/**
 * @param panes where they are drawn, one beside the other
 * @param place (point of the world, pane) => point of the screen
 */
export function drawMarks(parent, panes, place, { ruler, cross, spacing }) {
  if (parent.firstChild) parent.replaceChildren();
  for (const pane of panes) {
    if (ruler) {
      const [from, to] = ruler.map((point) => place(point, pane));
      line(parent, from, to);
      const text = document.createElementNS(svg, 'text');
      text.setAttribute('x', to[0] + 8);
      text.setAttribute('y', to[1] - 8);
      text.textContent = rulerText(ruler, spacing);
      parent.append(text);
    }
    if (cross) {
      const [x, y] = place(cross, pane);
      line(parent, [x - 12, y], [x - 3, y], 'cross');
      line(parent, [x + 3, y], [x + 12, y], 'cross');
      line(parent, [x, y - 12], [x, y - 3], 'cross');
      line(parent, [x, y + 3], [x, y + 12], 'cross');
    }
  }
}
