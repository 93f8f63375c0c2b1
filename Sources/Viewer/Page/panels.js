// The panels that a phone shows one at a time, over the image.

const panels = [['show-images', 'images'], ['show-controls', 'controls']]
  .map((ids) => ids.map((id) => document.getElementById(id)));

function open(chosen) {
  for (const [button, panel] of panels) {
    panel.classList.toggle('open', panel === chosen);
    button.setAttribute('aria-expanded', String(panel === chosen));
  }
}

/** @returns whether one was open */
export function closePanels() {
  const wasOpen = panels.some(([, panel]) => panel.classList.contains('open'));
  open(null);
  return wasOpen;
}

for (const [button, panel] of panels) {
  button.addEventListener('click', () => open(panel.classList.contains('open') ? null : panel));
}
