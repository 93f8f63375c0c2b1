// The list of studies and files. What files say is text and nothing else: it never becomes markup.

/** @param choose told the stack that a person takes */
export function showList(nav, stacks, filter, current, choose) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (stack) => words.every((word) => `${stack.heading} ${stack.title} ${stack.modality ?? ''}`
    .toLowerCase().includes(word));
  nav.replaceChildren();
  let heading = null;
  for (const stack of stacks.filter(fits)) {
    if (stack.heading !== heading) {
      heading = stack.heading;
      const title = document.createElement('h2');
      title.textContent = heading;
      nav.append(title);
    }
    const button = document.createElement('button');
    button.textContent = stack.title;
    const note = [stack.modality, stack.files > 1 ? `${stack.files} slices` : null].filter(Boolean).join(' · ');
    if (note) {
      const small = document.createElement('small');
      small.textContent = note;
      button.append(small);
    }
    button.dataset.stack = stack.id;
    button.addEventListener('click', () => choose(stack));
    nav.append(button);
  }
  markCurrent(nav, current);
}

/** Which entry is looked at; the list stays as it is, and with it who has the focus. */
export function markCurrent(nav, current) {
  for (const button of nav.querySelectorAll('button')) {
    button.setAttribute('aria-current', String(Number(button.dataset.stack) === current));
  }
}
