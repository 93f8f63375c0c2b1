// The page's elements, by the names that index.html gives them.

export const $ = (id) => document.getElementById(id);

/** Says something else, where it is something else: the same words once more would cost as much to lay out. */
export function write(id, text) { if ($(id).textContent !== text) $(id).textContent = text; }

/** What is chosen of a group of radio buttons. */
export const checked = (name) => document.querySelector(`input[name=${name}]:checked`).value;
